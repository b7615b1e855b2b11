//! The till-signed QR of a receipt; layout in proto/chit/checkout/v1/goods.proto, SignedReceipt.

use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest as _, Sha256};

use crate::sale::{Sale, Sold};
use crate::values::refusal::{Refusal, Result};

const PREFIX: &str = "CHIT1:";
const SIGNATURE_DOMAIN: &[u8] = b"chit/receipt/v3\0";
const BODY_LEN: usize = 106;

/// QR alphanumeric text of 106 bytes and their signature: 261 characters, one less than a code of version 9-M holds.
/// `photo` is the hash of photo 1 as it stands on the receipt.
pub fn sign(sale: &Sale, sold: &Sold, photo: Option<[u8; 32]>, till: &SigningKey) -> Result<String> {
    let body = body(sale, sold, photo)?;
    let signature = till.sign(&[SIGNATURE_DOMAIN, &body].concat());
    Ok(format!("{PREFIX}{}", base45::encode([&body[..], &signature.to_bytes()].concat())))
}

fn body(sale: &Sale, sold: &Sold, photo: Option<[u8; 32]>) -> Result<Vec<u8>> {
    let beyond = |what: &str| Refusal::internal(format!("the sale's {what} does not fit its receipt"));
    let time_s = u32::try_from(sold.at.as_second()).map_err(|_beyond_2106| beyond("time"))?;
    let later = sold.ledger.tree_size.saturating_sub(sold.ledger.seq);
    let later = u32::try_from(later).map_err(|_too_many| beyond("place in the ledger"))?;
    let mut body = Vec::with_capacity(BODY_LEN);
    body.extend(sale.id.to_bytes());
    body.extend(sale.total_minor.to_be_bytes());
    body.extend(sale.currency.numeric().to_be_bytes());
    body.extend(time_s.to_be_bytes());
    body.extend(sold.ledger.seq.to_be_bytes());
    body.extend(later.to_be_bytes());
    // Zeros stand for the root of a sale that an older Chit committed without one.
    body.extend(sold.ledger.root.unwrap_or_default());
    // The payer holds it on paper: neither goods nor photo can be exchanged afterwards. Zeros stand for "no photo".
    let evidence = [sold.evidence.goods_sha256, photo.unwrap_or_default()].concat();
    body.extend(Sha256::digest(evidence));
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sale::Witnessed;
    use ed25519_dalek::{Signature, VerifyingKey};

    #[test]
    fn a_payer_can_check_the_receipt_with_the_tills_public_key_alone() {
        let till = SigningKey::from_bytes(&[7; 32]);
        let (mut sale, mut sold) = crate::tests::fixture::sold_sale(1250);
        sold.at = jiff::Timestamp::from_second(1_795_000_000).unwrap();
        sold.ledger = Witnessed { seq: 42, tree_size: 45, root: Some([9; 32]) };
        sale.total_minor = 1250;
        sold.evidence.goods_sha256 = [1; 32];
        let text = sign(&sale, &sold, Some([2; 32]), &till).unwrap();
        let bytes = base45::decode(text.strip_prefix("CHIT1:").unwrap()).unwrap();
        let (body, signature) = bytes.split_at(106);
        let public: VerifyingKey = till.verifying_key();
        let message = [b"chit/receipt/v3\0", body].concat();
        public.verify_strict(&message, &Signature::from_slice(signature).unwrap()).unwrap();
        assert_eq!(body[16..24], 1250_i64.to_be_bytes());
        assert_eq!(body[26..30], 1_795_000_000_u32.to_be_bytes());
        assert_eq!(body[30..38], 42_u64.to_be_bytes(), "its record");
        assert_eq!(body[38..42], 3_u32.to_be_bytes(), "records of the tree after it");
        assert_eq!(body[42..74], [9; 32]);
        assert_eq!(body[74..], Sha256::digest([[1; 32], [2; 32]].concat())[..], "goods and photo");
        assert!(text.len() <= 262, "{}: a larger code than 9-M", text.len());
        assert_ne!(sign(&sale, &sold, None, &till).unwrap(), text, "without a photo");
    }
}
