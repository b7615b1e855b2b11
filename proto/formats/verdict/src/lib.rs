//! An issuer's verdict on the reply of a payer, and what the shop claims of that reply. The layout of the bytes stands in
//! `proto/chit/issuer/v1/verdict.proto`. Whoever has the issuer's public key checks a verdict alone: a shop cannot make one.

mod claim;
mod request;

pub use claim::{CLAIM_LEN_MAX, Claim, SALES_MAX, SHOP_LEN_MAX, SaleClaim};
pub use request::{CLAIMS_MAX, judge_request, lost_request, rows_request, verify_request};

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use thiserror::Error;

/// In front of what is signed, so that a verdict is never taken for something else.
const DOMAIN: &[u8] = b"chit/issuer-verdict/v1\0";
const VERSION: u8 = 1;
const SIGNATURE_LEN: usize = 64;
/// Version, outcome, request id, time.
const HEAD_LEN: usize = 1 + 1 + 16 + 8;
/// A verdict with its signature is never longer.
pub const SIGNED_LEN_MAX: usize = HEAD_LEN + CLAIM_LEN_MAX + SIGNATURE_LEN;

/// Why bytes are no verdict.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Fault {
    #[error("the bytes are no verdict of a version that this program knows")]
    Malformed,
    #[error("it is not signed by the issuer's key")]
    Signature,
    #[error("the issuer's key is no Ed25519 public key")]
    Key,
}

impl Fault {
    /// For programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed => "VERDICT_MALFORMED",
            Self::Signature => "VERDICT_FORGED",
            Self::Key => "ISSUER_KEY_INVALID",
        }
    }
}

/// What the issuer found. The numbers are the format's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The code is the row of the claim that the verdict repeats.
    Right = 1,
    /// A try.
    Wrong = 2,
    /// The same wrong code again: no try.
    WrongAgain = 3,
    /// The row was answered right before: no try.
    Used = 4,
    /// The code is right, but its row had three wrong tries before.
    Over = 5,
    /// Too many wrong tries: answering is closed until one right row at a counter.
    Locked = 6,
    /// The card was reported lost: nothing was compared.
    Lost = 7,
    /// Right, and the payer agreed to the sum that the issuer's own text named.
    Agreed = 8,
    /// Right, and the payer refused that text.
    Refused = 9,
    /// Right, but the payer did not agree to that text in time, or did not get it.
    NotAgreed = 10,
}

impl Outcome {
    pub const ALL: [Self; 10] = [
        Self::Right,
        Self::Wrong,
        Self::WrongAgain,
        Self::Used,
        Self::Over,
        Self::Locked,
        Self::Lost,
        Self::Agreed,
        Self::Refused,
        Self::NotAgreed,
    ];

    /// The claim may be collected: the card was there and, where the issuer asks payers itself, the payer agreed.
    pub fn collects(self) -> bool {
        matches!(self, Self::Right | Self::Agreed)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    pub outcome: Outcome,
    /// ULID of the forwarded reply: one verdict each.
    pub request_id: [u8; 16],
    /// By the issuer's clock.
    pub judged_unix_ms: i64,
    /// The claim that was found right; of a wrong code, the newest.
    pub claim: Claim,
}

impl Verdict {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION, self.outcome as u8];
        bytes.extend(self.request_id);
        bytes.extend(self.judged_unix_ms.to_be_bytes());
        bytes.extend(self.claim.encode());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, claim) = bytes.split_at_checked(HEAD_LEN)?;
        let (&[VERSION, outcome], rest) = head.split_first_chunk()? else { return None };
        let (request_id, time) = rest.split_first_chunk()?;
        Some(Self {
            outcome: Outcome::ALL.into_iter().find(|known| *known as u8 == outcome)?,
            request_id: *request_id,
            judged_unix_ms: i64::from_be_bytes(time.try_into().ok()?),
            claim: Claim::decode(claim)?,
        })
    }

    /// The verdict with the signature behind it, as it is sent and stored.
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        let body = self.encode();
        let signature = key.sign(&[DOMAIN, &body].concat());
        [&body[..], &signature.to_bytes()].concat()
    }

    /// What the issuer of this key found. Nothing of an unsigned verdict is believed.
    pub fn verify(signed: &[u8], issuer: &[u8; 32]) -> Result<Self, Fault> {
        let at = signed.len().checked_sub(SIGNATURE_LEN).ok_or(Fault::Malformed)?;
        let (body, signature) = signed.split_at(at);
        let key = VerifyingKey::from_bytes(issuer).map_err(|_no_point| Fault::Key)?;
        let signature = Signature::from_slice(signature).map_err(|_length| Fault::Malformed)?;
        key.verify_strict(&[DOMAIN, body].concat(), &signature).map_err(|_forged| Fault::Signature)?;
        Self::decode(body).ok_or(Fault::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::tests::claim;
    use proptest::prelude::*;

    fn verdict() -> Verdict {
        Verdict {
            outcome: Outcome::Right,
            request_id: [7; 16],
            judged_unix_ms: 1_795_000_000_000,
            claim: claim(),
        }
    }

    #[test]
    fn a_verdict_is_believed_under_its_issuers_key_only() {
        let (issuer, shop) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let signed = verdict().sign(&issuer);
        assert!(signed.len() <= SIGNED_LEN_MAX);
        assert_eq!(Verdict::verify(&signed, issuer.verifying_key().as_bytes()), Ok(verdict()));
        assert_eq!(Verdict::verify(&signed, shop.verifying_key().as_bytes()), Err(Fault::Signature));
        let forged = verdict().sign(&shop);
        assert_eq!(Verdict::verify(&forged, issuer.verifying_key().as_bytes()), Err(Fault::Signature));
    }

    #[test]
    fn no_byte_of_a_verdict_can_be_changed() {
        let issuer = SigningKey::from_bytes(&[1; 32]);
        let signed = verdict().sign(&issuer);
        for at in 0..signed.len() {
            let mut changed = signed.clone();
            changed[at] ^= 1;
            assert!(Verdict::verify(&changed, issuer.verifying_key().as_bytes()).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_signature_over_a_bare_body_is_none() {
        let issuer = SigningKey::from_bytes(&[1; 32]);
        let body = verdict().encode();
        let signed = [&body[..], &issuer.sign(&body).to_bytes()].concat();
        assert_eq!(Verdict::verify(&signed, issuer.verifying_key().as_bytes()), Err(Fault::Signature));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Some(verdict) = Verdict::decode(&bytes) {
                prop_assert_eq!(verdict.encode(), bytes.clone());
            }
            prop_assert!(Verdict::verify(&bytes, &[3; 32]).is_err());
        }
    }
}
