//! Records as stored: a version byte, then a private protobuf message whose field numbers never change meaning.

use prost::Message;

use super::{Result, StoreError};
use crate::domain::condition::Condition;
use crate::domain::job::{Confidence, Failure, Job, State};

const VERSION: u8 = 1;

/// The same instant on the wall and on CLOCK_MONOTONIC, which the recordings use too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub wall_ms: i64,
    pub monotonic_ns: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    State,
    FirstByte,
    LastByte,
    Fence,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    /// The job after it.
    pub job: Job,
    pub moment: Moment,
}

#[derive(Clone, PartialEq, Message)]
struct JobRecord {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(uint64, tag = "2")]
    sequence: u64,
    #[prost(uint32, tag = "3")]
    state: u32,
    /// Confidence, condition or failure, as the state says.
    #[prost(uint32, tag = "4")]
    detail: u32,
    #[prost(uint32, tag = "5")]
    copy_number: u32,
    #[prost(string, tag = "6")]
    subject_id: String,
    #[prost(string, tag = "7")]
    original_job_id: String,
    #[prost(bool, tag = "8")]
    secret: bool,
    #[prost(bytes = "vec", tag = "9")]
    document_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "10")]
    salt: Vec<u8>,
    #[prost(bytes = "vec", tag = "11")]
    bytes_sha256: Vec<u8>,
    #[prost(uint64, tag = "12")]
    byte_count: u64,
    #[prost(uint64, tag = "13")]
    revision: u64,
    #[prost(int64, tag = "14")]
    created_ms: i64,
    #[prost(int64, optional, tag = "15")]
    printed_ms: Option<i64>,
    #[prost(uint32, tag = "16")]
    copies: u32,
    #[prost(uint32, tag = "17")]
    reprints: u32,
    #[prost(bool, tag = "18")]
    original_may_exist: bool,
}

#[derive(Clone, PartialEq, Message)]
struct EventRecord {
    #[prost(uint32, tag = "1")]
    kind: u32,
    #[prost(message, required, tag = "2")]
    job: JobRecord,
    #[prost(int64, tag = "3")]
    wall_ms: i64,
    #[prost(uint64, tag = "4")]
    monotonic_ns: u64,
}

#[derive(Clone, PartialEq, Message)]
struct RequestRecord {
    #[prost(bytes = "vec", tag = "1")]
    fingerprint: Vec<u8>,
    /// The job as the first answer showed it.
    #[prost(message, required, tag = "2")]
    answer: JobRecord,
}

pub fn encode_job(job: &Job) -> Vec<u8> {
    versioned(&to_record(job))
}

pub fn decode_job(bytes: &[u8]) -> Result<Job> {
    from_record(unversioned(bytes)?)
}

pub fn encode_event(event: &Event) -> Vec<u8> {
    versioned(&EventRecord {
        kind: match event.kind {
            EventKind::State => 1,
            EventKind::FirstByte => 2,
            EventKind::LastByte => 3,
            EventKind::Fence => 4,
        },
        job: to_record(&event.job),
        wall_ms: event.moment.wall_ms,
        monotonic_ns: event.moment.monotonic_ns,
    })
}

pub fn decode_event(bytes: &[u8]) -> Result<Event> {
    let record: EventRecord = unversioned(bytes)?;
    Ok(Event {
        kind: match record.kind {
            1 => EventKind::State,
            2 => EventKind::FirstByte,
            3 => EventKind::LastByte,
            4 => EventKind::Fence,
            _ => return Err(StoreError::Unreadable),
        },
        job: from_record(record.job)?,
        moment: Moment { wall_ms: record.wall_ms, monotonic_ns: record.monotonic_ns },
    })
}

pub fn encode_request(fingerprint: &[u8; 32], answer: &Job) -> Vec<u8> {
    versioned(&RequestRecord { fingerprint: fingerprint.to_vec(), answer: to_record(answer) })
}

pub fn decode_request(bytes: &[u8]) -> Result<([u8; 32], Job)> {
    let record: RequestRecord = unversioned(bytes)?;
    let fingerprint = record.fingerprint.try_into().map_err(|_| StoreError::Unreadable)?;
    Ok((fingerprint, from_record(record.answer)?))
}

pub fn versioned(message: &impl Message) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend(message.encode_to_vec());
    bytes
}

pub fn unversioned<M: Message + Default>(bytes: &[u8]) -> Result<M> {
    match bytes {
        [VERSION, message @ ..] => M::decode(message).map_err(|_| StoreError::Unreadable),
        _ => Err(StoreError::Unreadable),
    }
}

