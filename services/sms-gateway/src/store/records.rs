//! Records as stored: a version byte, then protobuf fields private to this service. Times are microseconds.

use super::txn::Sealed;
use super::{Result, StoreError};
use crate::domain::outbox::{Class, OnUnknown, Outgoing, Reference, State};
use crate::domain::pdu::Encoding;
use crate::domain::phone::{PhoneE164, SmsText};
use jiff::Timestamp;
use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub struct MessageRecord {
    #[prost(uint64, tag = "1")]
    pub number: u64,
    #[prost(uint64, tag = "2")]
    pub revision: u64,
    #[prost(string, tag = "3")]
    id: String,
    #[prost(string, tag = "4")]
    to: String,
    #[prost(string, tag = "5")]
    text: String,
    #[prost(uint32, tag = "6")]
    class: u32,
    #[prost(string, tag = "7")]
    subject_id: String,
    #[prost(int64, optional, tag = "8")]
    not_after: Option<i64>,
    #[prost(uint32, tag = "9")]
    encoding: u32,
    #[prost(uint32, tag = "10")]
    units: u32,
    #[prost(int64, tag = "11")]
    created_at: i64,
    #[prost(uint32, tag = "12")]
    state: u32,
    /// RETRY_WAIT until, UNKNOWN since.
    #[prost(int64, tag = "13")]
    state_time: i64,
    #[prost(uint32, tag = "14")]
    submits: u32,
    #[prost(uint32, tag = "15")]
    unknown_submits: u32,
    #[prost(uint32, tag = "16")]
    refusals: u32,
    #[prost(uint32, tag = "17")]
    busy: u32,
    #[prost(bool, tag = "18")]
    resent: bool,
    #[prost(bool, tag = "19")]
    possible_duplicate: bool,
    #[prost(bool, tag = "20")]
    report_requested: bool,
    #[prost(string, tag = "21")]
    failure_reason: String,
    #[prost(message, repeated, tag = "22")]
    references: Vec<ReferenceRecord>,
    #[prost(int64, optional, tag = "23")]
    submitted_at: Option<i64>,
    #[prost(int64, optional, tag = "24")]
    delivered_at: Option<i64>,
    /// 0 in records of the first version: by class.
    #[prost(uint32, tag = "25")]
    priority: u32,
    #[prost(uint32, tag = "26")]
    on_unknown: u32,
    #[prost(uint32, tag = "27")]
    client: u32,
    /// 0 in records of the first version: 1.
    #[prost(uint32, tag = "28")]
    parts: u32,
    #[prost(bool, tag = "29")]
    held: bool,
    #[prost(uint32, tag = "30")]
    accepted_parts: u32,
    #[prost(uint32, tag = "31")]
    delivered_parts: u32,
    #[prost(string, tag = "32")]
    modem: String,
    #[prost(int64, optional, tag = "33")]
    not_before: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ReferenceRecord {
    #[prost(string, tag = "1")]
    modem: String,
    #[prost(uint32, optional, tag = "2")]
    number: Option<u32>,
    #[prost(int64, tag = "3")]
    at: i64,
    #[prost(uint32, tag = "4")]
    part: u32,
}

#[derive(Clone, PartialEq, Message)]
pub struct RequestRecord {
    #[prost(bytes = "vec", tag = "1")]
    pub fingerprint: Vec<u8>,
    /// The first answer.
    #[prost(message, optional, tag = "2")]
    pub answer: Option<MessageRecord>,
    #[prost(int64, tag = "3")]
    pub at: i64,
}

pub fn time(microseconds: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(microseconds).map_err(|_| StoreError::Corrupt("time"))
}

impl Sealed for MessageRecord {
    const WHAT: &'static str = "message";
}

impl Sealed for RequestRecord {
    const WHAT: &'static str = "request";
}

impl MessageRecord {
    pub fn of(message: &Outgoing, number: u64, revision: u64) -> Self {
        let (state, state_time) = state_fields(message.state);
        Self {
            number,
            revision,
            id: message.id.clone(),
            to: message.to.as_str().to_owned(),
            text: message.text.0.clone(),
            class: class_number(message.class),
            subject_id: message.subject_id.clone(),
            not_after: message.not_after.map(Timestamp::as_microsecond),
            encoding: match message.encoding {
                Encoding::Gsm7 => 1,
                Encoding::Ucs2 => 2,
            },
            units: message.units,
            created_at: message.created_at.as_microsecond(),
            state,
            state_time,
            submits: message.submits,
            unknown_submits: message.unknown_submits,
            refusals: message.refusals,
            busy: message.busy,
            resent: message.resent,
            possible_duplicate: message.possible_duplicate,
            report_requested: message.report_requested,
            failure_reason: message.failure_reason.clone(),
            references: message.references.iter().map(ReferenceRecord::of).collect(),
            submitted_at: message.submitted_at.map(Timestamp::as_microsecond),
            delivered_at: message.delivered_at.map(Timestamp::as_microsecond),
            priority: message.priority.into(),
            on_unknown: match message.on_unknown {
                OnUnknown::Hold => 1,
                OnUnknown::ResendOnce => 2,
            },
            client: message.client,
            parts: message.parts.into(),
            held: message.held,
            accepted_parts: message.accepted_parts.into(),
            delivered_parts: message.delivered_parts.into(),
            modem: message.modem.clone(),
            not_before: message.not_before.map(Timestamp::as_microsecond),
        }
    }

    pub fn message(self) -> Result<Outgoing> {
        let class = class(self.class)?;
        Ok(Outgoing {
            state: state(self.state, self.state_time)?,
            id: self.id,
            to: PhoneE164::parse(&self.to).map_err(|_| StoreError::Corrupt("number"))?,
            text: SmsText(self.text),
            class,
            priority: match self.priority {
                0 => class.priority(),
                given => small(given)?,
            },
            on_unknown: match self.on_unknown {
                0 => class.on_unknown(),
                1 => OnUnknown::Hold,
                2 => OnUnknown::ResendOnce,
                _ => return Err(StoreError::Corrupt("policy")),
            },
            client: self.client,
            parts: small(self.parts.max(1))?,
            held: self.held,
            accepted_parts: small(self.accepted_parts)?,
            delivered_parts: small(self.delivered_parts)?,
            modem: self.modem,
            subject_id: self.subject_id,
            not_before: self.not_before.map(time).transpose()?,
            not_after: self.not_after.map(time).transpose()?,
            encoding: match self.encoding {
                1 => Encoding::Gsm7,
                2 => Encoding::Ucs2,
                _ => return Err(StoreError::Corrupt("encoding")),
            },
            units: self.units,
            created_at: time(self.created_at)?,
            submits: self.submits,
            unknown_submits: self.unknown_submits,
            resent: self.resent,
            refusals: self.refusals,
            busy: self.busy,
            possible_duplicate: self.possible_duplicate,
            report_requested: self.report_requested,
            failure_reason: self.failure_reason,
            references: self.references.into_iter().map(ReferenceRecord::reference).collect::<Result<_>>()?,
            submitted_at: self.submitted_at.map(time).transpose()?,
            delivered_at: self.delivered_at.map(time).transpose()?,
        })
    }
}

impl ReferenceRecord {
    fn of(reference: &Reference) -> Self {
        Self {
            modem: reference.modem.clone(),
            number: reference.number.map(u32::from),
            at: reference.at.as_microsecond(),
            part: reference.part.into(),
        }
    }

    fn reference(self) -> Result<Reference> {
        let number = self.number.map(small).transpose()?;
        Ok(Reference { modem: self.modem, number, at: time(self.at)?, part: small(self.part)? })
    }
}

fn small<T: TryFrom<u32>>(number: u32) -> Result<T> {
    T::try_from(number).map_err(|_| StoreError::Corrupt("number"))
}

fn class_number(class: Class) -> u32 {
    match class {
        Class::Challenge => 1,
        Class::Notice => 2,
        Class::Answer => 3,
    }
}

fn class(number: u32) -> Result<Class> {
    Ok(match number {
        1 => Class::Challenge,
        2 => Class::Notice,
        3 => Class::Answer,
        _ => return Err(StoreError::Corrupt("class")),
    })
}

fn state_fields(state: State) -> (u32, i64) {
    match state {
        State::Queued => (1, 0),
        State::Submitting => (3, 0),
        State::Submitted => (4, 0),
        State::Delivered => (5, 0),
        State::Undelivered => (6, 0),
        State::ReportTimeout => (7, 0),
        State::RetryWait { until } => (8, until.as_microsecond()),
        State::Unknown { since } => (9, since.as_microsecond()),
        State::Failed => (10, 0),
        State::Expired => (11, 0),
        State::Cancelled => (12, 0),
    }
}

fn state(number: u32, at: i64) -> Result<State> {
    Ok(match number {
        // 2: claimed and not handed over, in files of the first version.
        1 | 2 => State::Queued,
        3 => State::Submitting,
        4 => State::Submitted,
        5 => State::Delivered,
        6 => State::Undelivered,
        7 => State::ReportTimeout,
        8 => State::RetryWait { until: time(at)? },
        9 => State::Unknown { since: time(at)? },
        10 => State::Failed,
        11 => State::Expired,
        12 => State::Cancelled,
        _ => return Err(StoreError::Corrupt("state")),
    })
}
