//! Takes committed records into the index, many at a time, and keeps the journal file allocated ahead.

use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::memtable::Memtable;
use super::shared::{Answer, Shared, State};
use super::{compaction, index, keys};
use crate::domain::StorageError;

/// Enough records to take in without waiting for more.
///
/// Each index commit writes the pages of all accounts it touches, so that fewer and larger ones cost less a record.
pub const RECORDS_ENOUGH: usize = 65_536;
/// How long a few records wait for more: an index commit costs far more than a journal commit.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 1000 });
/// The journal file is lengthened by a quarter of itself within these bounds, in bytes.
const EXTEND_MIN: u64 = if cfg!(test) { 8 << 10 } else { 1 << 20 };
const EXTEND_MAX: u64 = 16 << 20;
/// Bytes of that which are written at a time: a commit that needs the room waits for one piece and not for all.
const EXTEND_PIECE: u64 = if cfg!(test) { 2 << 10 } else { 1 << 20 };

/// Runs until the store closes, or until the index cannot be written.
pub fn run(shared: &Shared) {
    let _until_the_end = EndOnPanic(shared);
    if let Err(error) = work(shared) {
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        tracing::error!(%error, source, "the index cannot be written");
        if !index::is_io(&error) {
            set_aside(shared);
        }
        end(shared, format!("the index cannot be written: {source}"));
    }
}

/// redb panics at some kinds of bad pages. Commits would continue, then wait for an index that never comes.
struct EndOnPanic<'s>(&'s Shared);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            set_aside(self.0);
            end(self.0, "the index cannot be written: its thread panicked".to_owned());
        }
    }
}

/// Stops the storage and wakes all who wait.
fn end(shared: &Shared, why: String) {
    let mut state = shared.lock();
    state.failed.get_or_insert(why);
    state.compactions.clear();
    drop(state);
    shared.changed.notify_all();
}

/// A damaged index would stop each start, and the journal has all that is in it.
fn set_aside(shared: &Shared) {
    let Some(place) = &shared.index_place else { return };
    match place.set_aside() {
        Ok(kept) => {
            tracing::error!(kept, "the index is damaged: the next start rebuilds it from the journal");
        }
        Err(error) => tracing::error!(%error, "the damaged index cannot be renamed: delete it"),
    }
}

fn work(shared: &Shared) -> Result<(), StorageError> {
    // What a killed process left is taken in at once: else kills in short succession would make each start longer.
    let left_behind = {
        let mut state = shared.lock();
        (state.fresh.records > 0).then(|| freeze(&mut state))
    };
    if let Some(table) = left_behind {
        take_in(shared, &table)?;
    }
    loop {
        extend(shared);
        match next(shared) {
            Turn::TakeIn(table) => take_in(shared, &table)?,
            Turn::Compact(asked) => {
                let done = compaction::run(shared);
                for answer in asked {
                    let _asker_left = answer.send(done.clone());
                }
            }
            Turn::End => return Ok(()),
        }
    }
}

enum Turn {
    TakeIn(Arc<Memtable>),
    /// With those who wait for it.
    Compact(Vec<Answer>),
    /// The store closes and everything is in the index.
    End,
}

fn take_in(shared: &Shared, table: &Memtable) -> Result<(), StorageError> {
    let index = shared.lock().index.clone();
    index.apply(shared.journal.id(), table)?;
    let earliest = index.snapshot()?.earliest_expiry()?;
    let mut state = shared.lock();
    state.frozen = None;
    state.snapshot = None;
    state.fresh.position.earliest_expiry = earliest;
    let opened_since = state.fresh.open.get_min().and_then(keys::open_key_expiry);
    state.fresh.expect_expiry(opened_since);
    drop(state);
    shared.changed.notify_all();
    Ok(())
}

/// One turn of the thread, for tests that must know when it happens, and what is committed while it lasts.
#[cfg(test)]
pub fn turn(shared: &Shared, meanwhile: impl FnOnce()) -> Result<(), StorageError> {
    extend(shared);
    let table = {
        let mut state = shared.lock();
        (state.fresh.records > 0).then(|| freeze(&mut state))
    };
    meanwhile();
    table.map_or(Ok(()), |table| take_in(shared, &table))
}

/// Waits for something to do; records are frozen.
fn next(shared: &Shared) -> Turn {
    let mut state = shared.lock();
    while state.fresh.records == 0 && state.compactions.is_empty() {
        if state.closing || state.failed.is_some() {
            return Turn::End;
        }
        state = shared.wait(state);
    }
    let until = Instant::now() + PATIENCE;
    while state.fresh.records < RECORDS_ENOUGH && !state.closing && state.compactions.is_empty() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        state = shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
    }
    // Before the records: commits come all the time, and what is not yet in the index needs no compaction.
    if !state.compactions.is_empty() {
        return Turn::Compact(std::mem::take(&mut state.compactions));
    }
    Turn::TakeIn(freeze(&mut state))
}

fn freeze(state: &mut State) -> Arc<Memtable> {
    let next = state.fresh.next();
    let table = Arc::new(std::mem::replace(&mut state.fresh, next));
    state.frozen = Some(Arc::clone(&table));
    table
}

/// A full disk is no failure here: the next commit says so if it needs the room.
fn extend(shared: &Shared) {
    let to = {
        let state = shared.lock();
        let end = state.fresh.position.end;
        let step = (end / 4).clamp(EXTEND_MIN, EXTEND_MAX);
        if state.allocated > end + step / 2 {
            return;
        }
        state.allocated.max(state.reserved) + step
    };
    while extend_by_a_piece(shared, to) {}
}

/// Is there more to do?
fn extend_by_a_piece(shared: &Shared, to: u64) -> bool {
    let from = {
        let mut state = shared.lock();
        let from = state.allocated.max(state.reserved);
        if state.closing || from >= to {
            return false;
        }
        // A commit that reaches beyond waits: zeros must never be written over records.
        state.extending = Some(from);
        from
    };
    let until = to.min(from + EXTEND_PIECE);
    let extended = shared.journal.extend(from, until);
    let mut state = shared.lock();
    state.extending = None;
    match &extended {
        Ok(()) => state.allocated = until,
        Err(error) => tracing::warn!(%error, "the journal file cannot be lengthened ahead"),
    }
    drop(state);
    shared.changed.notify_all();
    extended.is_ok()
}
