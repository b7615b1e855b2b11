//! What a shop signs when it asks its issuer: it cannot say later that it claimed another amount, and nobody else can ask in its
//! name, whatever carries the call.

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// A code is a guess at each challenge that it may answer; a shop compares no more.
pub const CLAIMS_MAX: usize = 8;

/// For JudgeReply: the claims as encoded, and the code as it was sealed.
pub fn judge_request(request_id: &[u8; 16], sealed_code: &[u8], claims: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = [b"chit/issuer-judge/v1\0".as_slice(), request_id].concat();
    bytes.extend(Sha256::digest(sealed_code));
    for claim in claims {
        bytes.extend(Sha256::digest(claim));
    }
    bytes
}

/// For AssignRows.
pub fn rows_request(request_id: &[u8; 16], shop: &str, card_serial: &str) -> Vec<u8> {
    signed_fields(b"chit/issuer-rows/v1\0", request_id, shop, card_serial)
}

/// For ReportLost.
pub fn lost_request(request_id: &[u8; 16], shop: &str, card_serial: &str) -> Vec<u8> {
    signed_fields(b"chit/issuer-lost/v1\0", request_id, shop, card_serial)
}

fn signed_fields(domain: &[u8], request_id: &[u8; 16], shop: &str, card_serial: &str) -> Vec<u8> {
    let mut bytes = [domain, request_id].concat();
    bytes.extend(Sha256::digest(shop));
    bytes.extend(Sha256::digest(card_serial));
    bytes
}

/// Whether the shop with this key signed these bytes.
pub fn verify_request(bytes: &[u8], signature: &[u8], shop: &[u8; 32]) -> bool {
    let (Ok(key), Ok(signature)) = (VerifyingKey::from_bytes(shop), Signature::from_slice(signature)) else {
        return false;
    };
    key.verify_strict(bytes, &signature).is_ok()
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;

    #[test]
    fn a_request_is_its_shops_and_about_what_it_says() {
        let shop = SigningKey::from_bytes(&[1; 32]);
        let key = *shop.verifying_key().as_bytes();
        let asked = judge_request(&[1; 16], b"sealed", &[vec![1], vec![2]]);
        let signature = shop.sign(&asked).to_bytes();
        assert!(verify_request(&asked, &signature, &key));
        for other in [
            judge_request(&[2; 16], b"sealed", &[vec![1], vec![2]]),
            judge_request(&[1; 16], b"other", &[vec![1], vec![2]]),
            judge_request(&[1; 16], b"sealed", &[vec![2], vec![1]]),
            judge_request(&[1; 16], b"sealed", &[vec![1]]),
        ] {
            assert!(!verify_request(&other, &signature, &key));
        }
        let another = *SigningKey::from_bytes(&[2; 32]).verifying_key().as_bytes();
        assert!(!verify_request(&asked, &signature, &another));
        assert_ne!(rows_request(&[1; 16], "a", "b"), lost_request(&[1; 16], "a", "b"));
    }
}
