//! Mutations with a `request_id`: a repeated call gets the first answer, another body under the same id none.

use redb::{ReadableTable, WriteTransaction};

use super::record::{decode_request, encode_request};
use super::tables::{REQUESTS, REQUESTS_OF_JOB};
use super::{Moment, Result, Store, StoreError, commit_change, read_job};
use crate::domain::job::{Change, Job};

/// Who asks, and what, to distinguish a retry from another request.
#[derive(Debug, Clone)]
pub struct Request {
    pub id: String,
    /// SHA-256 of the request as it came.
    pub fingerprint: [u8; 32],
}

impl Store {
    /// Applies a person's change once per request id.
    pub fn change_by(&self, request: &Request, job_id: &str, change: &Change, moment: Moment) -> Result<Job> {
        let transaction = self.database.begin_write()?;
        if let Some((fingerprint, answer)) = first_answer(&transaction, &request.id)? {
            let same = fingerprint == request.fingerprint;
            return if same { Ok(answer) } else { Err(StoreError::Different) };
        }
        let job = read_job(&transaction, job_id)?.ok_or(StoreError::NotFound)?;
        let job = commit_change(&transaction, &job, change, moment)?;
        let record = encode_request(&request.fingerprint, &job);
        transaction.open_table(REQUESTS)?.insert(request.id.as_str(), record.as_slice())?;
        transaction.open_table(REQUESTS_OF_JOB)?.insert((job_id, request.id.as_str()), ())?;
        transaction.commit()?;
        Ok(job)
    }
}

fn first_answer(transaction: &WriteTransaction, id: &str) -> Result<Option<([u8; 32], Job)>> {
    let requests = transaction.open_table(REQUESTS)?;
    let record = requests.get(id)?;
    record.map(|record| decode_request(record.value())).transpose()
}

/// Goes with the job it changed.
pub fn forget(transaction: &WriteTransaction, job_id: &str) -> Result<()> {
    let mut of_job = transaction.open_table(REQUESTS_OF_JOB)?;
    let mut requests = transaction.open_table(REQUESTS)?;
    // Request ids are ASCII (request_id::check), so DEL ends the range.
    let range = (job_id, "")..(job_id, "\u{7f}");
    for entry in of_job.range(range.clone())? {
        requests.remove(entry?.0.value().1)?;
    }
    of_job.retain_in(range, |_, _| false)?;
    Ok(())
}
