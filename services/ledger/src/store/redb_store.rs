//! The ledger on redb: one file, one durable transaction a commit.

use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableDatabase as _, ReadableTable, Table, WriteTransaction};

use super::tables::{
    ACCOUNTS, CHAIN, FACTS, JOURNAL, META, OPEN_PENDINGS, PENDINGS, RECORDS_BY_SUBJECT, SCHEMA,
    SCHEMA_VERSION, TRANSFERS, TRANSFERS_BY_ACCOUNT,
};
use super::view::RedbView;
use super::{Head, Storage, View, rows};
use crate::domain::{Change, Changes, PendingState, Record, StorageError, TransferId};
use crate::journal;

/// Why the ledger's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the ledger's file cannot be opened")]
    Redb(#[from] Box<redb::Error>),
    #[error("the ledger's file has schema {found}, this build knows {known}: install the newer Chit again")]
    Newer { found: u64, known: u64 },
    #[error("the newest journal record does not match the chain: restore the ledger's file from a backup")]
    ChainBroken,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl OpenError {
    fn redb(error: impl Into<redb::Error>) -> Self {
        Self::Redb(Box::new(error.into()))
    }
}

type Migration = fn(&WriteTransaction) -> Result<(), redb::Error>;

/// `MIGRATIONS[n]` takes a file from schema n + 1 to n + 2, inside the transaction that writes the new number.
const MIGRATIONS: [Migration; SCHEMA_VERSION as usize - 1] = [];

/// The ledger's file. Cheap to share.
#[derive(Clone)]
pub struct RedbStore(Arc<Database>);

impl RedbStore {
    /// Opens or creates the file, migrates it, and checks the newest record against the chain.
    pub fn open(file: &Path) -> Result<Self, OpenError> {
        Self::prepare(Database::create(file).map_err(OpenError::redb)?)
    }

    fn prepare(database: Database) -> Result<Self, OpenError> {
        let txn = database.begin_write().map_err(OpenError::redb)?;
        migrate(&txn)?;
        txn.commit().map_err(OpenError::redb)?;
        let store = Self(Arc::new(database));
        if crate::audit::head_matches(&*store.view()?)? { Ok(store) } else { Err(OpenError::ChainBroken) }
    }
}

fn migrate(txn: &WriteTransaction) -> Result<(), OpenError> {
    let mut meta = txn.open_table(META).map_err(OpenError::redb)?;
    let found = meta.get(SCHEMA).map_err(OpenError::redb)?.map(|version| version.value());
    match found {
        None => {}
        Some(version) if version > SCHEMA_VERSION => {
            return Err(OpenError::Newer { found: version, known: SCHEMA_VERSION });
        }
        Some(version) => {
            for step in MIGRATIONS.iter().skip(version as usize - 1) {
                step(txn).map_err(OpenError::redb)?;
            }
        }
    }
    meta.insert(SCHEMA, SCHEMA_VERSION).map_err(OpenError::redb)?;
    // A read transaction cannot open a table that was never written.
    drop(Tables::open(txn).map_err(OpenError::redb)?);
    Ok(())
}

impl Storage for RedbStore {
    fn view(&self) -> Result<Box<dyn View>, StorageError> {
        let txn = self.0.begin_read().map_err(StorageError::new)?;
        Ok(Box::new(RedbView::open(&txn).map_err(StorageError::new)?))
    }

    fn commit(&self, changes: &Changes) -> Result<Head, StorageError> {
        let txn = self.0.begin_write().map_err(StorageError::new)?;
        let head = Tables::open(&txn).map_err(StorageError::new)?.write(changes)?;
        txn.commit().map_err(StorageError::new)?;
        Ok(head)
    }
}

struct Tables<'t> {
    journal: Table<'t, u64, &'static [u8]>,
    chain: Table<'t, u64, [u8; 32]>,
    accounts: Table<'t, [u8; 16], &'static [u8]>,
    transfers: Table<'t, [u8; 16], u64>,
    pendings: Table<'t, [u8; 16], [u8; 10]>,
    open: Table<'t, [u8; 24], ()>,
    by_account: Table<'t, [u8; 24], ()>,
    facts: Table<'t, [u8; 16], u64>,
    by_subject: Table<'t, &'static [u8], ()>,
}

impl<'t> Tables<'t> {
    fn open(txn: &'t WriteTransaction) -> Result<Self, redb::TableError> {
        Ok(Self {
            journal: txn.open_table(JOURNAL)?,
            chain: txn.open_table(CHAIN)?,
            accounts: txn.open_table(ACCOUNTS)?,
            transfers: txn.open_table(TRANSFERS)?,
            pendings: txn.open_table(PENDINGS)?,
            open: txn.open_table(OPEN_PENDINGS)?,
            by_account: txn.open_table(TRANSFERS_BY_ACCOUNT)?,
            facts: txn.open_table(FACTS)?,
            by_subject: txn.open_table(RECORDS_BY_SUBJECT)?,
        })
    }

    fn write(mut self, changes: &Changes) -> Result<Head, StorageError> {
        let last = self.chain.last().map_err(StorageError::new)?;
        let mut head = last.map_or(Head { seq: 0, hash: journal::CHAIN_START }, |(seq, hash)| Head {
            seq: seq.value(),
            hash: hash.value(),
        });
        for record in &changes.records {
            if record.stamp.seq != head.seq + 1 {
                return Err(StorageError::new("a commit does not continue the journal"));
            }
            let stored = journal::encode(record);
            head = Head { seq: record.stamp.seq, hash: journal::chain(&head.hash, &stored) };
            self.append(record, &stored, &head).map_err(StorageError::new)?;
        }
        for (id, account) in &changes.accounts {
            let row = rows::account_row(account);
            self.accounts.insert(id.to_bytes(), row.as_slice()).map_err(StorageError::new)?;
        }
        for (id, state) in &changes.pendings {
            self.set_pending(*id, *state)?;
        }
        Ok(head)
    }

    fn append(&mut self, record: &Record, stored: &[u8], head: &Head) -> Result<(), redb::StorageError> {
        let seq = head.seq;
        self.journal.insert(seq, stored)?;
        self.chain.insert(seq, head.hash)?;
        for subject in &record.subjects {
            self.by_subject.insert(rows::subject_key(subject, seq).as_slice(), ())?;
        }
        match &record.change {
            Change::Transferred(transfer) => {
                self.transfers.insert(transfer.id.to_bytes(), seq)?;
                self.by_account.insert(rows::account_key(transfer.movement.debit, seq), ())?;
                self.by_account.insert(rows::account_key(transfer.movement.credit, seq), ())?;
            }
            Change::Refused(request, _) => {
                self.transfers.insert(request.id.to_bytes(), seq)?;
            }
            Change::FactRecorded(fact) => {
                self.facts.insert(fact.id.to_bytes(), seq)?;
            }
            Change::AccountCreated(_) | Change::Expired(_) => {}
        }
        Ok(())
    }

    fn set_pending(&mut self, id: TransferId, state: PendingState) -> Result<(), StorageError> {
        let row = rows::pending_row(state);
        let before = self.pendings.insert(id.to_bytes(), row).map_err(StorageError::new)?;
        let before = before.map(|row| rows::pending(&row.value())).transpose()?;
        if let Some(PendingState::Open { expires }) = before {
            self.open.remove(rows::open_key(expires, id)).map_err(StorageError::new)?;
        }
        if let PendingState::Open { expires } = state {
            self.open.insert(rows::open_key(expires, id), ()).map_err(StorageError::new)?;
        }
        Ok(())
    }
}
