//! The tables of the older programs, and where every program looks for the schema's number.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Bound;

use prost::Message;
use redb::{
    Database, Key, ReadTransaction, ReadableDatabase, ReadableTableMetadata, TableDefinition, TableError,
    TableHandle, Value, WriteTransaction,
};
use sha2::{Digest, Sha256};

use super::v2;
use crate::store::records::{self, damaged};
use crate::store::storage;
use crate::values::refusal::Result;

/// <name, number>: counters, cursors and the schema. It outlasts an import, with the schema alone.
const NUMBERS: TableDefinition<'static, &str, u64> = TableDefinition::new("numbers");
const SCHEMA: &str = "schema";
/// All others; the first five say nothing that another one does not say.
const OTHERS: [&str; 17] = [
    "open_sales",
    "receipt_numbers",
    "lookup_codes",
    "phones",
    "challenges_of",
    "events",
    "requests",
    "pin_lockouts",
    "payers",
    "photos",
    "sales",
    "challenges",
    "batches",
    "disputes",
    "messages",
    "facts",
    "outbox",
];

/// The last to go: ids alone, no personal data.
const LAST: &str = "open_sales";

/// A table to read, with the type of its keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// <id or name, record>
    Named(&'static str),
    /// <number, record>
    Counted(&'static str),
    Numbers,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Self::Named(name) | Self::Counted(name) => name,
            Self::Numbers => "numbers",
        }
    }

    /// A key as people write it.
    pub fn shown(self, key: &[u8]) -> String {
        match (self, <[u8; 8]>::try_from(key)) {
            (Self::Counted(_), Ok(number)) => u64::from_be_bytes(number).to_string(),
            _ => String::from_utf8_lossy(key).into_owned(),
        }
    }
}

/// Keys and numbers are bytes that sort as they do.
pub struct Row {
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

impl Row {
    /// An id or a name.
    pub fn name(&self) -> Result<&str> {
        std::str::from_utf8(&self.key).map_err(|_not_text| damaged("a key is no text"))
    }

    pub fn number(&self) -> Result<u64> {
        Ok(u64::from_be_bytes(records::fixed(&self.key)?))
    }

    pub fn id<T: std::str::FromStr>(&self) -> Result<T> {
        records::parsed(self.name()?, "the id")
    }

    pub fn record<M: Message + Default>(&self) -> Result<M> {
        records::decode(&self.value)
    }
}

/// What the older program left, as of one moment.
pub struct Old {
    tx: ReadTransaction,
    /// Far id by kind and subject of the outbox's entries.
    pending: OnceCell<HashMap<(i32, String), String>>,
}

impl Old {
    pub fn open(db: &Database) -> Result<Self> {
        Ok(Self { tx: db.begin_read().map_err(storage)?, pending: OnceCell::new() })
    }

    /// Rows behind this key: at most so many, and with the first one that passes so many bytes no more.
    pub fn rows(&self, source: Source, after: Option<&[u8]>, rows: usize, bytes: usize) -> Result<Vec<Row>> {
        let mut left = bytes;
        let take = |row: &Row| {
            let room = left > 0;
            left = left.saturating_sub(row.value.len());
            room
        };
        match source {
            Source::Named(name) => {
                let after = after.map(std::str::from_utf8).transpose();
                let after = after.map_err(|_not_text| damaged("the place of an import is no text"))?;
                let table = TableDefinition::<&str, &[u8]>::new(name);
                let row = |key: &str, value: &[u8]| Row { key: key.into(), value: value.to_vec() };
                self.read(table, after, rows, row, take)
            }
            Source::Counted(name) => {
                let after = after.map(records::fixed).transpose()?.map(u64::from_be_bytes);
                let table = TableDefinition::<u64, &[u8]>::new(name);
                let row =
                    |key: u64, value: &[u8]| Row { key: key.to_be_bytes().into(), value: value.to_vec() };
                self.read(table, after, rows, row, take)
            }
            Source::Numbers => {
                let after = after.map(std::str::from_utf8).transpose();
                let after = after.map_err(|_not_text| damaged("the place of an import is no text"))?;
                let row = |key: &str, value: u64| Row { key: key.into(), value: value.to_be_bytes().into() };
                self.read(NUMBERS, after, rows, row, take)
            }
        }
    }

