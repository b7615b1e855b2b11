//! A shop's bad records as a file for its bank: who did not pay, what, since when, and until when the record stands. The JSON
//! follows `schema/bad-records-1.schema.json`; the CSV holds the same records; one signed note
//! (<https://c2sp.org/signed-note>) names the hashes of both. Whoever has the shop's public key checks them alone.
//!
//! A file names every record that stands when it is made: whoever is not in the newest one is on no list any more.

mod note;
mod table;

use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The first line of what is signed, and the JSON's `format`.
pub const FORMAT: &str = "chit-bad-records/1";
/// More than a shop has; a longer file is refused when it is made, not cut.
pub const RECORDS_MAX: usize = 10_000;
/// More bytes are not read.
pub const FILE_LEN_MAX: usize = 32 << 20;

/// Why a file is not believed.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Fault {
    #[error("the JSON does not follow the schema of {FORMAT}: {0}")]
    Malformed(String),
    #[error("the file holds more than {RECORDS_MAX} records")]
    TooMany,
    #[error("the signature is no signed note of this format")]
    NoNote,
    #[error("it is not signed by this key")]
    Forged,
    #[error("the signature is of another JSON: the file was changed")]
    OtherJson,
    #[error("the signature is of another CSV: the table was changed")]
    OtherCsv,
    #[error("the CSV does not say what the JSON says")]
    TableDiffers,
}

impl Fault {
    /// For programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "BAD_RECORDS_MALFORMED",
            Self::TooMany => "BAD_RECORDS_TOO_MANY",
            Self::NoNote => "BAD_RECORDS_UNSIGNED",
            Self::Forged => "BAD_RECORDS_FORGED",
            Self::OtherJson | Self::OtherCsv | Self::TableDiffers => "BAD_RECORDS_CHANGED",
        }
    }
}

/// The whole file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BadRecords {
    /// [`FORMAT`].
    pub format: String,
    /// ULID of this file.
    pub file_id: String,
    /// When it was made, RFC 3339 in UTC.
    pub made_at: String,
    pub shop: String,
    /// The shop's creditor identifier; empty where it has no bank.
    pub creditor_id: String,
    /// ISO 4217; of all amounts.
    pub currency: String,
    /// The ledger's newest checkpoint, a signed note: it binds the shop to every record and every piece of evidence before.
    pub ledger_checkpoint: String,
    /// By the day of their listing, the oldest first.
    pub records: Vec<BadRecord>,
}

/// A sale that was not paid.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BadRecord {
    /// ULID: the EndToEndId of its debits.
    pub sale_id: String,
    /// As on the receipt and in the SMS.
    pub sale_number: String,
    /// "2026-11-24"
    pub sold_on: String,
    /// What is owed, in minor units of the currency.
    pub owed_minor: i64,
    /// Holder of the account under the mandate, else the payer's name. Personal data.
    pub debtor_name: String,
    /// Empty where the payer gave no mandate. Personal data.
    pub debtor_iban: String,
    /// ULID; empty where there is none.
    pub mandate_id: String,
    /// Debits that went to the bank for this sale.
    pub presented: u32,
    /// The bank's reason for the last of them, e.g. "AM04"; empty = none came back.
    pub return_reason: String,
    /// Day on which the record was made, after notice and objection period.
    pub listed_on: String,
    /// Day on which it ends by itself.
    pub ends_on: String,
    /// SHA-256 of the manifest of the sealed evidence, hexadecimal; empty = there is none.
    pub evidence_sha256: String,
}

impl std::fmt::Debug for BadRecord {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "BadRecord({})", self.sale_id)
    }
}

/// The three files as they leave the shop.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    pub json: Vec<u8>,
    pub csv: Vec<u8>,
    pub signature: Vec<u8>,
}

impl BadRecords {
    /// Ed25519 is deterministic: the same records give the same bytes.
    pub fn sign(&self, key: &SigningKey) -> Result<Signed, Fault> {
        if self.records.len() > RECORDS_MAX {
            return Err(Fault::TooMany);
        }
        let mut json =
            serde_json::to_vec_pretty(self).map_err(|error| Fault::Malformed(error.to_string()))?;
        json.push(b'\n');
        let csv = table::of(self)?;
        let signature = note::sign(&self.file_id, &json, &csv, key)?;
        Ok(Signed { json, csv, signature })
    }

    /// What the holder of this key signed. Nothing of a file is believed before both of its forms are the signed ones.
    pub fn verify(signed: &Signed, key: &VerifyingKey) -> Result<Self, Fault> {
        let note = note::read(&signed.signature, key)?;
        if note.json != note::hash(&signed.json) {
            return Err(Fault::OtherJson);
        }
        if note.csv != note::hash(&signed.csv) {
            return Err(Fault::OtherCsv);
        }
        let records: Self =
            serde_json::from_slice(&signed.json).map_err(|error| Fault::Malformed(error.to_string()))?;
        if records.format != FORMAT {
            return Err(Fault::Malformed(format!("format is {:?}", records.format)));
        }
        if records.file_id != note.file_id {
            return Err(Fault::OtherJson);
        }
        if table::of(&records)? != signed.csv {
            return Err(Fault::TableDiffers);
        }
        Ok(records)
    }
}

#[cfg(test)]
mod tests;
