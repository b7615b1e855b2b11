//! What the ledger witnesses: by the proof that an export brings along (proto/chit/ledger/v1/journal.proto,
//! "chit-evidence-proof/1"), or by the whole journal.

use std::io::BufRead;

use chit_evidence::Verified;
use chit_proto::ledger::v1::journal_record::Change;
use chit_proto::ledger::v1::{FactKind, JournalRecord, TransferKind};
use prost::Message as _;
use serde::{Deserialize, Serialize};
use tlog_tiles::{Hash, check_record, record_hash};

use super::Fault;
use crate::commands::ledger;
use crate::failure::Failure;

pub const PROOF_FILE: &str = "ledger-proof.json";
pub const PROOF_LEN_MAX: usize = 1 << 20;
pub const FORMAT: &str = "chit-evidence-proof/1";
/// First byte of a stored record.
const RECORD_VERSION: u8 = 1;
/// As in chit-evidence: a clock may be set right meanwhile.
const CLOCK_SLACK_US: i64 = 3_600_000_000;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    pub format: String,
    /// Signed note.
    pub checkpoint: String,
    /// The sale's pending transfer.
    pub sale: Record,
    /// The fact that says which manifest was sealed.
    pub sealed: Record,
    /// That of the bundle before; absent for the first.
    pub previous: Option<Record>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub seq: u64,
    /// Hexadecimal: the bytes as stored.
    pub record: String,
    /// Hexadecimal: RFC 6962 audit path, from the leaf up.
    pub path: Vec<String>,
}

/// What a verified ledger says of a bundle.
#[derive(Default)]
pub struct Witnessed {
    /// Of the sale: number, amount, time.
    pub sale: Option<Transfer>,
    /// Manifests sealed for the sale: number, hash, time.
    pub sealed: Vec<Seal>,
    /// Hashes of the verdicts of issuers that are witnessed for the sale.
    pub verdicts: Vec<Vec<u8>>,
    /// True if the bundle before was witnessed, as one of another sale.
    pub previous: bool,
}

pub struct Transfer {
    pub seq: u64,
    pub amount_minor: i64,
    pub currency_code: String,
    pub time_us: i64,
}

pub struct Seal {
    pub seq: u64,
    pub sha256: Vec<u8>,
    pub time_us: i64,
}

impl Witnessed {
    /// Takes a record that is known to be in the ledger.
    fn take(&mut self, bundle: &Verified, record: JournalRecord) {
        let (sale_id, seq, time_us) = (&bundle.manifest.sale_id, record.seq, record.time_unix_us);
        match record.change {
            Some(Change::Transfer(transfer))
                if transfer.external_ref == *sale_id
                    && transfer.kind() == TransferKind::Pending
                    && self.sale.is_none() =>
            {
                let amount = transfer.amount.unwrap_or_default();
                let (amount_minor, currency_code) = (amount.amount_minor, amount.currency_code);
                self.sale = Some(Transfer { seq, amount_minor, currency_code, time_us });
            }
            Some(Change::Fact(fact)) if fact.kind() == FactKind::EvidenceSealed => {
                if fact.subject_id == *sale_id {
                    self.sealed.push(Seal { seq, sha256: fact.sha256, time_us });
                } else if fact.sha256 == bundle.manifest.previous_manifest_sha256 {
                    self.previous = true;
                }
            }
            Some(Change::Fact(fact))
                if fact.kind() == FactKind::ChallengeVerdict && fact.subject_id == *sale_id =>
            {
                self.verdicts.push(fact.sha256);
            }
            _ => {}
        }
    }

