use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chit_proto::ledger::v1::journal_record::Change;
use chit_proto::ledger::v1::{Account, ExpiredTransfer, Fact, FailedTransfer, JournalRecord, Transfer};
use ed25519_dalek::{Signer as _, SigningKey};
use prost::Message as _;
use signed_note::Signature;

use super::*;

pub struct Signer {
    key: SigningKey,
    origin: String,
}

impl Signer {
    pub fn new(seed: u8) -> Self {
        Self { key: SigningKey::from_bytes(&[seed; 32]), origin: "chit-ledger-test".to_owned() }
    }

    fn public(&self) -> Vec<u8> {
        [&[1][..], self.key.verifying_key().as_bytes()].concat()
    }

    fn id(&self) -> u32 {
        signed_note::key_id(&self.origin, &self.public())
    }

    pub fn verifier_key(&self) -> String {
        format!("{}+{:08x}+{}", self.origin, self.id(), BASE64_STANDARD.encode(self.public()))
    }

    pub fn note(&self, size: u64, root: Hash) -> String {
        let text = Checkpoint::new(&self.origin, size, root, "").unwrap().to_bytes();
        let signature = self.key.sign(&text).to_bytes().to_vec();
        let signature = Signature::new(self.origin.clone(), self.id(), signature).unwrap();
        String::from_utf8(Note::new(&text, &[signature]).unwrap().to_bytes()).unwrap()
    }
}

pub fn records() -> Vec<Vec<u8>> {
    let text = |text: &str| text.to_owned();
    let changes = [
        Change::Account(Account { account_id: text("A"), code: 3, flags: vec![1], ..Account::default() }),
        Change::Transfer(Transfer {
            transfer_id: text("T"),
            external_ref: text("SALE"),
            ..Transfer::default()
        }),
        Change::FailedTransfer(FailedTransfer { transfer: Some(Transfer::default()), reason: text("NO") }),
        Change::ExpiredTransfer(ExpiredTransfer { transfer_id: text("T") }),
        Change::Fact(Fact { fact_id: text("F"), kind: 2, sha256: vec![7; 32], ..Fact::default() }),
    ];
    (1..)
        .zip(changes)
        .map(|(seq, change)| {
            let time_unix_us = 1_795_000_000_000_000 + seq as i64;
            let record =
                JournalRecord { seq, time_unix_us, actor: text("张 \"三\""), change: Some(change) };
            [vec![1], record.encode_to_vec()].concat()
        })
        .collect()
}

pub fn export(signer: &Signer, records: &[Vec<u8>]) -> Vec<u8> {
    let mut tree = Tree::default();
    let mut lines = vec![format::header(&signer.origin, records.len() as u64)];
    for (seq, stored) in (1..).zip(records) {
        tree.append(stored);
        lines.push(format::record(seq, stored).unwrap());
    }
    lines.push(format::checkpoint(&signer.note(records.len() as u64, tree.root())));
    (lines.join("\n") + "\n").into_bytes()
}

fn verdict(bytes: &[u8], key: &str) -> Result<u64, String> {
    let verified = read(bytes, key, |_, _| Ok(())).map_err(|failure| {
        assert_eq!(failure.exit_code(), 1, "{}", failure.message);
        failure.reason
    })?;
    Ok(verified.records)
}

#[test]
fn an_untouched_export_verifies_and_names_its_root() {
    let signer = Signer::new(7);
    for count in 0..=5 {
        let bytes = export(&signer, &records()[..count]);
        assert_eq!(verdict(&bytes, &signer.verifier_key()), Ok(count as u64));
    }
}

#[test]
fn every_changed_byte_is_found() {
    let signer = Signer::new(7);
    let good = export(&signer, &records());
    let key = signer.verifier_key();
    let mut seen = 0;
    for place in 0..good.len() {
        // Another bit in each place; 0x20 turns upper into lower case, which base64 and hex must not forgive.
        for change in [1 << (place % 8), 0x20] {
            let mut bytes = good.clone();
            bytes[place] ^= change;
            assert_eq!(verdict(&bytes, &key), Err("EXPORT_TAMPERED".to_owned()), "byte {place} ^ {change}");
            seen += 1;
        }
    }
    assert_eq!(seen, 2 * good.len());
}

#[test]
fn lines_that_are_missing_doubled_moved_or_added_are_found() {
    let signer = Signer::new(7);
    let good = String::from_utf8(export(&signer, &records())).unwrap();
    let key = signer.verifier_key();
    let lines: Vec<&str> = good.split_inclusive('\n').collect();
    let found = |lines: Vec<&str>| verdict(lines.concat().as_bytes(), &key).is_err();
    for n in 0..lines.len() {
        assert!(found([&lines[..n], &lines[n + 1..]].concat()), "without line {n}");
        assert!(found([&lines[..=n], &lines[n..]].concat()), "line {n} twice");
        assert!(found(lines[..n].to_vec()), "cut before line {n}");
        let mut moved = lines.clone();
        moved.swap(n, (n + 1) % lines.len());
        assert!(found(moved), "line {n} moved");
    }
    assert!(verdict((good.clone() + "\n").as_bytes(), &key).is_err());
    assert!(verdict(&good.as_bytes()[..good.len() - 1], &key).is_err());
}

#[test]
fn a_history_that_was_rewritten_and_signed_by_another_key_is_found() {
    let mut rewritten = records();
    rewritten.remove(4);
    let forged = export(&Signer::new(8), &rewritten);
    let key = Signer::new(7).verifier_key();
    assert_eq!(verdict(&forged, &key), Err("EXPORT_TAMPERED".to_owned()));
    assert_eq!(verdict(&export(&Signer::new(7), &rewritten), &key), Ok(4), "only the key holder can");
}
