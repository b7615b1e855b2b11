//! Which logo rests in which printer. Flash wears out, so every write is counted before it happens.

use prost::Message;
use redb::{ReadableDatabase, ReadableTable};

use super::record::{unversioned, versioned};
use super::tables::{LOGOS, META};
use super::{Result, Store, StoreError, UNCLEARED};

/// Writes into one printer in its life with Chit; Epson allows ten a day. After that its logo is sent with each paper.
const WRITES_MAX: u32 = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLogo {
    pub key: [u8; 2],
    /// Of the dots.
    pub sha256: [u8; 32],
}

#[derive(Clone, PartialEq, Message)]
struct LogoRecord {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    sha256: Vec<u8>,
    #[prost(uint32, tag = "3")]
    writes: u32,
}

impl Store {
    /// What was last written into this printer; whether it is there, the printer knows.
    pub fn logo_in(&self, printer: &str) -> Result<Option<StoredLogo>> {
        let logos = self.database.begin_read()?.open_table(LOGOS)?;
        let Some(stored) = logos.get(printer)? else { return Ok(None) };
        let record: LogoRecord = unversioned(stored.value())?;
        read(&record).map(Some)
    }

    /// Committed before the first byte of the logo leaves; false if the printer has had its share of writes. A printer
    /// that is left inside the logo would take the next paper for dots: its buffers count as unclear.
    pub fn begin_logo(&self, printer: &str, logo: &StoredLogo) -> Result<bool> {
        let transaction = self.database.begin_write()?;
        let writes = match transaction.open_table(LOGOS)?.get(printer)? {
            Some(stored) => unversioned::<LogoRecord>(stored.value())?.writes,
            None => 0,
        };
        if writes >= WRITES_MAX {
            return Ok(false);
        }
        let (key, sha256) = (logo.key.to_vec(), logo.sha256.to_vec());
        let record = versioned(&LogoRecord { key, sha256, writes: writes + 1 });
        transaction.open_table(LOGOS)?.insert(printer, record.as_slice())?;
        transaction.open_table(META)?.insert(UNCLEARED, 1)?;
        transaction.commit()?;
        Ok(true)
    }
}

fn read(record: &LogoRecord) -> Result<StoredLogo> {
    let key = record.key.as_slice().try_into().map_err(|_| StoreError::Unreadable)?;
    let sha256 = record.sha256.as_slice().try_into().map_err(|_| StoreError::Unreadable)?;
    Ok(StoredLogo { key, sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Moment;
    use chit_vault::Credential;

    #[test]
    fn a_logo_is_remembered_for_its_printer_and_its_writes_have_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let moment = Moment { wall_ms: 1_795_491_720_000, monotonic_ns: 1 };
        let store =
            Store::open(&dir.path().join("jobs.redb"), &Credential::read(&[7; 32]).unwrap(), moment).unwrap();
        let logo = StoredLogo { key: *b"42", sha256: [7; 32] };
        assert_eq!(store.logo_in("X1").unwrap(), None);
        assert!(store.begin_logo("X1", &logo).unwrap());
        assert!(store.is_uncleared().unwrap(), "the printer may wait for the rest of the dots");
        store.cleared().unwrap();
        assert_eq!(store.logo_in("X1").unwrap(), Some(logo.clone()));
        assert_eq!(store.logo_in("X2").unwrap(), None);
        for _ in 1..WRITES_MAX {
            assert!(store.begin_logo("X1", &logo).unwrap());
        }
        store.cleared().unwrap();
        assert!(!store.begin_logo("X1", &logo).unwrap() && !store.is_uncleared().unwrap());
        assert!(store.begin_logo("X2", &logo).unwrap());
    }
}