    /// The sealed fact, its place, the chain.
    pub fn faults(&self, bundle: &Verified) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |reason, what: &str| faults.push(Fault::new("ledger", reason, what));
        let manifest = &bundle.manifest;
        match &self.sealed[..] {
            [] => fault("NOT_WITNESSED", "the ledger witnesses no evidence of this sale"),
            [.., _, _] => {
                fault("WITNESSED_TWICE", "the ledger witnesses more than one manifest of this sale")
            }
            [seal] if seal.sha256 != bundle.sha256 => fault(
                "NOT_AS_WITNESSED",
                "the ledger witnesses another manifest of this sale: this one was made, or signed anew, later",
            ),
            [seal] => {
                if seal.time_us.saturating_add(CLOCK_SLACK_US) < manifest.sealed_unix_us {
                    fault(
                        "WITNESSED_BEFORE_SEALED",
                        "the manifest says that it was sealed after it was witnessed",
                    );
                }
                if self.sale.as_ref().is_some_and(|sale| sale.seq > seal.seq) {
                    fault("OUT_OF_SEQUENCE", "the evidence was witnessed before the sale was booked");
                }
            }
        }
        match &self.sale {
            None => fault("SALE_NOT_BOOKED", "the ledger has no pending transfer of this sale"),
            Some(sale) if sale.time_us > manifest.sealed_unix_us.saturating_add(CLOCK_SLACK_US) => {
                fault("BACKDATED", "the manifest says that it was sealed before the sale was booked");
            }
            Some(_) => {}
        }
        if !manifest.previous_manifest_sha256.is_empty() && !self.previous {
            fault(
                "CHAIN_BROKEN",
                "the bundle before it was never witnessed: one was taken out, or the link was changed",
            );
        }
        faults
    }
}

/// What an export's own proof says. An error is the reason why it proves nothing.
pub fn read(text: &[u8], bundle: &Verified, ledger_key: &str) -> Result<Witnessed, Fault> {
    let fault = |reason, what: &str| Fault::new(PROOF_FILE, reason, what);
    let proof: Proof =
        serde_json::from_slice(text).map_err(|error| fault("PROOF_MALFORMED", &error.to_string()))?;
    if proof.format != FORMAT {
        return Err(fault("PROOF_MALFORMED", "this program knows chit-evidence-proof/1 only"));
    }
    let (size, root) = ledger::checkpoint_signed_by(&proof.checkpoint, ledger_key).ok_or_else(|| {
        fault("CHECKPOINT_FOREIGN", "the checkpoint is not signed by the ledger's key that is trusted")
    })?;
    let mut witnessed = Witnessed::default();
    for record in [Some(&proof.sale), Some(&proof.sealed), proof.previous.as_ref()].into_iter().flatten() {
        let what = format!("record {} is not in the ledger that the checkpoint signs", record.seq);
        let stored = included(record, size, root).ok_or_else(|| fault("RECORD_NOT_IN_LEDGER", &what))?;
        witnessed.take(bundle, stored);
    }
    Ok(witnessed)
}

pub(super) fn included(record: &Record, size: u64, root: Hash) -> Option<JournalRecord> {
    let stored = hex::decode(&record.record).ok()?;
    let hash = |text: &String| hex::decode(text).ok()?.try_into().ok().map(Hash);
    let path: Option<Vec<Hash>> = record.path.iter().map(hash).collect();
    let leaf = record.seq.checked_sub(1)?;
    check_record(&path?, size, root, leaf, record_hash(&stored)).ok()?;
    decode(&stored).filter(|stored| stored.seq == record.seq)
}

/// Out of a whole journal, verified to its end.
pub fn read_journal(file: impl BufRead, bundle: &Verified, ledger_key: &str) -> Result<Witnessed, Failure> {
    let mut witnessed = Witnessed::default();
    ledger::read_export(file, ledger_key, |_, stored| {
        if let Some(record) = decode(&stored) {
            witnessed.take(bundle, record);
        }
        Ok(())
    })?;
    Ok(witnessed)
}

fn decode(stored: &[u8]) -> Option<JournalRecord> {
    match stored.split_first() {
        Some((&RECORD_VERSION, body)) => JournalRecord::decode(body).ok(),
        _ => None,
    }
}
