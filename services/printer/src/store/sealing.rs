//! The contents of papers lie sealed in the journal: a mandate, a card's letter or a bill names its payer. A journal of
//! an older program, in clear, is copied beside itself and takes its own place when the copy is whole: redb's old pages
//! would keep what was written over.

use std::path::Path;

use chit_vault::{Credential, Draft, Vault, open_store};
use redb::{
    Builder, Database, Key, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, TableError,
    Value, WriteTransaction,
};

use super::tables::{
    DATA_KEY, DOCUMENTS, EVENTS, JOBS, LOGOS, META, OPEN, OPERATION_ORDER, OPERATIONS, ORDER, REQUESTS,
    REQUESTS_OF_JOB, SUBJECTS, create,
};
use super::{Result, StoreError};

/// What the vault is called by.
const SERVICE: &str = "printer";
const DATA_KEY_NAME: &str = "data key";

/// Opens the data key, makes that of a new journal, and wraps it anew when the credential was rotated.
pub fn vault_of(transaction: &WriteTransaction, credential: &Credential) -> Result<Vault> {
    let mut keys = transaction.open_table(DATA_KEY)?;
    let known = keys.get(DATA_KEY_NAME)?.map(|wrapped| wrapped.value().to_vec());
    let opened = Vault::of_store(SERVICE, credential, known.as_deref())?.ok_or(StoreError::OtherKey)?;
    if let Some(wrapped) = opened.rewrapped {
        keys.insert(DATA_KEY_NAME, wrapped.0.as_slice())?;
    }
    Ok(opened.vault)
}

/// A paper's content as it is kept: one job's is never taken for another's.
pub fn seal(vault: &Vault, job_id: &str, document: &[u8]) -> Result<Vec<u8>> {
    Ok(vault.seal(&context(job_id), document)?)
}

pub fn open(vault: &Vault, job_id: &str, sealed: &[u8]) -> Result<Vec<u8>> {
    Ok(vault.open(&context(job_id), sealed)?)
}

fn context(job_id: &str) -> Vec<u8> {
    format!("document/{job_id}").into_bytes()
}

/// The journal, whose contents are sealed from here on. A crash leaves the older file as it was.
pub fn open_sealed(path: &Path, credential: &Credential) -> Result<Database> {
    if !path.exists() {
        return Ok(open_store(&Builder::new(), path)?);
    }
    let old = Database::open(path)?;
    let from = old.begin_read()?;
    if !is_in_clear(&from)? {
        return Ok(old);
    }
    let draft = Draft::begin(path).map_err(StoreError::Draft)?;
    let new = Database::create(draft.path())?;
    let to = new.begin_write()?;
    copy_all(&from, &to, credential)?;
    to.commit()?;
    drop((from, old, new));
    draft.finish().map_err(StoreError::Draft)?;
    Ok(Database::open(path)?)
}

fn is_in_clear(from: &ReadTransaction) -> Result<bool> {
    let keyless = match from.open_table(DATA_KEY) {
        Err(TableError::TableDoesNotExist(_)) => true,
        keys => keys?.get(DATA_KEY_NAME)?.is_none(),
    };
    Ok(keyless && from.list_tables()?.next().is_some())
}

fn copy_all(from: &ReadTransaction, to: &WriteTransaction, credential: &Credential) -> Result<()> {
    create(to)?;
    let vault = vault_of(to, credential)?;
    as_it_is(from, to, JOBS)?;
    as_it_is(from, to, EVENTS)?;
    as_it_is(from, to, ORDER)?;
    as_it_is(from, to, SUBJECTS)?;
    as_it_is(from, to, OPEN)?;
    as_it_is(from, to, REQUESTS)?;
    as_it_is(from, to, REQUESTS_OF_JOB)?;
    as_it_is(from, to, OPERATIONS)?;
    as_it_is(from, to, OPERATION_ORDER)?;
    as_it_is(from, to, LOGOS)?;
    as_it_is(from, to, META)?;
    copy(from, to, DOCUMENTS, |documents, job_id, document| {
        documents.insert(job_id, seal(&vault, job_id, document)?.as_slice())?;
        Ok(())
    })
}

