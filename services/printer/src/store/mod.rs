//! The job journal: one redb file that only this process opens. Every change commits (with fsync) before its
//! effect, together with its event.
//!
//! What is on the papers lies in it sealed. It never holds a code card: a secret job's record has ids, kind and a salted
//! hash, its content lives in memory.

mod error;
mod logos;
mod operations;
mod record;
mod requests;
mod sealing;
mod tables;

use std::path::Path;

use chit_vault::{Credential, Vault};
use redb::{Database, ReadableDatabase, ReadableTable, WriteTransaction};

pub use error::{Result, StoreError};
pub use logos::StoredLogo;
pub use record::{Event, EventKind, Moment};
pub use requests::Request;
use tables::{DOCUMENTS, EVENTS, JOBS, META, OPEN, ORDER, SUBJECTS};

use crate::domain::condition::Condition;
use crate::domain::job::{self, Change, Job, State};

/// Jobs that may wait for the printer: an afternoon's paper.
pub const WAITING_MAX: usize = 200;
/// Finished jobs kept for copies and questions; older ones go.
pub const KEPT_MAX: u64 = 20_000;

const NEXT_SEQUENCE: &str = "next_sequence";
/// Present while the printer's buffers may still hold bytes of a job in doubt.
const UNCLEARED: &str = "uncleared";

/// A job as it is submitted.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub id: String,
    pub subject_id: String,
    /// The encoded document; `None` keeps it out of the journal.
    pub document: Option<Vec<u8>>,
    pub document_hash: [u8; 32],
    pub salt: Vec<u8>,
}

pub struct Store {
    database: Database,
    /// Seals the contents of papers.
    vault: Vault,
}

impl Store {
    /// Opens the journal and settles what a crash left: sent but unconfirmed jobs become IN_DOUBT.
    pub fn open(path: &Path, credential: &Credential, moment: Moment) -> Result<Self> {
        Self::on(sealing::open_sealed(path, credential)?, credential, moment)
    }

    fn on(database: Database, credential: &Credential, moment: Moment) -> Result<Self> {
        let transaction = database.begin_write()?;
        tables::create(&transaction)?;
        let vault = sealing::vault_of(&transaction, credential)?;
        for job in open_jobs(&transaction)? {
            if let Some(change) = job::after_restart(&job) {
                tracing::warn!(job_id = %job.id, state = ?job.state, "the last run ended during this job");
                commit_change(&transaction, &job, &change, moment)?;
            }
        }
        transaction.commit()?;
        Ok(Self { database, vault })
    }

    /// Journals a new job; a job of that id with the same document is the answer to a repeated call.
    pub fn submit(&self, new: NewJob, moment: Moment) -> Result<Job> {
        let transaction = self.database.begin_write()?;
        if let Some(existing) = read_job(&transaction, &new.id)? {
            let same = existing.document_hash == new.document_hash
                && existing.subject_id == new.subject_id
                && existing.original_job_id.is_empty();
            return if same { Ok(existing) } else { Err(StoreError::Different) };
        }
        let job =
            self.insert_job(&transaction, &new, Job { copy_number: 0, ..blank(&new, moment) }, moment)?;
        prune(&transaction)?;
        transaction.commit()?;
        Ok(job)
    }

    /// Journals a COPY of a printed job under a new id.
    pub fn reprint(&self, id: &str, original_id: &str, copies_max: u32, moment: Moment) -> Result<Job> {
        let transaction = self.database.begin_write()?;
        if let Some(existing) = read_job(&transaction, id)? {
            let same = existing.original_job_id == original_id;
            return if same { Ok(existing) } else { Err(StoreError::Different) };
        }
        let mut original = read_job(&transaction, original_id)?.ok_or(StoreError::NotFound)?;
        if !original.original_job_id.is_empty() {
            return Err(StoreError::IsCopy(original.original_job_id));
        }
        let sealed = read_document(&transaction, original_id)?.ok_or(StoreError::NotKept)?;
        let document = sealing::open(&self.vault, original_id, &sealed)?;
        if !matches!(original.state, State::Printed(_)) {
            return Err(StoreError::Refused(original.state));
        }
        if original.reprints >= copies_max {
            return Err(StoreError::CopyLimit(original.reprints));
        }
        original.copies += 1;
        original.reprints += 1;
        write_job(&transaction, &original)?;
        let new = NewJob {
            id: id.to_owned(),
            subject_id: original.subject_id.clone(),
            document: Some(document),
            document_hash: original.document_hash,
            salt: Vec::new(),
        };
        let copy =
            Job { copy_number: original.copies, original_job_id: original.id.clone(), ..blank(&new, moment) };
        let job = self.insert_job(&transaction, &new, copy, moment)?;
        prune(&transaction)?;
        transaction.commit()?;
        Ok(job)
    }

