//! A witness's cosignature under a checkpoint (<https://c2sp.org/tlog-cosignature>): somebody else than the log saw, at this time, a
//! tree that is consistent with every one they had seen before. Who believes the witness need not believe the log.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signature as Ed25519, Signer as _, SigningKey, VerifyingKey};
use signed_note::{Note, Signature, Verifier};
use thiserror::Error;

/// Signed-note algorithm byte of timestamped Ed25519 cosignatures.
const COSIGNATURE_V1: u8 = 4;
const TIME_LEN: usize = 8;

#[derive(Debug, PartialEq, Eq, Error)]
pub enum Fault {
    #[error("this is no public key of a witness")]
    Key,
    #[error("this is no signed note")]
    Malformed,
    #[error("the witness did not cosign this checkpoint")]
    NotCosigned,
}

/// What a witness signs with.
pub struct Witness {
    name: String,
    key: SigningKey,
}

impl Witness {
    /// The name holds the key's id, so that two witnesses cannot be taken for one another.
    pub fn new(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let id = signed_note::key_id("chit-witness", &public(&key.verifying_key()));
        Self { name: format!("chit-witness-{id:08x}"), key }
    }

    /// As signed notes write it.
    pub fn verifier_key(&self) -> String {
        let public = public(&self.key.verifying_key());
        let id = signed_note::key_id(&self.name, &public);
        format!("{}+{id:08x}+{}", self.name, BASE64_STANDARD.encode(&public))
    }

    /// The signature line for this checkpoint, the text in front of a note's signatures.
    pub fn cosign(&self, checkpoint: &[u8], unix_s: u64) -> Result<String, Fault> {
        let id = signed_note::key_id(&self.name, &public(&self.key.verifying_key()));
        let signed = self.key.sign(&message(checkpoint, unix_s));
        let stamped = [&unix_s.to_be_bytes()[..], &signed.to_bytes()].concat();
        let line = Signature::new(self.name.clone(), id, stamped).map_err(|_note| Fault::Malformed)?;
        Ok(String::from_utf8_lossy(&line.to_bytes()).trim_end().to_owned())
    }
}

/// What a cosignature is checked with.
#[derive(Clone, Debug)]
pub struct WitnessKey {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl WitnessKey {
    /// `name+id+key`, as [`Witness::verifier_key`] writes it.
    pub fn new(text: &str) -> Result<Self, Fault> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Fault::Key);
        };
        let bytes = BASE64_STANDARD.decode(key).map_err(|_base64| Fault::Key)?;
        let Some((&COSIGNATURE_V1, key)) = bytes.split_first() else { return Err(Fault::Key) };
        let key = key.try_into().ok().and_then(|key| VerifyingKey::from_bytes(key).ok()).ok_or(Fault::Key)?;
        let own = signed_note::key_id(name, &bytes);
        let good = signed_note::is_key_name_valid(name) && u32::from_str_radix(id, 16) == Ok(own);
        if good { Ok(Self { name: name.to_owned(), id: own, key }) } else { Err(Fault::Key) }
    }

    /// When the witness saw the note's checkpoint, unix seconds.
    pub fn seen_at(&self, note: &str) -> Result<u64, Fault> {
        let note = Note::from_bytes(note.as_bytes()).map_err(|_note| Fault::Malformed)?;
        let verifiers = signed_note::VerifierList::new(vec![Box::new(self.clone())]);
        let (good, _others) = note.verify(&verifiers).map_err(|_unsigned| Fault::NotCosigned)?;
        let [one] = &good[..] else { return Err(Fault::NotCosigned) };
        time_and_signature(one.signature()).map(|(unix_s, _)| unix_s).ok_or(Fault::NotCosigned)
    }
}

impl Verifier for WitnessKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, msg: &[u8], sig: &[u8]) -> bool {
        time_and_signature(sig).is_some_and(|(unix_s, signature)| {
            self.key.verify_strict(&message(msg, unix_s), &signature).is_ok()
        })
    }
}

fn time_and_signature(bytes: &[u8]) -> Option<(u64, Ed25519)> {
    let (time, signature) = bytes.split_first_chunk::<TIME_LEN>()?;
    Some((u64::from_be_bytes(*time), Ed25519::from_slice(signature).ok()?))
}

fn public(key: &VerifyingKey) -> Vec<u8> {
    [&[COSIGNATURE_V1][..], key.as_bytes()].concat()
}

fn message(checkpoint: &[u8], unix_s: u64) -> Vec<u8> {
    [format!("cosignature/v1\ntime {unix_s}\n").as_bytes(), checkpoint].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKPOINT: &str = "chit-ledger-1\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

    fn note(lines: &[String]) -> String {
        format!("{CHECKPOINT}\n{}\n", lines.join("\n"))
    }

    #[test]
    fn a_cosignature_tells_when_its_witness_saw_this_checkpoint() {
        let (witness, other) = (Witness::new(&[1; 32]), Witness::new(&[2; 32]));
        let line = witness.cosign(CHECKPOINT.as_bytes(), 1_795_000_000).unwrap();
        let theirs = other.cosign(CHECKPOINT.as_bytes(), 7).unwrap();
        let key = WitnessKey::new(&witness.verifier_key()).unwrap();
        assert_eq!(key.seen_at(&note(&[theirs.clone(), line.clone()])), Ok(1_795_000_000));
        assert_eq!(key.seen_at(&note(&[theirs])), Err(Fault::NotCosigned));
        let dearer = note(std::slice::from_ref(&line)).replace("\n5\n", "\n6\n");
        assert_eq!(key.seen_at(&dearer), Err(Fault::NotCosigned));
        assert_eq!(key.seen_at(CHECKPOINT), Err(Fault::Malformed));
    }

    #[test]
    fn a_time_cannot_be_exchanged() {
        let witness = Witness::new(&[1; 32]);
        let key = WitnessKey::new(&witness.verifier_key()).unwrap();
        let line = witness.cosign(CHECKPOINT.as_bytes(), 1_795_000_000).unwrap();
        let (head, blob) = line.rsplit_once(' ').unwrap();
        let mut bytes = BASE64_STANDARD.decode(blob).unwrap();
        // Four bytes of key id go before the time.
        bytes[4 + TIME_LEN - 1] ^= 1;
        let backdated = format!("{head} {}", BASE64_STANDARD.encode(bytes));
        assert_eq!(key.seen_at(&note(&[backdated])), Err(Fault::NotCosigned));
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let good = Witness::new(&[1; 32]).verifier_key();
        assert!(good.starts_with("chit-witness-"));
        let plain = [&[1][..], SigningKey::from_bytes(&[1; 32]).verifying_key().as_bytes()].concat();
        let id = signed_note::key_id("chit-witness", &plain);
        let ed25519 = format!("chit-witness+{id:08x}+{}", BASE64_STANDARD.encode(&plain));
        for bad in [ed25519.as_str(), "", "a+b+c", &good.replace("chit-witness", "another")] {
            assert_eq!(WitnessKey::new(bad).unwrap_err(), Fault::Key, "{bad}");
        }
    }
}
