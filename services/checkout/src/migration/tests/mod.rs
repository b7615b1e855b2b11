//! The import of a store that an older program left, see tests/stores.

mod damage;
mod described;
mod due;
mod dump;
mod holds;
mod kills;
mod refusal;
mod schemas;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use chit_runtime::Clock;
use jiff::{SignedDuration, Timestamp};
use redb::{ReadableDatabase as _, ReadableTableMetadata as _, TableHandle as _};
use serde_json::Value;

use super::import::Pace;
use super::{Facts, open_at};
use crate::store::{Credential, Store, View};
use crate::values::refusal::Result;

const STORES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stores/v2");
const CREDENTIAL: [u8; 32] = [7; 32];
/// Small steps, so that there are many places to be killed at.
const STEP_RECORDS: usize = 40;

/// What the older program read in its store.
fn holds() -> Value {
    serde_json::from_str(&std::fs::read_to_string(format!("{STORES}/holds.json")).unwrap()).unwrap()
}

/// A shop's folder as the older program left it, its clock at that moment.
struct Shop {
    dir: tempfile::TempDir,
}

impl Shop {
    /// Without a store.
    fn new() -> Self {
        let shop = Self { dir: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(shop.file().parent().unwrap()).unwrap();
        let left = Timestamp::from_millisecond(holds()["left_ms"].as_i64().unwrap()).unwrap();
        let offset_s = left.as_second() - Timestamp::now().as_second();
        std::fs::write(shop.offset(), offset_s.to_string()).unwrap();
        shop
    }

    fn of_schema_2() -> Self {
        let shop = Self::new();
        let packed = std::fs::File::open(format!("{STORES}/checkout.redb.zst")).unwrap();
        let mut bytes = Vec::new();
        ruzstd::decoding::StreamingDecoder::new(packed).unwrap().read_to_end(&mut bytes).unwrap();
        std::fs::write(shop.file(), bytes).unwrap();
        shop
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("state/checkout/checkout.redb")
    }

    fn offset(&self) -> PathBuf {
        self.dir.path().join("state/clock-offset")
    }

    fn clock(&self) -> Clock {
        Clock::sandbox(self.offset())
    }

    fn open(&self) -> Result<Store> {
        open(&self.file(), self.clock(), || ())
    }

    /// The file as a kill leaves it now.
    fn killed(&self) -> Self {
        let copy = Self::new();
        std::fs::copy(self.file(), copy.file()).unwrap();
        std::fs::copy(self.offset(), copy.offset()).unwrap();
        copy
    }
}

fn open(file: &Path, clock: Clock, committed: fn()) -> Result<Store> {
    let facts = Facts {
        bad_record_kept: SignedDuration::from_hours(24 * 365 * 2),
        lane: "01".into(),
        asks_by_itself: true,
    };
    open_at(
        file,
        &Credential::read(&CREDENTIAL).unwrap(),
        clock,
        &facts,
        &Pace { records: STEP_RECORDS, committed },
    )
}

fn see<T>(store: &Store, look: impl FnOnce(&View) -> Result<T>) -> T {
    store.read_blocking(look).unwrap()
}

fn table_lengths(shop: &Shop) -> BTreeMap<String, u64> {
    let db = redb::Database::open(shop.file()).unwrap();
    let tx = db.begin_read().unwrap();
    let tables = tx.list_tables().unwrap();
    tables
        .map(|table| (table.name().to_owned(), tx.open_untyped_table(table).unwrap().len().unwrap()))
        .collect()
}
