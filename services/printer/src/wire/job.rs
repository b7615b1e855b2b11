//! Jobs, events and conditions as the interface shows them.

use chit_proto::printer::v1 as proto;
use jiff::Timestamp;

use crate::domain::condition::Condition;
use crate::domain::job::{Confidence, Failure, Job, State};
use crate::store::{Event, EventKind};

pub fn job(job: &Job) -> proto::Job {
    let (confidence, blocked, failure) = match job.state {
        State::Printed(known) => (confidence(known), None, ""),
        State::Blocked(reason) => (proto::Confidence::Unspecified, Some(reason), ""),
        State::Failed(Failure::ContentLost) => (proto::Confidence::Unspecified, None, "CONTENT_LOST"),
        State::Failed(Failure::Unprintable) => (proto::Confidence::Unspecified, None, "UNPRINTABLE"),
        _ => (proto::Confidence::Unspecified, None, ""),
    };
    proto::Job {
        job_id: job.id.clone(),
        state: state(job.state).into(),
        confidence: confidence.into(),
        blocked_reason: blocked.map_or(proto::PrinterCondition::Unspecified, condition).into(),
        failure_reason: failure.to_owned(),
        copy_number: job.copy_number,
        subject_id: job.subject_id.clone(),
        original_job_id: job.original_job_id.clone(),
        content_sha256: job.bytes_sha256.clone(),
        byte_count: job.byte_count,
        revision: job.revision,
        create_time: Some(time(job.created_ms)),
        printed_time: job.printed_ms.map(time),
        copies: job.copies,
        original_may_exist: job.original_may_exist,
    }
}

pub fn event(event: &Event) -> proto::JobEvent {
    let kind = match event.kind {
        EventKind::State => proto::JobEventKind::State,
        EventKind::FirstByte => proto::JobEventKind::FirstByte,
        EventKind::LastByte => proto::JobEventKind::LastByte,
        EventKind::Fence => proto::JobEventKind::Fence,
    };
    proto::JobEvent {
        revision: event.job.revision,
        kind: kind.into(),
        job: Some(job(&event.job)),
        time: Some(time(event.moment.wall_ms)),
        monotonic_ns: event.moment.monotonic_ns,
    }
}

pub fn condition(condition: Condition) -> proto::PrinterCondition {
    match condition {
        Condition::Ready => proto::PrinterCondition::Ready,
        Condition::Offline => proto::PrinterCondition::Offline,
        Condition::PaperOut => proto::PrinterCondition::PaperOut,
        Condition::CoverOpen => proto::PrinterCondition::CoverOpen,
        Condition::CutterError => proto::PrinterCondition::CutterError,
        Condition::Overheated => proto::PrinterCondition::Overheated,
        Condition::Error => proto::PrinterCondition::Error,
    }
}

fn state(state: State) -> proto::JobState {
    match state {
        State::Queued => proto::JobState::Queued,
        State::Blocked(_) => proto::JobState::Blocked,
        State::Sending => proto::JobState::Sending,
        State::AwaitingFence => proto::JobState::AwaitingFence,
        State::Printed(_) => proto::JobState::Printed,
        State::InDoubt => proto::JobState::InDoubt,
        State::Failed(_) => proto::JobState::Failed,
        State::Cancelled => proto::JobState::Cancelled,
    }
}

pub fn confidence(confidence: Confidence) -> proto::Confidence {
    match confidence {
        Confidence::ProcessId => proto::Confidence::ProcessId,
        Confidence::Fence => proto::Confidence::Fence,
        Confidence::SentOnly => proto::Confidence::SentOnly,
        Confidence::Operator => proto::Confidence::Operator,
        Confidence::Idle => proto::Confidence::Idle,
    }
}

/// Milliseconds come from a `Timestamp`, so they are always in its range.
fn time(ms: i64) -> prost_types::Timestamp {
    chit_runtime::clock::to_proto(Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH))
}
