//! An export made from the specification, not by the code of media-capture or of the ledger.

use std::fs;
use std::path::Path;

use chit_evidence::{FileEntry, MANIFEST_FILE, Manifest, SIGNATURE_FILE};
use chit_proto::checkout::v1::Goods;
use chit_proto::ledger::v1::journal_record::Change;
use chit_proto::ledger::v1::{Account, Fact, FactKind, JournalRecord, Transfer, TransferKind};
use chit_proto::money::v1::Money;
use ed25519_dalek::{Signer as _, SigningKey};
use prost::Message as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tlog_tiles::{Hash, node_hash, record_hash};

use crate::commands::ledger::ledger_of_tests::Signer;

pub const SALE: &str = "01J9ZQ4M8W5T7V2X3Y6B0C1D2F";
pub const OTHER_SALE: &str = "01J9ZQ4M8W5T7V2X3Y6B0C1D2G";
const RECORDING: &str = "01J9ZQ4M8W5T7V2X3Y6B0C1D2E";
/// Some hours after the sale's id was made.
pub const SEALED_US: i64 = 1_728_736_000_000_000;

/// What a shop has, and what a shop that cheats would change of it.
pub struct Export {
    pub device: SigningKey,
    pub signs: SigningKey,
    pub ledger: Signer,
    pub manifest: Manifest,
    /// In their order; `MANIFEST_HASH` stands for the hash of the manifest as it was sealed.
    pub changes: Vec<Change>,
    pub times_us: Vec<i64>,
    /// Sequence numbers of the proof's records: sale, sealed, previous.
    pub places: [usize; 3],
    /// Sealed first, changed later: the ledger witnessed what was before.
    pub witnessed: Option<[u8; 32]>,
}

pub const MANIFEST_HASH: [u8; 32] = [0xee; 32];
pub const PREVIOUS: [u8; 32] = [0xdd; 32];

pub fn goods(sale_id: &str, amount_minor: i64) -> Vec<u8> {
    let total = Some(Money { amount_minor, currency_code: "CNY".to_owned() });
    Goods { sale_id: sale_id.to_owned(), lines: Vec::new(), total }.encode_to_vec()
}

