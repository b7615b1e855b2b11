//! Checks an export with nothing but the file and the public key.

use std::io::BufRead;

use serde_json::Value;
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, EMPTY_HASH, Hash, node_hash, record_hash};

use super::format;
use crate::failure::Failure;

/// Longest line: a record has at most some hundred bytes, a signed note some more.
const LINE_LEN_MAX: u64 = 1 << 20;

/// What an export proves.
#[derive(Debug)]
pub struct Verified {
    pub origin: String,
    pub records: u64,
    /// Hexadecimal.
    pub root: String,
}

/// Reads the file to its end and hands out each record before the signature is known: believe them only when this
/// returns.
pub fn read(
    mut file: impl BufRead,
    key: &str,
    mut each: impl FnMut(u64, Vec<u8>) -> Result<(), Failure>,
) -> Result<Verified, Failure> {
    let verifier = StandardVerifier::new(key)
        .map_err(|error| Failure::usage(format!("--key is no public key of a ledger: {error}")))?;
    let first = line(&mut file, 1)?;
    let header = member(&first, "origin", 1).and_then(|origin| {
        let records = member(&first, "records", 1)?.as_u64().ok_or_else(|| tampered(1))?;
        Ok((origin.as_str().unwrap_or_default().to_owned(), records))
    });
    let (origin, records) = header?;
    if format::header(&origin, records) != first {
        return Err(tampered(1));
    }
    let mut tree = Tree::default();
    for seq in 1..=records {
        let number = seq + 1;
        let text = line(&mut file, number)?;
        let stored = member(&text, "record", number)?;
        let stored = hex::decode(stored.as_str().unwrap_or_default()).map_err(|_| tampered(number))?;
        if format::record(seq, &stored).as_ref() != Some(&text) {
            return Err(tampered(number));
        }
        tree.append(&stored);
        each(seq, stored)?;
    }
    let last = records + 2;
    let text = line(&mut file, last)?;
    let note = member(&text, "checkpoint", last)?;
    let note = note.as_str().unwrap_or_default();
    if format::checkpoint(note) != text || !file.fill_buf().map_err(io)?.is_empty() {
        return Err(tampered(last));
    }
    signed(note, verifier, &origin, records, tree.root()).ok_or_else(|| {
        let text = "the checkpoint is not this key's over these records: the file was changed, or another ledger wrote it";
        Failure::other("EXPORT_TAMPERED", text)
    })?;
    Ok(Verified { origin, records, root: hex::encode(tree.root().0) })
}

/// Exactly one signature, by this key, over exactly this tree, and no byte that could be another one.
fn signed(note: &str, verifier: StandardVerifier, origin: &str, records: u64, root: Hash) -> Option<()> {
    let parsed = Note::from_bytes(note.as_bytes()).ok()?;
    let (good, unknown) = parsed.verify(&VerifierList::new(vec![Box::new(verifier)])).ok()?;
    let text = Checkpoint::new(origin, records, root, "").ok()?.to_bytes();
    let only = good.len() == 1 && unknown.is_empty();
    (only && parsed.text() == text && parsed.to_bytes() == note.as_bytes()).then_some(())
}

/// Size and root of a checkpoint that has exactly one signature, by this key.
pub fn checkpoint_signed_by(note: &str, key: &str) -> Option<(u64, Hash)> {
    let verifier = StandardVerifier::new(key).ok()?;
    let text = Note::from_bytes(note.as_bytes()).ok()?.text().to_vec();
    let checkpoint = Checkpoint::from_bytes(&text).ok()?;
    let (origin, size, root) = (checkpoint.origin(), checkpoint.size(), *checkpoint.hash());
    signed(note, verifier, origin, size, root)?;
    key.starts_with(&format!("{origin}+")).then_some((size, root))
}

/// Size and root of a checkpoint that this key signed; others may have signed it, too.
pub fn cosigned_checkpoint(note: &str, key: &str) -> Option<(u64, Hash)> {
    let verifier = StandardVerifier::new(key).ok()?;
    let note = Note::from_bytes(note.as_bytes()).ok()?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)])).ok()?;
    let checkpoint = Checkpoint::from_bytes(note.text()).ok()?;
    let of_key = key.starts_with(&format!("{}+", checkpoint.origin()));
    of_key.then(|| (checkpoint.size(), *checkpoint.hash()))
}

fn line(file: &mut impl BufRead, number: u64) -> Result<String, Failure> {
    let mut text = Vec::new();
    std::io::Read::take(&mut *file, LINE_LEN_MAX).read_until(b'\n', &mut text).map_err(io)?;
    match text.pop() {
        Some(b'\n') => String::from_utf8(text).map_err(|_not_utf8| tampered(number)),
        Some(_) | None => Err(Failure::other(
            "EXPORT_TAMPERED",
            format!("line {number} is missing or cut off: the file is not whole"),
        )),
    }
}

fn member(text: &str, name: &str, number: u64) -> Result<Value, Failure> {
    let object: Value = serde_json::from_str(text).map_err(|_not_json| tampered(number))?;
    object.get(name).cloned().ok_or_else(|| tampered(number))
}

fn tampered(line: u64) -> Failure {
    Failure::other("EXPORT_TAMPERED", format!("line {line} is not as the ledger wrote it"))
}

fn io(error: std::io::Error) -> Failure {
    Failure::other("EXPORT_UNREADABLE", format!("cannot read the export: {error}"))
}

/// The right edge of a growing RFC 6962 tree.
#[derive(Default)]
pub struct Tree {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Tree {
    pub fn append(&mut self, stored: &[u8]) {
        let mut hash = record_hash(stored);
        for _ in 0..self.size.trailing_ones() {
            let left = self.subtrees.pop().expect("one complete subtree for each one bit of the size");
            hash = node_hash(left, hash);
        }
        self.subtrees.push(hash);
        self.size += 1;
    }

    pub fn root(&self) -> Hash {
        let folded = self.subtrees.iter().rev().copied().reduce(|right, left| node_hash(left, right));
        folded.unwrap_or(EMPTY_HASH)
    }
}

#[cfg(test)]
pub mod tests;
