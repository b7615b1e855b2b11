//! Takes the files of older layouts to the present one, one numbered step at a time.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition, TableError};

use super::disk::FileDisk;
use super::journal_file::{GroupBytes, JOURNAL_FILE, JournalFile, SECTOR};
use super::open_error::OpenError;
use crate::journal::{self, CHAIN_START};

type Migration = fn(&Path) -> Result<(), OpenError>;

/// `MIGRATIONS[n]` takes a folder from layout n + 1 to n + 2. Each may be killed anywhere and is then run again.
const MIGRATIONS: [Migration; 1] = [one_to_two];

/// Layout 1: everything in this redb file.
const V1_FILE: &str = "ledger.redb";
/// What is left of layout 1 after the step to 2; no code reads it any more.
const V1_KEPT: &str = "ledger-v1.redb";
/// <sequence number, version byte + JournalRecord>
const V1_JOURNAL: TableDefinition<u64, &[u8]> = TableDefinition::new("journal");
/// <sequence number, chain value after that record>
const V1_CHAIN: TableDefinition<u64, [u8; 32]> = TableDefinition::new("chain");
/// <name, value>: "schema"
const V1_META: TableDefinition<&str, u64> = TableDefinition::new("meta");
const V1_SCHEMA: u64 = 1;

/// Records of one group of a migrated journal.
const GROUP_RECORDS: usize = 1024;

pub fn run(folder: &Path) -> Result<(), OpenError> {
    let layout = if !folder.join(JOURNAL_FILE).exists() && folder.join(V1_FILE).exists() { 1 } else { 2 };
    for step in &MIGRATIONS[layout - 1..] {
        step(folder)?;
    }
    Ok(())
}

/// The records leave redb for the journal file; the index is made from them at the next step of the start. The
/// renaming of the finished journal is the moment at which the folder changes its layout.
fn one_to_two(folder: &Path) -> Result<(), OpenError> {
    let draft = folder.join(format!("{JOURNAL_FILE}.draft"));
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let old = Database::create(folder.join(V1_FILE)).map_err(Box::new)?;
    check_schema(&old)?;
    let journal = JournalFile::open(Arc::new(FileDisk::open(&draft)?))?;
    let records = copy(&old, &journal)?;
    drop(old);
    fs::rename(&draft, folder.join(JOURNAL_FILE))?;
    File::open(folder)?.sync_all()?;
    fs::rename(folder.join(V1_FILE), folder.join(V1_KEPT))?;
    tracing::info!(records, "the ledger's records now have a journal file of their own");
    Ok(())
}

fn check_schema(old: &Database) -> Result<(), OpenError> {
    let read = || -> Result<Option<u64>, redb::Error> {
        let txn = old.begin_read()?;
        match txn.open_table(V1_META) {
            Ok(meta) => Ok(meta.get("schema")?.map(|schema| schema.value())),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    };
    match read().map_err(old_error)? {
        Some(found) if found > V1_SCHEMA => Err(OpenError::Newer { found, known: V1_SCHEMA }),
        _ => Ok(()),
    }
}

fn copy(old: &Database, journal: &JournalFile) -> Result<u64, OpenError> {
    let txn = old.begin_read().map_err(old_error)?;
    let (records, chain) = match (txn.open_table(V1_JOURNAL), txn.open_table(V1_CHAIN)) {
        (Ok(records), Ok(chain)) => (records, chain),
        (Err(TableError::TableDoesNotExist(_)), _) => return Ok(0),
        (Err(error), _) | (_, Err(error)) => return Err(old_error(error)),
    };
    let (mut seq, mut hash, mut end) = (0, CHAIN_START, SECTOR);
    let mut group = GroupBytes::new();
    let (mut waiting, mut first, mut previous) = (0, 1, CHAIN_START);
    for row in records.iter().map_err(old_error)? {
        let (key, stored) = row.map_err(old_error)?;
        let linked = chain.get(key.value()).map_err(old_error)?.map(|value| value.value());
        hash = journal::chain(&hash, stored.value());
        if key.value() != seq + 1 || linked != Some(hash) {
            return Err(OpenError::Contradiction(seq + 1));
        }
        seq += 1;
        group.push(stored.value());
        waiting += 1;
        if waiting == GROUP_RECORDS {
            let whole = std::mem::replace(&mut group, GroupBytes::new());
            end += journal.append(end, whole, first, &previous)?.len() as u64;
            (waiting, first, previous) = (0, seq + 1, hash);
        }
    }
    if waiting > 0 {
        journal.append(end, group, first, &previous)?;
    }
    Ok(seq)
}

fn old_error(error: impl Into<redb::Error>) -> OpenError {
    OpenError::Old(Box::new(error.into()))
}
