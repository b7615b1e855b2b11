//! Recordings and the chain of sealed manifests, in one redb file that only this process opens.

mod evidence_log;
mod record;

use std::cell::Cell;
use std::io;
use std::path::Path;

use chit_vault::open_store;
use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use thiserror::Error;

use crate::domain::ids::{RecordingId, SaleId};
use crate::domain::recording::Recording;

// <what, number>: "schema" is the layout of this file
const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
// <recording ULID, version byte + record>
const RECORDINGS: TableDefinition<&str, &[u8]> = TableDefinition::new("recordings");
// <sale ULID, recording ULID>
const SALES: TableDefinition<&str, &str> = TableDefinition::new("sales");
// <position from 1, recording ULID (26 bytes) + SHA-256 of its manifest>; only ever appended to
const CHAIN: TableDefinition<u64, &[u8]> = TableDefinition::new("chain");

const SCHEMA: u64 = 1;
const ULID_LEN: usize = 26;

#[derive(Debug, Error)]
pub enum StoreError {
    #[error("the store cannot be opened")]
    Open(#[from] redb::DatabaseError),
    #[error("the store cannot be read or written")]
    Redb(#[from] redb::Error),
    #[error("the store has layout {0}; this program knows layout {SCHEMA}")]
    Schema(u64),
    #[error("a stored recording is damaged: {0}")]
    Damaged(&'static str),
    #[error("the store is closed after an I/O error; look at the disk")]
    Closed,
}

impl StoreError {
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Redb(redb::Error::Io(error)) if error.kind() == io::ErrorKind::StorageFull)
    }
}

macro_rules! from_redb {
    ($($error:ty),*) => {$(
        impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                Self::Redb(error.into())
            }
        }
    )*};
}
from_redb!(redb::TransactionError, redb::TableError, redb::StorageError, redb::CommitError);

type Opening = Box<dyn Fn() -> Result<Database, redb::DatabaseError> + Send>;

pub struct Store {
    opening: Opening,
    /// `None`: an I/O error closed it and it could not be opened again yet.
    db: Option<Database>,
    failed: Cell<bool>,
}

impl Store {
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        Self::by(Box::new(move || open_store(&Builder::new(), &path)))
    }

    fn by(opening: Opening) -> Result<Self, StoreError> {
        let db = Some(prepared(opening()?)?);
        Ok(Self { opening, db, failed: Cell::new(false) })
    }

    /// redb refuses everything after an I/O error (a full disk) until the file is opened again.
    pub fn heal(&mut self) {
        if self.failed.take() {
            self.db = None;
            match (self.opening)().map_err(StoreError::from).and_then(prepared) {
                Ok(reopened) => self.db = Some(reopened),
                Err(_) => self.failed.set(true),
            }
        }
    }

    fn db(&self) -> Result<&Database, StoreError> {
        self.db.as_ref().ok_or(StoreError::Closed)
    }

    fn write(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let commit = || {
            let transaction = self.db()?.begin_write()?;
            work(&transaction)?;
            Ok(transaction.commit()?)
        };
        commit().inspect_err(|_| self.failed.set(true))
    }

    pub fn recording(&self, id: &RecordingId) -> Result<Option<Recording>, StoreError> {
        let table = self.db()?.begin_read()?.open_table(RECORDINGS)?;
        table.get(id.as_str())?.map(|bytes| record::decode(bytes.value())).transpose()
    }

    pub fn recording_of_sale(&self, sale: &SaleId) -> Result<Option<Recording>, StoreError> {
        let read = self.db()?.begin_read()?;
        let id = read.open_table(SALES)?.get(sale.as_str())?.map(|id| id.value().to_owned());
        let Some(id) = id else { return Ok(None) };
        let table = read.open_table(RECORDINGS)?;
        table.get(&*id)?.map(|bytes| record::decode(bytes.value())).transpose()
    }

    /// Those that are neither sealed nor failed.
    pub fn unfinished(&self) -> Result<Vec<Recording>, StoreError> {
        let table = self.db()?.begin_read()?.open_table(RECORDINGS)?;
        let mut found = Vec::new();
        for entry in table.iter()? {
            let recording = record::decode(entry?.1.value())?;
            if !recording.state.is_final() {
                found.push(recording);
            }
        }
        Ok(found)
    }

    pub fn put(&self, recording: &Recording) -> Result<(), StoreError> {
        self.write(|write| {
            write.open_table(RECORDINGS)?.insert(recording.id.as_str(), &*record::encode(recording))?;
            write.open_table(SALES)?.insert(recording.sale_id.as_str(), recording.id.as_str())?;
            Ok(())
        })
    }

    /// The recording sealed last and the hash of its manifest.
    pub fn chain_head(&self) -> Result<Option<(RecordingId, [u8; 32])>, StoreError> {
        let table = self.db()?.begin_read()?.open_table(CHAIN)?;
        let Some((_, link)) = table.last()? else { return Ok(None) };
        let parts = link.value().split_at_checked(ULID_LEN).and_then(|(id, hash)| {
            let id = RecordingId::parse(std::str::from_utf8(id).ok()?).ok()?;
            Some((id, hash.try_into().ok()?))
        });
        parts.map(Some).ok_or(StoreError::Damaged("a link of the chain"))
    }

    /// The sealed recording and its link in one transaction.
    pub fn put_sealed(&self, recording: &Recording, manifest_sha256: &[u8; 32]) -> Result<(), StoreError> {
        self.write(|write| {
            write.open_table(RECORDINGS)?.insert(recording.id.as_str(), &*record::encode(recording))?;
            let mut chain = write.open_table(CHAIN)?;
            let position = chain.last()?.map_or(1, |(last, _)| last.value() + 1);
            let link = [recording.id.as_str().as_bytes(), manifest_sha256].concat();
            chain.insert(position, &*link)?;
            Ok(())
        })
    }
}