    fn insert_job(
        &self,
        transaction: &WriteTransaction,
        new: &NewJob,
        job: Job,
        moment: Moment,
    ) -> Result<Job> {
        if open_jobs(transaction)?.iter().filter(|job| job.state.is_waiting()).count() >= WAITING_MAX {
            return Err(StoreError::Full);
        }
        let job = Job { sequence: next(transaction, NEXT_SEQUENCE)?, ..job };
        if let Some(document) = &new.document {
            transaction
                .open_table(DOCUMENTS)?
                .insert(job.id.as_str(), sealing::seal(&self.vault, &job.id, document)?.as_slice())?;
        }
        transaction.open_table(ORDER)?.insert(job.sequence, job.id.as_str())?;
        transaction.open_table(SUBJECTS)?.insert((job.subject_id.as_str(), job.sequence), job.id.as_str())?;
        transaction.open_table(OPEN)?.insert(job.sequence, job.id.as_str())?;
        write_job(transaction, &job)?;
        write_event(transaction, &Event { kind: EventKind::State, job: job.clone(), moment })?;
        Ok(job)
    }

    /// Applies changes in one transaction and returns the job after the last.
    pub fn change(&self, id: &str, changes: &[(Change, Moment)]) -> Result<Job> {
        let transaction = self.database.begin_write()?;
        let mut job = read_job(&transaction, id)?.ok_or(StoreError::NotFound)?;
        for (change, moment) in changes {
            job = commit_change(&transaction, &job, change, *moment)?;
        }
        transaction.commit()?;
        Ok(job)
    }

    pub fn job(&self, id: &str) -> Result<Job> {
        let jobs = self.database.begin_read()?.open_table(JOBS)?;
        let record = jobs.get(id)?.ok_or(StoreError::NotFound)?;
        record::decode_job(record.value())
    }

    pub fn document(&self, id: &str) -> Result<Option<Vec<u8>>> {
        let documents = self.database.begin_read()?.open_table(DOCUMENTS)?;
        documents.get(id)?.map(|sealed| sealing::open(&self.vault, id, sealed.value())).transpose()
    }

    /// The waiting job that is next, oldest first.
    pub fn next_waiting(&self) -> Result<Option<Job>> {
        Ok(self.open_jobs()?.into_iter().find(|job| job.state.is_waiting()))
    }

    /// Every job that is not final, oldest first.
    pub fn open_jobs(&self) -> Result<Vec<Job>> {
        let transaction = self.database.begin_read()?;
        let (open, jobs) = (transaction.open_table(OPEN)?, transaction.open_table(JOBS)?);
        let mut found = Vec::new();
        for entry in open.iter()? {
            let (_, id) = entry?;
            let record = jobs.get(id.value())?.ok_or(StoreError::Unreadable)?;
            found.push(record::decode_job(record.value())?);
        }
        Ok(found)
    }

    /// Newest first, those with a sequence below `before`.
    pub fn list(&self, subject_id: &str, before: u64, limit: usize) -> Result<Vec<Job>> {
        let transaction = self.database.begin_read()?;
        let jobs = transaction.open_table(JOBS)?;
        let ids: Vec<String> = if subject_id.is_empty() {
            let order = transaction.open_table(ORDER)?;
            let range = order.range(..before)?.rev().take(limit);
            range.map(|entry| Ok(entry?.1.value().to_owned())).collect::<Result<_>>()?
        } else {
            let subjects = transaction.open_table(SUBJECTS)?;
            let range = subjects.range((subject_id, 0)..(subject_id, before))?.rev().take(limit);
            range.map(|entry| Ok(entry?.1.value().to_owned())).collect::<Result<_>>()?
        };
        ids.iter()
            .map(|id| {
                let record = jobs.get(id.as_str())?.ok_or(StoreError::Unreadable)?;
                record::decode_job(record.value())
            })
            .collect()
    }

    /// At most `limit` events of a job with a revision above `after`, oldest first.
    pub fn events(&self, id: &str, after: u64, limit: usize) -> Result<Vec<Event>> {
        let events = self.database.begin_read()?.open_table(EVENTS)?;
        let range = events.range((id, after.saturating_add(1))..=(id, u64::MAX))?.take(limit);
        range.map(|entry| record::decode_event(entry?.1.value())).collect()
    }

    /// Records on every waiting job what keeps the printer from printing; returns how many changed.
    pub fn block_waiting(&self, condition: Condition, moment: Moment) -> Result<usize> {
        let transaction = self.database.begin_write()?;
        let blocked = State::Blocked(condition);
        let mut told = 0;
        for job in open_jobs(&transaction)? {
            if job.state.is_waiting() && job.state != blocked {
                commit_change(&transaction, &job, &Change::Block(condition), moment)?;
                told += 1;
            }
        }
        if told > 0 {
            transaction.commit()?;
        }
        Ok(told)
    }

    pub fn is_uncleared(&self) -> Result<bool> {
        Ok(self.database.begin_read()?.open_table(META)?.get(UNCLEARED)?.is_some())
    }

    /// The printer said that its buffers are empty.
    pub fn cleared(&self) -> Result<()> {
        let transaction = self.database.begin_write()?;
        transaction.open_table(META)?.remove(UNCLEARED)?;
        transaction.commit()?;
        Ok(())
    }
}

