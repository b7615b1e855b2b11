//! What is signed: the format, the file's id, and the hashes of both forms, each in a line that `sha256sum` writes, too.

use ed25519_dalek::{Signature as Ed25519, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use signed_note::{Note, Signature, Verifier, VerifierList};

use super::{FORMAT, Fault};

/// The signer's name in the note.
const NAME: &str = "chit-bad-records";
/// Signed-note algorithm byte of Ed25519.
const ED25519: u8 = 1;

pub struct Hashes {
    pub file_id: String,
    pub json: String,
    pub csv: String,
}

pub fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub fn sign(file_id: &str, json: &[u8], csv: &[u8], key: &SigningKey) -> Result<Vec<u8>, Fault> {
    let text = format!("{FORMAT}\n{file_id}\n{} json\n{} csv\n", hash(json), hash(csv));
    let signature = key.sign(text.as_bytes()).to_bytes().to_vec();
    let id = Key(key.verifying_key()).key_id();
    let line = Signature::new(NAME.to_owned(), id, signature).map_err(|_name| Fault::NoNote)?;
    let note = Note::new(text.as_bytes(), &[line]).map_err(|_text| Fault::NoNote)?;
    Ok(note.to_bytes())
}

pub fn read(note: &[u8], key: &VerifyingKey) -> Result<Hashes, Fault> {
    let note = Note::from_bytes(note).map_err(|_note| Fault::NoNote)?;
    let verifiers = VerifierList::new(vec![Box::new(Key(*key))]);
    note.verify(&verifiers).map_err(|_unsigned| Fault::Forged)?;
    hashes(&String::from_utf8_lossy(note.text())).ok_or(Fault::NoNote)
}

fn hashes(text: &str) -> Option<Hashes> {
    let mut lines = text.lines();
    let format = lines.next()?;
    let hashes = Hashes {
        file_id: lines.next()?.to_owned(),
        json: lines.next()?.strip_suffix(" json")?.to_owned(),
        csv: lines.next()?.strip_suffix(" csv")?.to_owned(),
    };
    (format == FORMAT && lines.next().is_none()).then_some(hashes)
}

/// The key under the name of this format, so that a signature of it is taken for nothing else.
struct Key(VerifyingKey);

impl Verifier for Key {
    fn name(&self) -> &str {
        NAME
    }

    fn key_id(&self) -> u32 {
        signed_note::key_id(NAME, &[&[ED25519][..], self.0.as_bytes()].concat())
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        Ed25519::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(text, &signature).is_ok())
    }
}
