//! The index on redb: everything that can be looked up, made from the journal and trailing behind it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use redb::{
    Database, DatabaseError, ReadOnlyTable, ReadableDatabase as _, ReadableTable as _, TableError,
    WriteTransaction,
};
use tlog_tiles::Hash;

use super::memtable::{Memtable, Position};
use super::storage::Touch;
use super::tables::{
    ACCOUNTS, FACTS, GROUPS, HASHES, HASHES_PER_ROW, HISTORY, META, OPEN_PENDINGS, PENDINGS, POSITION,
    RECORDS_BY_SUBJECT, TRANSFERS,
};
use super::{keys, rows, spent_rows};
use crate::domain::{PendingState, StorageError, UnixMicros};

/// Touches that an account's own row holds; then they move to a history row together. A history row for each commit
/// would cost a page for nearly every touch: accounts lie far apart in that table.
const RECENT_MAX: usize = if cfg!(test) { 4 } else { 48 };

/// Memory for pages of an open database in bytes; redb's own choice is 1 GiB, and a compaction opens a second one.
const CACHE: usize = 64 << 20;

/// The index file. Cheap to share.
#[derive(Clone)]
pub struct Index(Arc<Database>);

/// What the index file holds.
pub enum Found {
    New,
    /// Another Chit made it.
    OtherVersion,
    /// How far it has come, in which journal.
    At {
        journal: u64,
        position: Position,
    },
}

impl Index {
    pub fn new(database: Database) -> Self {
        Self(Arc::new(database))
    }

    pub fn found(&self) -> Result<Found, StorageError> {
        let txn = self.0.begin_read().map_err(StorageError::new)?;
        let meta = match txn.open_table(META) {
            Ok(meta) => meta,
            Err(TableError::TableDoesNotExist(_)) => return Ok(Found::New),
            Err(error) => return Err(StorageError::new(error)),
        };
        let Some(row) = meta.get(POSITION).map_err(StorageError::new)? else { return Ok(Found::New) };
        Ok(match rows::position(row.value())? {
            Some((journal, position)) => Found::At { journal, position },
            None => Found::OtherVersion,
        })
    }

    /// Takes in everything of `table`.
    pub fn apply(&self, journal: u64, table: &Memtable) -> Result<(), StorageError> {
        let mut txn = self.0.begin_write().map_err(StorageError::new)?;
        // After a kill the file is opened without walking all of it; commits are rare enough to afford that.
        txn.set_quick_repair(true);
        write_accounts(&txn, table)?;
        write_lookups(&txn, table).map_err(StorageError::new)?;
        write_pendings(&txn, table)?;
        write_hashes(&txn, table).map_err(StorageError::new)?;
        {
            let mut meta = txn.open_table(META).map_err(StorageError::new)?;
            let row = rows::position_row(journal, &table.position);
            meta.insert(POSITION, row.as_slice()).map_err(StorageError::new)?;
        }
        txn.commit().map_err(StorageError::new)
    }

    pub fn snapshot(&self) -> Result<Snapshot, StorageError> {
        let txn = self.0.begin_read().map_err(StorageError::new)?;
        Ok(Snapshot {
            accounts: txn.open_table(ACCOUNTS).map_err(StorageError::new)?,
            transfers: txn.open_table(TRANSFERS).map_err(StorageError::new)?,
            pendings: txn.open_table(PENDINGS).map_err(StorageError::new)?,
            open: txn.open_table(OPEN_PENDINGS).map_err(StorageError::new)?,
            history: txn.open_table(HISTORY).map_err(StorageError::new)?,
            facts: txn.open_table(FACTS).map_err(StorageError::new)?,
            by_subject: txn.open_table(RECORDS_BY_SUBJECT).map_err(StorageError::new)?,
            groups: txn.open_table(GROUPS).map_err(StorageError::new)?,
            hashes: txn.open_table(HASHES).map_err(StorageError::new)?,
            _open: Arc::clone(&self.0),
        })
    }
}

/// Opens or creates an index file.
pub fn open_database(file: &Path) -> Result<Database, DatabaseError> {
    Database::builder().set_cache_size(CACHE).create(file)
}

/// Is the file itself damaged, so that it must be rebuilt? A power failure during its very first start can do that.
/// Anything else (a full disk, a second process) is not.
pub fn is_damaged(error: &DatabaseError) -> bool {
    match error {
        DatabaseError::Storage(redb::StorageError::Io(error)) => is_cut_off(error),
        DatabaseError::Storage(redb::StorageError::Corrupted(_))
        | DatabaseError::RepairAborted
        | DatabaseError::UpgradeRequired(_) => true,
        _ => false,
    }
}

/// Did the disk refuse, so that the file may be whole? Anything else that goes wrong comes from what is in it.
pub fn is_io(error: &StorageError) -> bool {
    let Some(error) = std::error::Error::source(error) else { return false };
    let transaction = match error.downcast_ref() {
        Some(redb::TransactionError::Storage(error)) => Some(error),
        _ => None,
    };
    let table = match error.downcast_ref() {
        Some(TableError::Storage(error)) => Some(error),
        _ => None,
    };
    let commit = match error.downcast_ref() {
        Some(redb::CommitError::Storage(error)) => Some(error),
        _ => None,
    };
    match (error.downcast_ref().or(transaction).or(table).or(commit), error.downcast_ref()) {
        (Some(redb::StorageError::Io(error)), _) | (_, Some(redb::Error::Io(error))) => !is_cut_off(error),
        (Some(redb::StorageError::PreviousIo), _) | (_, Some(redb::Error::PreviousIo)) => true,
        _ => false,
    }
}

