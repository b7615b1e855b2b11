//! The till-signed QR of a receipt; layout in proto/chit/checkout/v1/goods.proto, SignedReceipt.

use ed25519_dalek::{Signer, SigningKey};
use iso_currency::Currency;
use ulid::Ulid;

use crate::domain::refusal::{Refusal, Result};
use crate::domain::sale::Sale;

const PREFIX: &str = "CHIT1:";
const SIGNATURE_DOMAIN: &[u8] = b"chit/receipt/v2\0";
const BODY_LEN: usize = 74;
/// Stands for the root of a sale that an older Chit committed without one.
const NO_ROOT: [u8; 32] = [0; 32];

/// QR alphanumeric text of 74 bytes and their signature: 213 characters.
pub fn sign(sale: &Sale, till: &SigningKey) -> Result<String> {
    let body = body(sale)?;
    let signature = till.sign(&[SIGNATURE_DOMAIN, &body].concat());
    Ok(format!("{PREFIX}{}", base45::encode([&body[..], &signature.to_bytes()].concat())))
}

fn body(sale: &Sale) -> Result<Vec<u8>> {
    let damaged = |what: &str| Refusal::internal(format!("the sale's {what} is damaged"));
    let id = Ulid::from_string(&sale.sale_id).map_err(|_not_a_ulid| damaged("id"))?;
    let currency = Currency::from_code(&sale.currency_code).ok_or_else(|| damaged("currency"))?;
    let time_s = u32::try_from(sale.commit_ms / 1000).map_err(|_beyond_2106| damaged("commit time"))?;
    let later = sale.ledger_tree_size.saturating_sub(sale.ledger_seq);
    let later = u32::try_from(later).map_err(|_too_many| damaged("place in the ledger"))?;
    let mut body = Vec::with_capacity(BODY_LEN);
    body.extend(u128::from(id).to_be_bytes());
    body.extend(sale.total_minor.to_be_bytes());
    body.extend(currency.numeric().to_be_bytes());
    body.extend(time_s.to_be_bytes());
    body.extend(sale.ledger_seq.to_be_bytes());
    body.extend(later.to_be_bytes());
    body.extend(if sale.ledger_root.len() == 32 { sale.ledger_root.as_slice() } else { &NO_ROOT });
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signature, VerifyingKey};

    #[test]
    fn a_payer_can_check_the_receipt_with_the_tills_public_key_alone() {
        let till = SigningKey::from_bytes(&[7; 32]);
        let sale = Sale {
            total_minor: 1250,
            commit_ms: 1_795_000_000_000,
            ledger_seq: 42,
            ledger_tree_size: 45,
            ledger_root: vec![9; 32],
            ..Sale::draft(Ulid::from_parts(1, 2).to_string(), "01", "li", "CNY", 0, String::new())
        };
        let text = sign(&sale, &till).unwrap();
        let bytes = base45::decode(text.strip_prefix("CHIT1:").unwrap()).unwrap();
        let (body, signature) = bytes.split_at(74);
        let public: VerifyingKey = till.verifying_key();
        let message = [b"chit/receipt/v2\0", body].concat();
        public.verify_strict(&message, &Signature::from_slice(signature).unwrap()).unwrap();
        assert_eq!(body[16..24], 1250_i64.to_be_bytes());
        assert_eq!(body[26..30], 1_795_000_000_u32.to_be_bytes());
        assert_eq!(body[30..38], 42_u64.to_be_bytes(), "its record");
        assert_eq!(body[38..42], 3_u32.to_be_bytes(), "records of the tree after it");
        assert_eq!(body[42..], [9; 32]);
        assert!(bytes.len() <= 160, "{}", bytes.len());
        assert!(text.len() <= 220, "{}", text.len());
    }
}
