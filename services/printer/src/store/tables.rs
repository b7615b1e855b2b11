//! Every table of the journal. Records are a version byte and a private protobuf message (`record.rs`).

use redb::{TableDefinition, WriteTransaction};

use super::Result;

// <job_id, JobRecord>
pub const JOBS: TableDefinition<&str, &[u8]> = TableDefinition::new("jobs");
// <job_id, chit.printer.v1.Document as submitted, sealed>; none for secret jobs
pub const DOCUMENTS: TableDefinition<&str, &[u8]> = TableDefinition::new("documents");
// <(job_id, revision), EventRecord>
pub const EVENTS: TableDefinition<(&str, u64), &[u8]> = TableDefinition::new("events");
// <sequence, job_id>
pub const ORDER: TableDefinition<u64, &str> = TableDefinition::new("order");
// <(subject_id, sequence), job_id>
pub const SUBJECTS: TableDefinition<(&str, u64), &str> = TableDefinition::new("subjects");
// <sequence, job_id> of jobs that are not final
pub const OPEN: TableDefinition<u64, &str> = TableDefinition::new("open");
// <request_id, RequestRecord>
pub const REQUESTS: TableDefinition<&str, &[u8]> = TableDefinition::new("requests");
// <(job_id, request_id), ()>
pub const REQUESTS_OF_JOB: TableDefinition<(&str, &str), ()> = TableDefinition::new("requests_of_job");
// <request_id, OperationRecord> of drawer, cut, feed, beep and changes of the roll
pub const OPERATIONS: TableDefinition<&str, &[u8]> = TableDefinition::new("operations");
// <number, request_id>
pub const OPERATION_ORDER: TableDefinition<u64, &str> = TableDefinition::new("operation_order");
// <printer's serial number, LogoRecord>
pub const LOGOS: TableDefinition<&str, &[u8]> = TableDefinition::new("logos");
// <name, number>
pub const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

// <"data key", the journal's data key, wrapped by printer-data.key>
pub const DATA_KEY: TableDefinition<&str, &[u8]> = TableDefinition::new("data_key");

pub fn create(transaction: &WriteTransaction) -> Result<()> {
    transaction.open_table(JOBS)?;
    transaction.open_table(DOCUMENTS)?;
    transaction.open_table(EVENTS)?;
    transaction.open_table(ORDER)?;
    transaction.open_table(SUBJECTS)?;
    transaction.open_table(OPEN)?;
    transaction.open_table(REQUESTS)?;
    transaction.open_table(REQUESTS_OF_JOB)?;
    transaction.open_table(OPERATIONS)?;
    transaction.open_table(OPERATION_ORDER)?;
    transaction.open_table(LOGOS)?;
    transaction.open_table(META)?;
    transaction.open_table(DATA_KEY)?;
    Ok(())
}
