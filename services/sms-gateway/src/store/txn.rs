//! A transaction, or a view, and the vault that seals what it writes: numbers and texts lie in the file sealed, and are
//! found by keyed hashes.

use std::ops::Deref;
use std::sync::Arc;

use chit_vault::Vault;
use prost::Message;
use redb::WriteTransaction;

use super::{Result, StoreError};

/// First byte of what is sealed. 1 stood before records in clear, in files of the first version.
const SEALED: u8 = 2;

pub struct Txn {
    inner: WriteTransaction,
    vault: Arc<Vault>,
}

impl Txn {
    pub fn new(inner: WriteTransaction, vault: Arc<Vault>) -> Self {
        Self { inner, vault }
    }

    pub fn commit(self) -> Result<()> {
        Ok(self.inner.commit()?)
    }

    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    pub fn seal<T: Sealed>(&self, record: &T) -> Result<Vec<u8>> {
        seal(&self.vault, record)
    }

    pub fn open<T: Sealed>(&self, bytes: &[u8]) -> Result<T> {
        open(&self.vault, bytes)
    }

    /// What the tables hold instead of a number or of a hash that could be guessed.
    pub fn keyed(&self, domain: Keyed, value: &[u8]) -> String {
        keyed(&self.vault, domain, value)
    }
}

impl Deref for Txn {
    type Target = WriteTransaction;

    fn deref(&self) -> &WriteTransaction {
        &self.inner
    }
}

/// A record with a number or a text in it.
pub trait Sealed: Message + Default {
    /// Told to the seal, so that no record is taken for one of another kind.
    const WHAT: &'static str;
}

/// What a keyed hash stands for; the same number has another one in each.
#[derive(Clone, Copy)]
pub enum Keyed {
    /// The last digits of a number.
    Tail,
    /// A sender as the network writes it.
    Sender,
    /// A TPDU or a letter: its text may be six digits.
    Seen,
}

pub fn keyed(vault: &Vault, domain: Keyed, value: &[u8]) -> String {
    let domain: &[u8] = match domain {
        Keyed::Tail => b"tail",
        Keyed::Sender => b"sender",
        Keyed::Seen => b"seen",
    };
    let mut digits = String::with_capacity(32);
    for byte in vault.keyed(domain, value) {
        digits.push_str(&format!("{byte:02x}"));
    }
    digits
}

pub fn seal<T: Sealed>(vault: &Vault, record: &T) -> Result<Vec<u8>> {
    let sealed = vault.seal(T::WHAT.as_bytes(), &record.encode_to_vec()).map_err(StoreError::Vault)?;
    Ok([&[SEALED][..], &sealed].concat())
}

pub fn open<T: Sealed>(vault: &Vault, bytes: &[u8]) -> Result<T> {
    match bytes.split_first() {
        Some((&SEALED, sealed)) => {
            let body = vault.open(T::WHAT.as_bytes(), sealed).map_err(StoreError::Vault)?;
            T::decode(&body[..]).map_err(|_| StoreError::Corrupt("fields"))
        }
        _ => Err(StoreError::Corrupt("version")),
    }
}