    fn read<'a, K, V>(
        &self,
        table: TableDefinition<'_, K, V>,
        after: Option<K::SelfType<'a>>,
        rows: usize,
        row: impl Fn(K::SelfType<'_>, V::SelfType<'_>) -> Row,
        mut take: impl FnMut(&Row) -> bool,
    ) -> Result<Vec<Row>>
    where
        K: Key + 'static,
        V: Value + 'static,
        K::SelfType<'a>: std::borrow::Borrow<K::SelfType<'a>>,
    {
        let table = match self.tx.open_table(table) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
            Err(error) => return Err(storage(error)),
        };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut found = Vec::new();
        for stored in table.range::<K::SelfType<'a>>((from, Bound::Unbounded)).map_err(storage)?.take(rows) {
            let (key, value) = stored.map_err(storage)?;
            let row = row(key.value(), value.value());
            if !take(&row) {
                break;
            }
            found.push(row);
        }
        Ok(found)
    }

    pub fn find<M: Message + Default>(&self, table: &'static str, key: &str) -> Result<Option<M>> {
        match self.tx.open_table(TableDefinition::<&str, &[u8]>::new(table)) {
            Ok(rows) => {
                let value = rows.get(key).map_err(storage)?;
                value.map(|value| records::decode(value.value())).transpose()
            }
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(storage(error)),
        }
    }

    pub fn number(&self, name: &str) -> Result<u64> {
        let numbers = self.tx.open_table(NUMBERS).map_err(storage)?;
        Ok(numbers.get(name).map_err(storage)?.map_or(0, |number| number.value()))
    }

    /// Far id of an effect that still waits.
    pub fn pending_id(&self, kind: i32, subject: &str) -> Result<Option<&str>> {
        if self.pending.get().is_none() {
            let rows = self.rows(Source::Counted("outbox"), None, usize::MAX, usize::MAX)?;
            let entry = |row: &Row| {
                let effect: v2::Effect = row.record()?;
                Ok(((effect.kind, effect.subject_id), effect.far_id))
            };
            let pending = rows.iter().map(entry).collect::<Result<_>>()?;
            let _ = self.pending.set(pending);
        }
        let pending = self.pending.get();
        Ok(pending.and_then(|known| known.get(&(kind, subject.to_owned()))).map(String::as_str))
    }

    /// What tells whether the older program wrote again: it counts or notes every change somewhere in these.
    pub fn fingerprint(&self) -> Result<[u8; 32]> {
        let mut hash = Sha256::new();
        for handle in self.tx.list_tables().map_err(storage)?.filter(is_old) {
            hash.update(handle.name());
            hash.update(
                self.tx.open_untyped_table(handle).map_err(storage)?.len().map_err(storage)?.to_be_bytes(),
            );
        }
        for source in [Source::Numbers, Source::Named("pin_lockouts")] {
            for row in self.rows(source, None, usize::MAX, usize::MAX)? {
                hash.update([&row.key[..], &row.value].concat());
            }
        }
        Ok(hash.finalize().into())
    }
}

fn is_old(handle: &impl TableHandle) -> bool {
    OTHERS.contains(&handle.name()) || handle.name() == NUMBERS.name()
}

/// The number of the schema; none in a file that no program used yet.
pub fn schema(db: &Database) -> Result<Option<u64>> {
    let tx = db.begin_read().map_err(storage)?;
    match tx.open_table(NUMBERS) {
        Ok(numbers) => {
            let number = numbers.get(SCHEMA).map_err(storage)?.map(|number| number.value());
            number.ok_or_else(|| damaged("it does not say which schema it has")).map(Some)
        }
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(storage(error)),
    }
}

/// In one transaction with `also`. No other number is kept: what they counted is elsewhere now.
pub fn set_schema(
    db: &Database,
    schema: u64,
    also: impl FnOnce(&WriteTransaction) -> Result<()>,
) -> Result<()> {
    let tx = db.begin_write().map_err(storage)?;
    {
        let mut numbers = tx.open_table(NUMBERS).map_err(storage)?;
        numbers.retain(|_, _| false).map_err(storage)?;
        numbers.insert(SCHEMA, schema).map_err(storage)?;
    }
    also(&tx)?;
    tx.commit().map_err(storage)
}

/// Drops what was imported, a table in each transaction, but for one: while it is there, the file may hold in its free
/// pages what is sealed now. False if that one is gone too.
pub fn drop_old(db: &Database, committed: fn()) -> Result<bool> {
    for name in OTHERS.into_iter().filter(|name| *name != LAST) {
        if drop_table(db, name)? {
            committed();
        }
    }
    let tx = db.begin_read().map_err(storage)?;
    Ok(tx.list_tables().map_err(storage)?.any(|handle| handle.name() == LAST))
}

/// After the file was compacted.
pub fn drop_last(db: &Database) -> Result<()> {
    drop_table(db, LAST).map(drop)
}

fn drop_table(db: &Database, name: &str) -> Result<bool> {
    let tx = db.begin_write().map_err(storage)?;
    let handle = tx.list_tables().map_err(storage)?.find(|handle| handle.name() == name);
    let Some(handle) = handle else { return Ok(false) };
    tx.delete_table(handle).map_err(storage)?;
    tx.commit().map_err(storage)?;
    Ok(true)
}
