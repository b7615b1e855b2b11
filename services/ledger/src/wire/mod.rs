//! Domain values ↔ messages of `chit.ledger.v1`, for the API and for the journal alike.

mod account;
mod fact;
mod transfer;

pub use account::{account_terms, account_to_pb};
pub use fact::{fact, fact_to_pb, recorded_fact_to_pb};
pub use transfer::{
    accepted_transfer, request_to_pb, stamped_transfer_to_pb, transfer_request, transfer_to_pb,
};

use crate::domain::{AccountId, Actor, Currency, FactId, Subject, TransferId, UnixMicros};

const MICROS: i64 = 1_000_000;

/// A field that cannot be understood, and what to send instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {remedy}")]
pub struct FieldFault {
    pub field: &'static str,
    pub reason: &'static str,
    pub remedy: &'static str,
}

/// `ErrorInfo.reason` of a malformed field that has no reason of its own.
pub const FIELD_INVALID: &str = "FIELD_INVALID";
const ULID: &str = "must be a ULID: 26 characters of upper-case Crockford base32";
const LABEL: &str = "must have 1 to 64 characters and no control characters";

const fn fault(field: &'static str, remedy: &'static str) -> FieldFault {
    FieldFault { field, reason: FIELD_INVALID, remedy }
}

pub fn account_id(field: &'static str, text: &str) -> Result<AccountId, FieldFault> {
    AccountId::parse(text).ok_or(fault(field, ULID))
}

pub fn transfer_id(field: &'static str, text: &str) -> Result<TransferId, FieldFault> {
    TransferId::parse(text).ok_or(fault(field, ULID))
}

pub fn fact_id(field: &'static str, text: &str) -> Result<FactId, FieldFault> {
    FactId::parse(text).ok_or(fault(field, ULID))
}

pub fn actor(field: &'static str, text: &str) -> Result<Actor, FieldFault> {
    Actor::parse(text).ok_or(fault(field, LABEL))
}

pub fn subject(field: &'static str, text: &str) -> Result<Subject, FieldFault> {
    Subject::parse(text).ok_or(fault(field, LABEL))
}

fn currency(field: &'static str, text: &str) -> Result<Currency, FieldFault> {
    let remedy = "must be an ISO 4217 alphabetic code of a currency with minor units, for example CNY";
    Currency::parse(text).ok_or(FieldFault { field, reason: "CURRENCY_UNKNOWN", remedy })
}

fn optional_subject(field: &'static str, text: &str) -> Result<Option<Subject>, FieldFault> {
    if text.is_empty() { Ok(None) } else { subject(field, text).map(Some) }
}

pub fn timestamp(time: UnixMicros) -> prost_types::Timestamp {
    let nanos = i32::try_from(time.0.rem_euclid(MICROS) * 1000).expect("less than a second in nanoseconds");
    prost_types::Timestamp { seconds: time.0.div_euclid(MICROS), nanos }
}
