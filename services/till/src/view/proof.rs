//! The ledger's records about a sale, each checked here: its hash follows from the one before and the bytes as stored.

use chit_proto::checkout::v1::{LookUpSaleResponse, Sale};
use chit_proto::ledger::v1::journal_record::Change;
use chit_proto::ledger::v1::{FactKind, JournalEntry, JournalRecord};
use chit_proto::media_capture::v1::Manifest;
use maud::{Markup, html};
use prost::Message as _;
use sha2::{Digest, Sha256};

use super::{Reader, chip, money};

/// First byte of a stored record (ledger/v1/journal.proto).
const RECORD_VERSION: u8 = 1;
/// Hexadecimal digits of a hash that a person compares.
const HASH_DIGITS: usize = 16;

pub fn section(reader: &Reader, sale: &Sale, answer: &LookUpSaleResponse, manifest: &Manifest) -> Markup {
    html! {
        section.card #proof {
            h3 { (reader.t("proof-title")) }
            p.muted { (reader.t("proof-hint")) }
            ol.rows.proof {
                @for entry in &answer.ledger_entries { (row(reader, entry)) }
            }
            @if !answer.manifest.is_empty() { (seal(reader, sale, answer, manifest)) }
        }
    }
}

fn row(reader: &Reader, entry: &JournalEntry) -> Markup {
    let record = record_of(entry);
    html! {
        li data-seq=(entry.seq) {
            span.mono { "#" (entry.seq) }
            @if let Some(record) = &record {
                span { (what(reader, record)) }
                small.muted { (reader.time_us(record.time_unix_us)) " · " (record.actor) }
            }
            (verdict(reader, follows(entry)))
            code { (short(&entry.hash)) }
        }
    }
}

fn record_of(entry: &JournalEntry) -> Option<JournalRecord> {
    match entry.record.split_first() {
        Some((&RECORD_VERSION, body)) => JournalRecord::decode(body).ok(),
        _ => None,
    }
}

fn follows(entry: &JournalEntry) -> bool {
    Sha256::new().chain_update(&entry.previous_hash).chain_update(&entry.record).finalize()[..]
        == entry.hash[..]
}

/// The ledger has held the manifest's hash since the bundle was sealed.
fn seal(reader: &Reader, sale: &Sale, answer: &LookUpSaleResponse, manifest: &Manifest) -> Markup {
    let hash = Sha256::digest(&answer.manifest);
    let sealed = answer.ledger_entries.iter().filter_map(record_of).any(|record| match record.change {
        Some(Change::Fact(fact)) => fact.kind() == FactKind::EvidenceSealed && fact.sha256[..] == hash[..],
        _ => false,
    });
    let claimed = sale.evidence.as_ref().is_some_and(|evidence| evidence.manifest_sha256[..] == hash[..]);
    html! {
        dl.facts {
            dt { (reader.t("proof-manifest")) }
            dd { code { (short(&hash)) } " " (verdict(reader, sealed && claimed)) }
            dt { (reader.t("proof-files")) } dd { (manifest.files.len()) }
            dt { (reader.t("proof-sealed")) } dd { (reader.time_us(manifest.sealed_unix_us)) }
        }
    }
}

fn verdict(reader: &Reader, good: bool) -> Markup {
    if good { chip("good", &reader.t("proof-holds")) } else { chip("bad", &reader.t("proof-broken")) }
}

fn what(reader: &Reader, record: &JournalRecord) -> String {
    match &record.change {
        Some(Change::Transfer(transfer)) => {
            let kind = transfer.kind().as_str_name().trim_start_matches("TRANSFER_KIND_");
            let amount = money::of(transfer.amount.as_ref().filter(|amount| amount.amount_minor > 0));
            format!("{} {amount}", reader.code("transfer", kind))
        }
        Some(Change::Fact(fact)) => {
            reader.code("fact", fact.kind().as_str_name().trim_start_matches("FACT_KIND_"))
        }
        Some(Change::FailedTransfer(_)) => reader.t("record-failed-transfer"),
        Some(Change::ExpiredTransfer(_)) => reader.t("record-expired-transfer"),
        Some(Change::Account(_)) => reader.t("record-account"),
        None => String::new(),
    }
}

fn short(hash: &[u8]) -> String {
    hex::encode(hash).chars().take(HASH_DIGITS).collect()
}