fn state_numbers(state: State) -> (u32, u32) {
    match state {
        State::Queued => (1, 0),
        State::Blocked(condition) => (2, condition_number(condition)),
        State::Sending => (3, 0),
        State::AwaitingFence => (4, 0),
        State::Printed(confidence) => (5, confidence_number(confidence)),
        State::InDoubt => (6, 0),
        State::Failed(Failure::ContentLost) => (7, 1),
        State::Failed(Failure::Unprintable) => (7, 2),
        State::Cancelled => (8, 0),
    }
}

fn state_of(state: u32, detail: u32) -> Result<State> {
    Ok(match (state, detail) {
        (1, _) => State::Queued,
        (2, 1) => State::Blocked(Condition::Ready),
        (2, 2) => State::Blocked(Condition::Offline),
        (2, 3) => State::Blocked(Condition::PaperOut),
        (2, 4) => State::Blocked(Condition::CoverOpen),
        (2, 5) => State::Blocked(Condition::CutterError),
        (2, 6) => State::Blocked(Condition::Error),
        (2, 7) => State::Blocked(Condition::Overheated),
        (3, _) => State::Sending,
        (4, _) => State::AwaitingFence,
        (5, 1) => State::Printed(Confidence::ProcessId),
        (5, 2) => State::Printed(Confidence::Fence),
        (5, 3) => State::Printed(Confidence::SentOnly),
        (5, 4) => State::Printed(Confidence::Operator),
        (5, 5) => State::Printed(Confidence::Idle),
        (6, _) => State::InDoubt,
        (7, 1) => State::Failed(Failure::ContentLost),
        (7, 2) => State::Failed(Failure::Unprintable),
        (8, _) => State::Cancelled,
        _ => return Err(StoreError::Unreadable),
    })
}

fn condition_number(condition: Condition) -> u32 {
    match condition {
        Condition::Ready => 1,
        Condition::Offline => 2,
        Condition::PaperOut => 3,
        Condition::CoverOpen => 4,
        Condition::CutterError => 5,
        Condition::Error => 6,
        Condition::Overheated => 7,
    }
}

fn confidence_number(confidence: Confidence) -> u32 {
    match confidence {
        Confidence::ProcessId => 1,
        Confidence::Fence => 2,
        Confidence::SentOnly => 3,
        Confidence::Operator => 4,
        Confidence::Idle => 5,
    }
}

fn to_record(job: &Job) -> JobRecord {
    let (state, detail) = state_numbers(job.state);
    JobRecord {
        id: job.id.clone(),
        sequence: job.sequence,
        state,
        detail,
        copy_number: job.copy_number,
        subject_id: job.subject_id.clone(),
        original_job_id: job.original_job_id.clone(),
        secret: job.secret,
        document_hash: job.document_hash.to_vec(),
        salt: job.salt.clone(),
        bytes_sha256: job.bytes_sha256.clone(),
        byte_count: job.byte_count,
        revision: job.revision,
        created_ms: job.created_ms,
        printed_ms: job.printed_ms,
        copies: job.copies,
        reprints: job.reprints,
        original_may_exist: job.original_may_exist,
    }
}

fn from_record(record: JobRecord) -> Result<Job> {
    Ok(Job {
        state: state_of(record.state, record.detail)?,
        document_hash: record.document_hash.try_into().map_err(|_| StoreError::Unreadable)?,
        id: record.id,
        sequence: record.sequence,
        copy_number: record.copy_number,
        subject_id: record.subject_id,
        original_job_id: record.original_job_id,
        secret: record.secret,
        salt: record.salt,
        bytes_sha256: record.bytes_sha256,
        byte_count: record.byte_count,
        revision: record.revision,
        created_ms: record.created_ms,
        printed_ms: record.printed_ms,
        copies: record.copies,
        reprints: record.reprints,
        original_may_exist: record.original_may_exist,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_survives_the_journal() {
        let conditions = [
            Condition::Ready,
            Condition::Offline,
            Condition::PaperOut,
            Condition::CoverOpen,
            Condition::CutterError,
            Condition::Error,
            Condition::Overheated,
        ];
        let confidences = [
            Confidence::ProcessId,
            Confidence::Fence,
            Confidence::SentOnly,
            Confidence::Operator,
            Confidence::Idle,
        ];
        let states = [State::Queued, State::Sending, State::AwaitingFence, State::InDoubt, State::Cancelled]
            .into_iter()
            .chain(conditions.map(State::Blocked))
            .chain(confidences.map(State::Printed))
            .chain([Failure::ContentLost, Failure::Unprintable].map(State::Failed));
        for state in states {
            let (number, detail) = state_numbers(state);
            assert_eq!(state_of(number, detail).unwrap(), state);
        }
    }

    #[test]
    fn a_record_of_another_version_is_refused() {
        assert!(matches!(decode_job(&[2, 0]), Err(StoreError::Unreadable)));
        assert!(matches!(decode_job(&[]), Err(StoreError::Unreadable)));
    }
}
