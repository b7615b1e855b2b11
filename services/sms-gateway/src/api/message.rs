//! Outgoing messages on the wire, without number and text.

use super::pb;
use crate::domain::outbox::{Class, State};
use crate::domain::pdu::Encoding;
use crate::store::Row;
use chit_runtime::clock::to_proto;
use chit_runtime::error::bad_field;
use tonic::Status;
use ulid::Ulid;

/// One spelling only, or two ids could mean one message.
pub fn check_id(id: &str) -> Result<(), Status> {
    match Ulid::from_string(id) {
        Ok(ulid) if ulid.to_string() == id => Ok(()),
        _ => Err(bad_field("message_id", "MESSAGE_ID_INVALID", "must be a ULID of 26 upper-case characters")),
    }
}

pub fn encode(row: &Row) -> pb::Message {
    let message = &row.message;
    pb::Message {
        message_id: message.id.clone(),
        class: class(message.class).into(),
        state: state(message.state).into(),
        text_chars: message.units,
        encoding: encoding(message.encoding).into(),
        submits: message.submits,
        possible_duplicate: message.possible_duplicate,
        subject_id: message.subject_id.clone(),
        failure_reason: message.failure_reason.clone(),
        create_time: Some(to_proto(message.created_at)),
        submit_time: message.submitted_at.map(to_proto),
        deliver_time: message.delivered_at.map(to_proto),
        revision: row.revision,
        held: message.held,
        priority: message.priority.into(),
        parts: message.parts.into(),
        modem: message.modem.clone(),
        not_before: message.not_before.map(to_proto),
        not_after: message.not_after.map(to_proto),
    }
}

fn class(class: Class) -> pb::MessageClass {
    match class {
        Class::Challenge => pb::MessageClass::Challenge,
        Class::Notice => pb::MessageClass::Notice,
        Class::Answer => pb::MessageClass::Answer,
    }
}

fn encoding(encoding: Encoding) -> pb::Encoding {
    match encoding {
        Encoding::Gsm7 => pb::Encoding::Gsm7,
        Encoding::Ucs2 => pb::Encoding::Ucs2,
    }
}

fn state(state: State) -> pb::MessageState {
    match state {
        State::Queued => pb::MessageState::Queued,
        State::Submitting => pb::MessageState::Submitting,
        State::Submitted => pb::MessageState::Submitted,
        State::Delivered => pb::MessageState::Delivered,
        State::Undelivered => pb::MessageState::Undelivered,
        State::ReportTimeout => pb::MessageState::ReportTimeout,
        State::RetryWait { .. } => pb::MessageState::RetryWait,
        State::Unknown { .. } => pb::MessageState::Unknown,
        State::Failed => pb::MessageState::Failed,
        State::Expired => pb::MessageState::Expired,
        State::Cancelled => pb::MessageState::Cancelled,
    }
}
