//! The import: table by table, some hundred records in each transaction, together with the place to go on from.

use redb::{Database, WriteTransaction};

use super::tables::{Old, Row, Source};
use super::work::Import;
use super::{Facts, challenges, events, numbers, outbox, payers, requests, sales, settlement};
use crate::store::table::Table;
use crate::store::{Committer, storage};
use crate::values::refusal::{Refusal, Result};
use crate::values::time;

/// Where the place to go on from is kept while an import runs.
const PLACE: &[u8] = b"import";
/// So much of a table is in memory at a time; photos are large.
const STEP_BYTES: usize = 8 << 20;

/// How large the steps are.
pub struct Pace {
    pub records: usize,
    /// After each step, when it is durable.
    pub committed: fn(),
}

impl Default for Pace {
    fn default() -> Self {
        Self { records: 500, committed: || () }
    }
}

type Importer = fn(&mut Import<'_>, &Row) -> Result<()>;

/// In this order: the history first, because it tells since when a sale is what it is; records before those that name
/// them.
const TABLES: [(Source, Importer); 13] = [
    (Source::Counted("events"), events::event),
    (Source::Named("requests"), requests::request),
    (Source::Named("pin_lockouts"), requests::lockout),
    (Source::Named("payers"), payers::payer),
    (Source::Named("photos"), payers::photo),
    (Source::Named("sales"), sales::sale),
    (Source::Named("challenges"), challenges::challenge),
    (Source::Named("batches"), settlement::batch),
    (Source::Named("disputes"), settlement::dispute),
    (Source::Named("messages"), outbox::message),
    (Source::Named("facts"), outbox::fact),
    (Source::Counted("outbox"), outbox::entry),
    (Source::Numbers, numbers::number),
];

/// The place to go on from.
#[derive(Clone, PartialEq, prost::Message)]
struct Place {
    /// In `TABLES`.
    #[prost(uint32, tag = "1")]
    table: u32,
    /// The last key that was imported.
    #[prost(bytes = "vec", optional, tag = "2")]
    after: Option<Vec<u8>>,
    #[prost(uint64, tag = "3")]
    records: u64,
    /// Business time of all that is imported.
    #[prost(int64, tag = "4")]
    began_ms: i64,
    /// What the older program had written when it began.
    #[prost(bytes = "vec", tag = "5")]
    fingerprint: Vec<u8>,
}

/// Imports what is not imported yet; returns how many records there were.
pub fn run(db: &Database, committer: &mut Committer, facts: &Facts, pace: &Pace) -> Result<u64> {
    let mut place = resume(db, committer)?;
    while let Some((source, importer)) = TABLES.get(place.table as usize) {
        let old = Old::open(db)?;
        let rows = old.rows(*source, place.after.as_deref(), pace.records, STEP_BYTES)?;
        if rows.is_empty() {
            (place.table, place.after) = (place.table + 1, None);
            continue;
        }
        place.after = rows.last().map(|row| row.key.clone());
        place.records += rows.len() as u64;
        committer.change(|tx| {
            tx.silence_history();
            tx.now = time::from_ms(place.began_ms);
            for row in &rows {
                let mut import = Import { tx, old: &old, facts };
                importer(&mut import, row).map_err(|refusal| unreadable(*source, row, &refusal))?;
            }
            tx.put(Table::Meta, PLACE, &place);
            Ok(())
        })?;
        (pace.committed)();
    }
    Ok(place.records)
}

/// In the transaction that makes it a store of today.
pub fn finish(tx: &WriteTransaction) -> Result<()> {
    let mut meta = tx.open_table(Table::Meta.definition()).map_err(storage)?;
    meta.remove(PLACE).map_err(storage)?;
    Ok(())
}

/// If the older program wrote again meanwhile, what was imported is no longer what it has: all begins anew.
fn resume(db: &Database, committer: &mut Committer) -> Result<Place> {
    let fingerprint = Old::open(db)?.fingerprint()?;
    let known = committer.read(|view| view.record::<Place>(Table::Meta, PLACE))?;
    if let Some(known) = known.filter(|known| known.fingerprint == fingerprint) {
        return Ok(known);
    }
    committer.start_over()?;
    committer.change(|tx| {
        let began_ms = tx.now.as_millisecond();
        Ok(Place { began_ms, fingerprint: fingerprint.to_vec(), ..Place::default() })
    })
}

fn unreadable(source: Source, row: &Row, refusal: &Refusal) -> Refusal {
    Refusal::internal(format!(
        "the older program's state cannot be imported: table {}, key {}: {refusal}; \
         its records are untouched, and the release that wrote them still opens them",
        source.name(),
        source.shown(&row.key),
    ))
}
