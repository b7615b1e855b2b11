//! Signs roots of the journal's tree as checkpoints (<https://c2sp.org/tlog-checkpoint>).

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use signed_note::{Note, Signature};
use tlog_tiles::{Checkpoint, Hash};

/// Signed-note algorithm byte of Ed25519.
const ED25519: u8 = 1;

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum NotaryError {
    #[error("ledger.key must have 32 bytes: restore it from the backup")]
    Length,
    #[error("a checkpoint cannot be signed")]
    Note(#[from] signed_note::NoteError),
    #[error("a checkpoint cannot be written")]
    Checkpoint,
}

/// The ledger's signing key and the newest checkpoint it made.
pub struct Notary {
    key: SigningKey,
    key_id: u32,
    origin: String,
    verifier_key: String,
    newest: Mutex<Option<(u64, [u8; 32], String)>>,
}

impl Notary {
    /// The log's name holds the key's id, so that two shops' checkpoints cannot be taken for one another.
    pub fn new(seed: &[u8]) -> Result<Self, NotaryError> {
        let seed: [u8; 32] = seed.try_into().map_err(|_other_length| NotaryError::Length)?;
        let key = SigningKey::from_bytes(&seed);
        let public = [&[ED25519][..], key.verifying_key().as_bytes()].concat();
        let origin = format!("chit-ledger-{:08x}", signed_note::key_id("chit-ledger", &public));
        let key_id = signed_note::key_id(&origin, &public);
        let verifier_key = format!("{origin}+{key_id:08x}+{}", BASE64_STANDARD.encode(&public));
        Ok(Self { key, key_id, origin, verifier_key, newest: Mutex::new(None) })
    }

    /// The public key as signed notes write it.
    pub fn verifier_key(&self) -> &str {
        &self.verifier_key
    }

    /// The signed note over a tree. Ed25519 is deterministic: the same tree gives the same note.
    pub fn sign(&self, size: u64, root: [u8; 32]) -> Result<String, NotaryError> {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((signed_size, signed_root, note)) = &*newest
            && (*signed_size, *signed_root) == (size, root)
        {
            return Ok(note.clone());
        }
        let text = Checkpoint::new(&self.origin, size, Hash(root), "");
        let text = text.map_err(|_no_std_error| NotaryError::Checkpoint)?.to_bytes();
        let signature = self.key.sign(&text).to_bytes().to_vec();
        let signature = Signature::new(self.origin.clone(), self.key_id, signature)?;
        let note = String::from_utf8_lossy(&Note::new(&text, &[signature])?.to_bytes()).into_owned();
        if newest.as_ref().is_none_or(|(newest, ..)| *newest <= size) {
            *newest = Some((size, root, note.clone()));
        }
        Ok(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signed_note::{StandardVerifier, VerifierList};

    #[test]
    fn a_checkpoint_verifies_with_the_public_key_and_says_what_was_signed() {
        let notary = Notary::new(&[7; 32]).unwrap();
        let signed = notary.sign(5, [2; 32]).unwrap();
        assert_eq!(notary.sign(5, [2; 32]).unwrap(), signed);
        let verifier = StandardVerifier::new(notary.verifier_key()).unwrap();
        let note = Note::from_bytes(signed.as_bytes()).unwrap();
        note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
        let checkpoint = Checkpoint::from_bytes(note.text()).unwrap();
        assert_eq!((checkpoint.size(), checkpoint.hash().0), (5, [2; 32]));
        assert!(Notary::new(&[7; 31]).is_err());
    }
}
