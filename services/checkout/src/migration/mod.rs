//! Opens the store, and brings an older program's into today's form.
//!
//! The schema's number stands where the first program put it, so that every older program refuses a newer store. Old
//! and new tables have different names: an import copies from the ones to the others in small durable steps, each with
//! the place to go on from, and only its last step changes the number. A kill at any time loses nothing.

mod challenges;
mod deductions;
mod events;
mod import;
mod numbers;
mod outbox;
mod payers;
mod requests;
mod sales;
mod settlement;
mod tables;
mod v2;
mod v2_sale;
mod work;

#[cfg(test)]
mod tests;

use std::path::Path;

use jiff::SignedDuration;

use crate::store::{Credential, File, Store};
use crate::values::refusal::{Refusal, Result};
use import::Pace;

/// 1: as first released. 2: challenges by payer, photos apart. 3: by aggregate, personal data sealed.
const SCHEMA: u64 = 3;
const IMPORTED: std::ops::RangeInclusive<u64> = 1..=2;

/// What a migration needs to know of the shop.
pub struct Facts {
    pub bad_record_kept: SignedDuration,
    /// The lane of sales that an older program opened.
    pub lane: String,
    /// `dispatch = auto`: nothing waits for a person to let its challenge go.
    pub asks_by_itself: bool,
}

pub fn open(
    path: &Path,
    credential: &Credential,
    clock: chit_runtime::Clock,
    facts: &Facts,
) -> Result<Store> {
    open_at(path, credential, clock, facts, &Pace::default())
}

fn open_at(
    path: &Path,
    credential: &Credential,
    clock: chit_runtime::Clock,
    facts: &Facts,
    pace: &Pace,
) -> Result<Store> {
    let mut file = File::open(path)?;
    match tables::schema(file.database())? {
        None => tables::set_schema(file.database(), SCHEMA, |_| Ok(()))?,
        Some(SCHEMA) => {}
        Some(old) if IMPORTED.contains(&old) => {
            let mut committer = file.committer(credential, clock.clone())?;
            let records = import::run(file.database(), &mut committer, facts, pace)?;
            tables::set_schema(file.database(), SCHEMA, import::finish)?;
            (pace.committed)();
            tracing::info!(
                from = old,
                to = SCHEMA,
                records,
                "checkout's state was brought into today's form"
            );
        }
        Some(other) => return Err(unknown(other)),
    }
    if tables::drop_old(file.database(), pace.committed)? {
        file.compact()?;
        tables::drop_last(file.database())?;
        (pace.committed)();
    }
    file.into_store(credential, clock)
}

fn unknown(schema: u64) -> Refusal {
    let (own, newer) = (env!("CARGO_PKG_VERSION"), schema > SCHEMA);
    Refusal::internal(if newer {
        format!(
            "checkout's state has schema {schema}, and release {own} knows schemas up to {SCHEMA}; \
             install the release that wrote it, or a newer one"
        )
    } else {
        format!("checkout's state has schema {schema}, which no release wrote; restore the backup")
    })
}