fn as_it_is<K: Key + 'static, V: Value + 'static>(
    from: &ReadTransaction,
    to: &WriteTransaction,
    table: TableDefinition<'_, K, V>,
) -> Result<()> {
    copy(from, to, table, |to, key, value| {
        to.insert(key, value)?;
        Ok(())
    })
}

/// An older journal may lack a table.
fn copy<K: Key + 'static, V: Value + 'static>(
    from: &ReadTransaction,
    to: &WriteTransaction,
    table: TableDefinition<'_, K, V>,
    mut put: impl FnMut(&mut redb::Table<'_, K, V>, K::SelfType<'_>, V::SelfType<'_>) -> Result<()>,
) -> Result<()> {
    let from = match from.open_table(table) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(()),
        from => from?,
    };
    let mut to = to.open_table(table)?;
    for entry in from.iter()? {
        let (key, value) = entry?;
        put(&mut to, key.value(), value.value())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::{Dir, NOW, new_job};
    use super::*;
    use crate::store::{NewJob, Store};

    const NAME: &[u8] = b"Ada Lovelace";

    fn holds(file: &Path, part: &[u8]) -> bool {
        fs::read(file).unwrap().windows(part.len()).any(|window| window == part)
    }

    fn mandate() -> NewJob {
        NewJob { document: Some(NAME.to_vec()), ..new_job("mandate") }
    }

    /// As the program before wrote it.
    fn into_older(file: &Path) {
        let older = file.with_extension("older");
        let (from, to) = (Database::open(file).unwrap(), Database::create(&older).unwrap());
        let (from, to) = (from.begin_read().unwrap(), to.begin_write().unwrap());
        as_it_is(&from, &to, JOBS).unwrap();
        as_it_is(&from, &to, ORDER).unwrap();
        as_it_is(&from, &to, OPEN).unwrap();
        as_it_is(&from, &to, META).unwrap();
        to.open_table(DOCUMENTS).unwrap().insert("mandate", NAME).unwrap();
        to.commit().unwrap();
        fs::rename(older, file).unwrap();
    }

    #[test]
    fn who_has_the_file_alone_reads_no_paper() {
        let dir = Dir::new();
        let store = dir.open();
        store.submit(mandate(), NOW).unwrap();
        assert_eq!(store.document("mandate").unwrap().unwrap(), NAME);
        drop(store);
        assert!(!holds(&dir.file(), NAME) && holds(&dir.file(), b"mandate"));
    }

    #[test]
    fn an_older_journal_is_sealed_at_the_first_start_and_prints_what_waited() {
        let dir = Dir::new();
        dir.open().submit(mandate(), NOW).unwrap();
        into_older(&dir.file());
        assert!(holds(&dir.file(), NAME), "the older journal is in clear");
        // Killed amid the copy: what it left is thrown away.
        fs::write(dir.file().with_extension("new"), b"half a copy").unwrap();
        let store = dir.open();
        assert_eq!(store.next_waiting().unwrap().unwrap().id, "mandate");
        assert_eq!(store.document("mandate").unwrap().unwrap(), NAME);
        drop(store);
        assert!(!holds(&dir.file(), NAME) && !dir.file().with_extension("new").exists());
    }

    #[test]
    fn another_key_opens_nothing_and_a_rotated_one_everything() {
        let dir = Dir::new();
        dir.open().submit(mandate(), NOW).unwrap();
        let open = |key: &[u8]| Store::open(&dir.file(), &Credential::read(key).unwrap(), NOW);
        assert!(matches!(open(&[9; 32]).err(), Some(StoreError::OtherKey)));
        let both = [[9; 32], [7; 32]].concat();
        assert_eq!(open(&both).unwrap().document("mandate").unwrap().unwrap(), NAME);
        assert!(matches!(open(&[7; 32]).err(), Some(StoreError::OtherKey)), "the old one is worth nothing");
    }
}
