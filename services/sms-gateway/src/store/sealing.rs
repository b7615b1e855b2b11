//! The store's data key, and the way of an older store, whose numbers and texts lie in clear, into a sealed one: a copy
//! beside it that takes its place when it is whole. redb's old pages would keep what was written over.

use std::path::Path;

use chit_vault::{Credential, Draft, Vault, open_store};
use prost::Message;
use redb::{
    Builder, Database, Key, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, TableError,
    Value, WriteTransaction,
};

use super::inbox_records::{InboundRecord, PartRecord, UndecodedRecord};
use super::records::{MessageRecord, RequestRecord};
use super::txn::{self, Keyed, Sealed};
use super::{
    ACKS, BUCKETS, DATA_KEY, EVENTS, INBOX, LETTERS, MESSAGES, META, ORDER, PARTS, PASSED_ON, PINS_TRIED,
    RECEIPTS, REQUESTS, ROUTES, Result, SEEN, SENDS, SIMS, SUBJECTS, SUBMITS, StoreError, UNDECODED,
    make_tables,
};

/// What the vault is called by.
const SERVICE: &str = "sms-gateway";
const DATA_KEY_NAME: &str = "data key";
/// First byte of a record in clear.
const PLAIN: u8 = 1;

/// Opens the data key, makes that of a new store, and wraps it anew when the credential was rotated.
pub fn vault_of(txn: &WriteTransaction, credential: &Credential) -> Result<Vault> {
    let mut keys = txn.open_table(DATA_KEY)?;
    let known = keys.get(DATA_KEY_NAME)?.map(|wrapped| wrapped.value().to_vec());
    let opened = Vault::of_store(SERVICE, credential, known.as_deref())
        .map_err(StoreError::Vault)?
        .ok_or(StoreError::OtherKey)?;
    if let Some(wrapped) = opened.rewrapped {
        keys.insert(DATA_KEY_NAME, wrapped.0.as_slice())?;
    }
    Ok(opened.vault)
}

/// A store that is sealed already is opened once: after a power cut each opening goes through all of it. A crash leaves
/// the older store as it was; the next start begins again.
pub fn open_sealed(path: &Path, credential: &Credential) -> Result<Database> {
    if !path.exists() {
        return Ok(open_store(&Builder::new(), path)?);
    }
    let old = Database::open(path)?;
    let from = old.begin_read()?;
    let is_older = match from.open_table(DATA_KEY) {
        Err(TableError::TableDoesNotExist(_)) => has(&from, META)?,
        known => known?.get(DATA_KEY_NAME)?.is_none() && has(&from, META)?,
    };
    if !is_older {
        return Ok(old);
    }
    let draft = Draft::begin(path).map_err(StoreError::Draft)?;
    let new = Database::create(draft.path())?;
    let to = new.begin_write()?;
    make_tables(&to)?;
    let vault = vault_of(&to, credential)?;
    Copy { from: &from, to: &to, vault: &vault }.all()?;
    to.commit()?;
    drop((from, old, new));
    draft.finish().map_err(StoreError::Draft)?;
    Ok(Database::open(path)?)
}

fn has<K: Key + 'static, V: Value + 'static>(
    from: &ReadTransaction,
    table: TableDefinition<'_, K, V>,
) -> Result<bool> {
    match from.open_table(table) {
        Err(TableError::TableDoesNotExist(_)) => Ok(false),
        table => Ok(table.map(|_| true)?),
    }
}

struct Copy<'a> {
    from: &'a ReadTransaction,
    to: &'a WriteTransaction,
    vault: &'a Vault,
}