fn blank(new: &NewJob, moment: Moment) -> Job {
    Job {
        id: new.id.clone(),
        sequence: 0,
        state: State::Queued,
        copy_number: 0,
        subject_id: new.subject_id.clone(),
        original_job_id: String::new(),
        secret: new.document.is_none(),
        document_hash: new.document_hash,
        salt: new.salt.clone(),
        bytes_sha256: Vec::new(),
        byte_count: 0,
        revision: 1,
        created_ms: moment.wall_ms,
        printed_ms: None,
        copies: 0,
        reprints: 0,
        original_may_exist: false,
    }
}

/// State, event, indexes and the buffer's flag: one change, one transaction.
fn commit_change(transaction: &WriteTransaction, job: &Job, change: &Change, moment: Moment) -> Result<Job> {
    let after = job.after(change, moment.wall_ms).map_err(|_| StoreError::Refused(job.state))?;
    let kind = match change {
        Change::FirstByte => EventKind::FirstByte,
        Change::LastByte => EventKind::LastByte,
        Change::Fence(_) => EventKind::Fence,
        _ => EventKind::State,
    };
    if let Change::Send { paper_um, .. } = change {
        operations::use_paper(transaction, *paper_um)?;
    }
    if after.state.is_final() {
        transaction.open_table(OPEN)?.remove(after.sequence)?;
    }
    let was_sent = matches!(job.state, State::Sending | State::AwaitingFence);
    if was_sent && matches!(after.state, State::InDoubt | State::Failed(_)) {
        transaction.open_table(META)?.insert(UNCLEARED, 1)?;
    }
    write_job(transaction, &after)?;
    write_event(transaction, &Event { kind, job: after.clone(), moment })?;
    if after.state == State::Cancelled && !after.original_job_id.is_empty() {
        give_back_reprint(transaction, &after.original_job_id)?;
    }
    Ok(after)
}

/// A copy that never came out does not count against the limit; its number is not given out again.
fn give_back_reprint(transaction: &WriteTransaction, original_id: &str) -> Result<()> {
    if let Some(mut original) = read_job(transaction, original_id)? {
        original.reprints = original.reprints.saturating_sub(1);
        write_job(transaction, &original)?;
    }
    Ok(())
}

fn open_jobs(transaction: &WriteTransaction) -> Result<Vec<Job>> {
    let open = transaction.open_table(OPEN)?;
    let mut found = Vec::new();
    for entry in open.iter()? {
        let (_, id) = entry?;
        found.push(read_job(transaction, id.value())?.ok_or(StoreError::Unreadable)?);
    }
    Ok(found)
}

fn read_job(transaction: &WriteTransaction, id: &str) -> Result<Option<Job>> {
    let jobs = transaction.open_table(JOBS)?;
    let record = jobs.get(id)?;
    record.map(|record| record::decode_job(record.value())).transpose()
}

fn read_document(transaction: &WriteTransaction, id: &str) -> Result<Option<Vec<u8>>> {
    let documents = transaction.open_table(DOCUMENTS)?;
    let document = documents.get(id)?.map(|bytes| bytes.value().to_vec());
    Ok(document)
}

fn write_job(transaction: &WriteTransaction, job: &Job) -> Result<()> {
    transaction.open_table(JOBS)?.insert(job.id.as_str(), record::encode_job(job).as_slice())?;
    Ok(())
}

fn write_event(transaction: &WriteTransaction, event: &Event) -> Result<()> {
    let key = (event.job.id.as_str(), event.job.revision);
    transaction.open_table(EVENTS)?.insert(key, record::encode_event(event).as_slice())?;
    Ok(())
}

/// Counts from 1, so that 0 can mean "before the first".
fn next(transaction: &WriteTransaction, counter: &str) -> Result<u64> {
    let mut meta = transaction.open_table(META)?;
    let number = meta.get(counter)?.map_or(1, |value| value.value());
    meta.insert(counter, number + 1)?;
    Ok(number)
}

/// Removes the oldest finished job once more than `KEPT_MAX` are kept. One goes for each that comes.
fn prune(transaction: &WriteTransaction) -> Result<()> {
    let mut order = transaction.open_table(ORDER)?;
    let Some((oldest, newest)) = order.first()?.zip(order.last()?).map(|(a, b)| (a.0.value(), b.0.value()))
    else {
        return Ok(());
    };
    if newest - oldest < KEPT_MAX {
        return Ok(());
    }
    let Some(id) = order.get(oldest)?.map(|id| id.value().to_owned()) else { return Ok(()) };
    let job = read_job(transaction, &id)?.ok_or(StoreError::Unreadable)?;
    if !job.state.is_final() {
        return Ok(());
    }
    order.remove(oldest)?;
    transaction.open_table(JOBS)?.remove(id.as_str())?;
    transaction.open_table(DOCUMENTS)?.remove(id.as_str())?;
    transaction.open_table(SUBJECTS)?.remove((job.subject_id.as_str(), oldest))?;
    let mut events = transaction.open_table(EVENTS)?;
    events.retain_in((id.as_str(), 0)..=(id.as_str(), u64::MAX), |_, _| false)?;
    requests::forget(transaction, &id)
}

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod tests;