fn is_cut_off(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

fn write_accounts(txn: &WriteTransaction, table: &Memtable) -> Result<(), StorageError> {
    let mut accounts = txn.open_table(ACCOUNTS).map_err(StorageError::new)?;
    let mut history = txn.open_table(HISTORY).map_err(StorageError::new)?;
    let mut touches: Vec<Touch> = table.touches.iter().copied().collect();
    touches.sort_unstable_by_key(|touch| (touch.account, touch.seq));
    for touched in touches.chunk_by(|one, next| one.account == next.account) {
        let id = touched[0].account;
        let account = table.accounts.get(&id);
        let account = account.ok_or_else(|| StorageError::new("a touched account has no new sums"))?;
        let mut recent = match accounts.get(id.to_bytes()).map_err(StorageError::new)? {
            Some(row) => rows::recent_touches(id, row.value())?,
            None => Vec::new(),
        };
        recent.extend(touched);
        if let Some(last) = recent.last()
            && recent.len() >= RECENT_MAX
        {
            let row = rows::history_row(&account.balances, &recent);
            let key = keys::account_key(id, last.seq);
            history.insert(key, row.as_slice()).map_err(StorageError::new)?;
            recent.clear();
        }
        let row = rows::account_row(account, &recent);
        accounts.insert(id.to_bytes(), row.as_slice()).map_err(StorageError::new)?;
    }
    Ok(())
}

/// Sorted, because neighbours in a B-tree are cheap to insert one after the other.
fn write_lookups(txn: &WriteTransaction, table: &Memtable) -> Result<(), redb::Error> {
    let mut spent: Vec<_> = table.transfers.iter().map(|(id, offset)| (id.to_bytes(), *offset)).collect();
    spent.sort_unstable();
    spent_rows::add(&mut txn.open_table(TRANSFERS)?, &spent)?;
    let mut facts = txn.open_table(FACTS)?;
    for (id, offset) in &table.facts {
        facts.insert(id.to_bytes(), *offset)?;
    }
    let mut by_subject = txn.open_table(RECORDS_BY_SUBJECT)?;
    for (subject, seq, offset) in &table.subjects {
        by_subject.insert(keys::subject_key(subject, *seq).as_slice(), *offset)?;
    }
    let mut groups = txn.open_table(GROUPS)?;
    for (seq, offset) in &table.groups {
        groups.insert(*seq, *offset)?;
    }
    Ok(())
}

fn write_pendings(txn: &WriteTransaction, table: &Memtable) -> Result<(), StorageError> {
    let mut pendings = txn.open_table(PENDINGS).map_err(StorageError::new)?;
    let mut open = txn.open_table(OPEN_PENDINGS).map_err(StorageError::new)?;
    for (id, state) in &table.pendings {
        let before = pendings.insert(id.to_bytes(), rows::pending_row(*state)).map_err(StorageError::new)?;
        let before = before.map(|row| rows::pending(&row.value())).transpose()?;
        if let Some(PendingState::Open { expires }) = before {
            open.remove(keys::open_key(expires, *id)).map_err(StorageError::new)?;
        }
        if let PendingState::Open { expires } = state {
            open.insert(keys::open_key(*expires, *id), ()).map_err(StorageError::new)?;
        }
    }
    Ok(())
}

fn write_hashes(txn: &WriteTransaction, table: &Memtable) -> Result<(), redb::Error> {
    let mut hashes = txn.open_table(HASHES)?;
    let mut row = Vec::new();
    let mut number = table.hashes_from;
    if !number.is_multiple_of(HASHES_PER_ROW)
        && let Some(started) = hashes.get(number / HASHES_PER_ROW)?
    {
        row.extend(started.value());
    }
    for hash in &table.hashes {
        row.extend(hash.0);
        number += 1;
        if number.is_multiple_of(HASHES_PER_ROW) {
            hashes.insert(number / HASHES_PER_ROW - 1, row.as_slice())?;
            row.clear();
        }
    }
    if !row.is_empty() {
        hashes.insert(number / HASHES_PER_ROW, row.as_slice())?;
    }
    Ok(())
}

/// One consistent state of the index.
pub struct Snapshot {
    pub accounts: ReadOnlyTable<[u8; 16], &'static [u8]>,
    pub transfers: ReadOnlyTable<[u8; 16], &'static [u8]>,
    pub pendings: ReadOnlyTable<[u8; 16], [u8; 10]>,
    pub open: ReadOnlyTable<[u8; 24], ()>,
    pub history: ReadOnlyTable<[u8; 24], &'static [u8]>,
    pub facts: ReadOnlyTable<[u8; 16], u64>,
    pub by_subject: ReadOnlyTable<&'static [u8], u64>,
    pub groups: ReadOnlyTable<u64, u64>,
    pub hashes: ReadOnlyTable<u64, &'static [u8]>,
    /// The tables end with their database, which a compaction may have replaced by now.
    _open: Arc<Database>,
}

impl Snapshot {
    /// When the first of the open pending transfers runs out of time.
    pub fn earliest_expiry(&self) -> Result<Option<UnixMicros>, StorageError> {
        let first = self.open.first().map_err(StorageError::new)?;
        Ok(first.and_then(|(key, _)| keys::open_key_expiry(&key.value())))
    }

    pub fn hash(&self, number: u64) -> Result<Option<Hash>, StorageError> {
        let row = self.hashes.get(number / HASHES_PER_ROW).map_err(StorageError::new)?;
        let place = (number % HASHES_PER_ROW) as usize * 32;
        Ok(row.and_then(|row| row.value().get(place..)?.first_chunk().map(|hash| Hash(*hash))))
    }
}