pub fn files() -> [(&'static str, Vec<u8>); 3] {
    [("goods.bin", goods(SALE, 1250)), ("photo-1.jpg", vec![9; 1000]), ("video.mp4", vec![5; 200_000])]
}

pub fn entry(name: &str, bytes: &[u8]) -> FileEntry {
    FileEntry {
        name: name.to_owned(),
        media_type: "application/octet-stream".to_owned(),
        size_bytes: bytes.len() as u64,
        sha256: Sha256::digest(bytes).to_vec(),
        ..FileEntry::default()
    }
}

pub fn sealed_fact(sale_id: &str, sha256: [u8; 32]) -> Change {
    Change::Fact(Fact {
        kind: FactKind::EvidenceSealed.into(),
        subject_id: sale_id.to_owned(),
        sha256: sha256.to_vec(),
        ..Fact::default()
    })
}

pub fn transfer(sale_id: &str, amount_minor: i64) -> Change {
    Change::Transfer(Transfer {
        external_ref: sale_id.to_owned(),
        kind: TransferKind::Pending.into(),
        amount: Some(Money { amount_minor, currency_code: "CNY".to_owned() }),
        ..Transfer::default()
    })
}

impl Export {
    pub fn good() -> Self {
        let device = SigningKey::from_bytes(&[7; 32]);
        let manifest = Manifest {
            version: 1,
            sale_id: SALE.to_owned(),
            recording_id: RECORDING.to_owned(),
            files: files().iter().map(|(name, bytes)| entry(name, bytes)).collect(),
            sealed_unix_us: SEALED_US,
            previous_manifest_sha256: PREVIOUS.to_vec(),
            device_public_key: device.verifying_key().to_bytes().to_vec(),
            ..Manifest::default()
        };
        let account = Change::Account(Account { account_id: "A".to_owned(), ..Account::default() });
        let changes = vec![
            account.clone(),
            sealed_fact(OTHER_SALE, PREVIOUS),
            transfer(SALE, 1250),
            sealed_fact(SALE, MANIFEST_HASH),
            account,
        ];
        let times_us = vec![SEALED_US - 3, SEALED_US - 2, SEALED_US - 1, SEALED_US + 1, SEALED_US + 2];
        let (signs, ledger, places) = (device.clone(), Signer::new(3), [3, 4, 2]);
        Self { device, signs, ledger, manifest, changes, times_us, places, witnessed: None }
    }

    /// Remembers what was witnessed, so that changes come too late.
    pub fn seal(&mut self) {
        self.witnessed = Some(Sha256::digest(self.manifest.encode_to_vec()).into());
    }

    pub fn write(&self, folder: &Path) {
        for (name, bytes) in files() {
            fs::write(folder.join(name), bytes).unwrap();
        }
        let bytes = self.manifest.encode_to_vec();
        fs::write(folder.join(MANIFEST_FILE), &bytes).unwrap();
        fs::write(folder.join(SIGNATURE_FILE), self.signature(&bytes)).unwrap();
        let proof = serde_json::to_vec(&self.proof()).unwrap();
        fs::write(folder.join("ledger-proof.json"), proof).unwrap();
    }

    fn signature(&self, bytes: &[u8]) -> Vec<u8> {
        let domain = format!("chit/evidence-manifest/v{}\0", self.manifest.version);
        self.signs.sign(&[domain.as_bytes(), &Sha256::digest(bytes)].concat()).to_bytes().to_vec()
    }

    pub fn records(&self) -> Vec<Vec<u8>> {
        let bytes = self.manifest.encode_to_vec();
        let hash = self.witnessed.unwrap_or_else(|| Sha256::digest(&bytes).into());
        let witnessed = |change: &Change| match change {
            Change::Fact(fact) if fact.sha256 == MANIFEST_HASH => sealed_fact(&fact.subject_id, hash),
            change => change.clone(),
        };
        let changes = self.changes.iter().zip(&self.times_us);
        (1..)
            .zip(changes)
            .map(|(seq, (change, time_unix_us))| {
                let (time_unix_us, actor) = (*time_unix_us, "system".to_owned());
                let record = JournalRecord { seq, time_unix_us, actor, change: Some(witnessed(change)) };
                [vec![1], record.encode_to_vec()].concat()
            })
            .collect()
    }

    /// A record with its path, and the checkpoint of all.
    fn included(&self, seq: usize) -> (Value, String) {
        let records = self.records();
        let leaves: Vec<Hash> = records.iter().map(|record| record_hash(record)).collect();
        let path: Vec<String> = path(&leaves, seq - 1).iter().map(|hash| hex::encode(hash.0)).collect();
        let record = json!({ "seq": seq, "record": hex::encode(&records[seq - 1]), "path": path });
        (record, self.ledger.note(records.len() as u64, root(&leaves)))
    }

    /// What goes along of an issuer's verdict, witnessed by the record of this number.
    pub fn verdict_file(&self, signed: &[u8], seq: usize) -> Value {
        let (fact, checkpoint) = self.included(seq);
        json!({
            "format": "chit-issuer-verdict/1", "verdict": hex::encode(signed), "checkpoint": checkpoint, "fact": fact,
        })
    }

    fn proof(&self) -> Value {
        let [sale, sealed, previous] = self.places.map(|seq| self.included(seq).0);
        let (_, checkpoint) = self.included(1);
        json!({
            "format": "chit-evidence-proof/1", "checkpoint": checkpoint,
            "sale": sale, "sealed": sealed, "previous": previous,
        })
    }

    /// What the third party got from the shop another way.
    pub fn keys(&self, file: &Path) {
        let ed25519 = json!({ "key": hex::encode(self.device.verifying_key().to_bytes()), "id": "" });
        let keys = json!({
            "format": "chit-keys/1", "payer_code": ed25519, "receipt": ed25519, "evidence": ed25519,
            "ledger": { "key": Signer::new(3).verifier_key(), "id": "" },
            "shop_recipient": { "key": "age1", "id": "" },
        });
        fs::write(file, keys.to_string()).unwrap();
    }
}

/// RFC 6962, section 2.1.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(root(left), root(right))
        }
    }
}

/// RFC 6962, section 2.1.1.
fn path(leaves: &[Hash], at: usize) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut path, other) = if at < left.len() {
        (path(left, at), root(right))
    } else {
        (path(right, at - left.len()), root(left))
    };
    path.push(other);
    path
}

/// The largest power of two below.
fn split(len: usize) -> usize {
    len.next_power_of_two() / 2
}