impl Copy<'_> {
    /// The other indexes are made from the messages (`index::migrate`).
    fn all(&self) -> Result<()> {
        self.as_it_is(ORDER)?;
        self.as_it_is(SUBJECTS)?;
        self.as_it_is(SUBMITS)?;
        self.as_it_is(RECEIPTS)?;
        self.as_it_is(ACKS)?;
        self.as_it_is(PINS_TRIED)?;
        self.as_it_is(SIMS)?;
        self.as_it_is(META)?;
        self.sealed::<_, MessageRecord>(MESSAGES)?;
        self.sealed::<_, MessageRecord>(EVENTS)?;
        self.sealed::<_, RequestRecord>(SENDS)?;
        self.sealed::<_, RequestRecord>(REQUESTS)?;
        self.sealed::<_, InboundRecord>(INBOX)?;
        self.sealed::<_, UndecodedRecord>(UNDECODED)?;
        self.keyed()
    }

    fn keyed(&self) -> Result<()> {
        let keyed = |domain, value: &[u8]| txn::keyed(self.vault, domain, value);
        self.each(ROUTES, |tail, modem| {
            let tail = keyed(Keyed::Tail, tail.as_bytes());
            self.to.open_table(ROUTES)?.insert(tail.as_str(), modem)?;
            Ok(())
        })?;
        self.each(BUCKETS, |from, bucket| {
            let from = keyed(Keyed::Sender, from.as_bytes());
            self.to.open_table(BUCKETS)?.insert(from.as_str(), bucket)?;
            Ok(())
        })?;
        self.each(SEEN, |hash, at| {
            self.to.open_table(SEEN)?.insert(keyed(Keyed::Seen, hash).as_bytes(), at)?;
            Ok(())
        })?;
        self.each(LETTERS, |(modem, hash), at| {
            self.to.open_table(LETTERS)?.insert((modem, keyed(Keyed::Seen, hash).as_bytes()), at)?;
            Ok(())
        })?;
        self.each(PASSED_ON, |(from, reference, total), times| {
            let from = keyed(Keyed::Sender, from.as_bytes());
            self.to.open_table(PASSED_ON)?.insert((from.as_str(), reference, total), times)?;
            Ok(())
        })?;
        self.each(PARTS, |(from, reference, total, number), bytes| {
            let from = keyed(Keyed::Sender, from.as_bytes());
            let sealed = txn::seal(self.vault, &plain::<PartRecord>(bytes)?)?;
            self.to
                .open_table(PARTS)?
                .insert((from.as_str(), reference, total, number), sealed.as_slice())?;
            Ok(())
        })
    }

    fn as_it_is<K: Key + 'static, V: Value + 'static>(&self, table: TableDefinition<'_, K, V>) -> Result<()> {
        if !has(self.from, table)? {
            return Ok(());
        }
        let mut to = self.to.open_table(table)?;
        for entry in self.from.open_table(table)?.iter()? {
            let (key, value) = entry?;
            to.insert(key.value(), value.value())?;
        }
        Ok(())
    }

    fn sealed<K: Key + 'static, R: Sealed>(
        &self,
        table: TableDefinition<'_, K, &'static [u8]>,
    ) -> Result<()> {
        if !has(self.from, table)? {
            return Ok(());
        }
        let mut to = self.to.open_table(table)?;
        for entry in self.from.open_table(table)?.iter()? {
            let (key, value) = entry?;
            let sealed = txn::seal(self.vault, &plain::<R>(value.value())?)?;
            to.insert(key.value(), sealed.as_slice())?;
        }
        Ok(())
    }

    fn each<K: Key + 'static, V: Value + 'static>(
        &self,
        table: TableDefinition<'_, K, V>,
        mut put: impl FnMut(K::SelfType<'_>, V::SelfType<'_>) -> Result<()>,
    ) -> Result<()> {
        if !has(self.from, table)? {
            return Ok(());
        }
        for entry in self.from.open_table(table)?.iter()? {
            let (key, value) = entry?;
            put(key.value(), value.value())?;
        }
        Ok(())
    }
}

fn plain<R: Message + Default>(bytes: &[u8]) -> Result<R> {
    match bytes.split_first() {
        Some((&PLAIN, body)) => R::decode(body).map_err(|_| StoreError::Corrupt("fields")),
        _ => Err(StoreError::Corrupt("version")),
    }
}

#[cfg(test)]
#[path = "sealing_tests.rs"]
mod tests;