/// With all its tables, of the layout that this program knows.
fn prepared(db: Database) -> Result<Database, StoreError> {
    let write = db.begin_write()?;
    {
        let mut meta = write.open_table(META)?;
        let found = meta.get("schema")?.map(|value| value.value());
        match found {
            None => drop(meta.insert("schema", SCHEMA)?),
            Some(SCHEMA) => {}
            Some(other) => return Err(StoreError::Schema(other)),
        }
        write.open_table(RECORDINGS)?;
        write.open_table(SALES)?;
        write.open_table(CHAIN)?;
        write.open_table(evidence_log::CUSTODY)?;
        write.open_table(evidence_log::DUE)?;
        write.open_table(evidence_log::LOG)?;
    }
    write.commit()?;
    Ok(db)
}

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clip::{Gap, GapReason};
    use crate::domain::mask::Mask;
    use crate::domain::recording::{FilmedBy, Goods, PaperCode, Photo, PhotoKind, Segment, Sound};

    fn full() -> Recording {
        let id = RecordingId::parse("01J9ZQ4M8W5T7V2X3Y6B0C1D2E").unwrap();
        let sale = SaleId::parse("01J9ZQ4M8W5T7V2X3Y6B0C1D2F").unwrap();
        let mut recording = Recording::new(id, sale, Some(0), 77);
        let (width, height) = (640, 480);
        let segment = Segment {
            number: 1,
            width,
            height,
            frame_rate_milli: 15_000,
            first_monotonic_ns: 5,
            first_us: -9,
            dropped: 2,
            camera_id: "usb-cam".into(),
        };
        let masks = vec![Mask { left: 1, top: 2, width: 3, height: 1000 }];
        let by = FilmedBy { name: "till".into(), device_id: "usb-cam".into(), masks };
        recording.segment_started(segment, by);
        recording.note_receipt("20261130-000001").unwrap();
        recording.paper_code = Some(PaperCode { text_sha256: [8; 32], names_this_sale: true });
        let lost = Gap { from_ns: 3, to_ns: 4, reason: GapReason::MicrophoneLost, before_start: false };
        let gaps = vec![lost];
        recording.sound = Some(Sound { microphone_id: "mic".into(), xruns: 3, gaps });
        recording
            .set_gaps(&[], &[Gap { from_ns: 1, to_ns: 0, reason: GapReason::Privacy, before_start: true }]);
        recording.photo_taken(PhotoKind::Paper, Photo { sha256: [4; 32], taken_us: 5 }).unwrap();
        recording.attach_goods(Goods { sha256: [6; 32], media_type: "text/plain".into() }).unwrap();
        recording.ask_stop();
        recording
    }

    #[test]
    fn a_recording_survives_a_restart_of_the_store() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("media.redb");
        let recording = full();
        Store::open(&path).unwrap().put(&recording).unwrap();
        let store = Store::open(&path).unwrap();
        assert_eq!(store.recording(&recording.id).unwrap().as_ref(), Some(&recording));
        assert_eq!(store.recording_of_sale(&recording.sale_id).unwrap().as_ref(), Some(&recording));
        assert_eq!(store.unfinished().unwrap(), [recording]);
    }

    #[test]
    fn the_chain_head_is_the_manifest_sealed_last() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("media.redb")).unwrap();
        assert_eq!(store.chain_head().unwrap(), None);
        let mut recording = full();
        recording.clip_closed(None);
        for hash in [[1; 32], [2; 32]] {
            recording.sealed(hash, 9);
            store.put_sealed(&recording, &hash).unwrap();
            assert_eq!(store.chain_head().unwrap(), Some((recording.id.clone(), hash)));
        }
        assert!(store.unfinished().unwrap().is_empty());
    }
}
