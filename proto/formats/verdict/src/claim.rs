//! What a shop claims: whose row it asked for, of which sales, with which evidence.

use sha2::{Digest as _, Sha256};

/// As many as one challenge asks for.
pub const SALES_MAX: usize = 3;
/// Bytes of the name under which the issuer knows a shop.
pub const SHOP_LEN_MAX: usize = 64;
const VERSION: u8 = 1;
const SALE_LEN: usize = 16 + 8 + 32;
/// A claim is never longer.
pub const CLAIM_LEN_MAX: usize = 1 + 1 + SHOP_LEN_MAX + 16 + 8 + 1 + 1 + 3 + 1 + SALES_MAX * SALE_LEN;
/// The payer stood at the shop's counter.
const AT_COUNTER: u8 = 1;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaleClaim {
    /// ULID.
    pub sale_id: [u8; 16],
    /// What the payer was asked for.
    pub amount_minor: i64,
    /// Of the sealed evidence.
    pub manifest_sha256: [u8; 32],
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// The name under which the issuer knows the shop.
    pub shop: String,
    /// ULID.
    pub challenge_id: [u8; 16],
    /// The issuer's name for the card; says nothing of its rows or its serial.
    pub card_id: [u8; 8],
    /// 1 to 60.
    pub row: u8,
    pub at_counter: bool,
    /// ISO 4217; XXX where nothing is to be paid.
    pub currency: [u8; 3],
    /// None: the row proves phone and card together, and pays nothing.
    pub sales: Vec<SaleClaim>,
}

impl Claim {
    pub fn encode(&self) -> Vec<u8> {
        let shop = self.shop.as_bytes();
        let mut bytes = vec![VERSION, u8::try_from(shop.len()).unwrap_or(u8::MAX)];
        bytes.extend(shop);
        bytes.extend(self.challenge_id);
        bytes.extend(self.card_id);
        bytes.extend([self.row, if self.at_counter { AT_COUNTER } else { 0 }]);
        bytes.extend(self.currency);
        bytes.push(u8::try_from(self.sales.len()).unwrap_or(u8::MAX));
        for sale in &self.sales {
            bytes.extend(sale.sale_id);
            bytes.extend(sale.amount_minor.to_be_bytes());
            bytes.extend(sale.manifest_sha256);
        }
        bytes
    }

    /// None: other bytes than `encode` writes, in a version that is known.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let [version, shop_len] = take(&mut rest)?;
        let shop_len = usize::from(shop_len);
        if version != VERSION || shop_len > SHOP_LEN_MAX {
            return None;
        }
        let (shop, after) = rest.split_at_checked(shop_len)?;
        rest = after;
        let shop = String::from_utf8(shop.to_vec()).ok()?;
        let (challenge_id, card_id) = (take(&mut rest)?, take(&mut rest)?);
        let [row, flags] = take(&mut rest)?;
        let currency: [u8; 3] = take(&mut rest)?;
        let [count] = take(&mut rest)?;
        if flags > AT_COUNTER || !currency.iter().all(u8::is_ascii_uppercase) {
            return None;
        }
        let count = usize::from(count);
        if count > SALES_MAX || rest.len() != count * SALE_LEN {
            return None;
        }
        let sales = (0..count).map(|_| sale(&mut rest)).collect::<Option<_>>()?;
        let at_counter = flags == AT_COUNTER;
        Some(Self { shop, challenge_id, card_id, row, at_counter, currency, sales })
    }

    /// Hash over the manifests in the order of the sales: the root that the text of the challenge is about.
    pub fn evidence_root(&self) -> [u8; 32] {
        let hash =
            self.sales.iter().fold(Sha256::new(), |hash, sale| hash.chain_update(sale.manifest_sha256));
        hash.finalize().into()
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*taken)
}

fn sale(rest: &mut &[u8]) -> Option<SaleClaim> {
    Some(SaleClaim {
        sale_id: take(rest)?,
        amount_minor: i64::from_be_bytes(take(rest)?),
        manifest_sha256: take(rest)?,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn claim() -> Claim {
        let sale = |n: u8| SaleClaim {
            sale_id: [n; 16],
            amount_minor: 1_250 * i64::from(n),
            manifest_sha256: [n + 100; 32],
        };
        Claim {
            shop: "corner".into(),
            challenge_id: [3; 16],
            card_id: [4; 8],
            row: 23,
            at_counter: false,
            currency: *b"CNY",
            sales: vec![sale(1), sale(2)],
        }
    }

    #[test]
    fn a_claim_reads_back_and_nothing_follows_it() {
        let bytes = claim().encode();
        assert!(bytes.len() <= CLAIM_LEN_MAX);
        assert_eq!(Claim::decode(&bytes), Some(claim()));
        assert_eq!(Claim::decode(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(Claim::decode(&bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn two_claims_that_differ_are_never_the_same_bytes() {
        let first = claim();
        for other in [
            Claim { shop: "corner2".into(), ..claim() },
            Claim { row: 24, ..claim() },
            Claim { at_counter: true, ..claim() },
            Claim { sales: claim().sales[..1].to_vec(), ..claim() },
            Claim { currency: *b"EUR", ..claim() },
        ] {
            assert_ne!(first.encode(), other.encode());
        }
    }

    proptest! {
        #[test]
        fn what_reads_is_what_would_be_written(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(claim) = Claim::decode(&bytes) {
                prop_assert_eq!(claim.encode(), bytes);
            }
        }
    }
}
