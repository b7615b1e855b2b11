//! The one place where errors of the gateway become gRPC statuses.

use crate::domain::outbox::Refused;
use crate::domain::pdu::text::TextError;
use crate::domain::phone::PhoneError;
use crate::store::StoreError;
use chit_runtime::error::{bad_field, retry_after, status};
use std::error::Error;
use std::time::Duration;
use tonic::{Code, Status};

/// At the default rate of 30 a minute a place in the queue is free by then.
const QUEUE_RETRY: Duration = Duration::from_secs(10);

impl From<StoreError> for Status {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        match error {
            StoreError::NotFound => status(Code::NotFound, "MESSAGE_NOT_FOUND", text),
            StoreError::DifferentBody => {
                let remedy = format!("{text}; use a new id for a new intent");
                status(Code::AlreadyExists, "MESSAGE_EXISTS_WITH_DIFFERENT_BODY", remedy)
            }
            StoreError::QueueFull => retry_after(Code::ResourceExhausted, "QUEUE_FULL", text, QUEUE_RETRY),
            StoreError::NotAfterPassed => bad_field("not_after", "NOT_AFTER_PASSED", "must be in the future"),
            StoreError::DestinationFull { wait_s } => {
                let wait = Duration::from_secs(wait_s);
                retry_after(Code::ResourceExhausted, "DESTINATION_RATE", text, wait)
            }
            StoreError::AckOutOfRange => status(Code::OutOfRange, "ACK_OUT_OF_RANGE", text),
            StoreError::Refused(Refused::NotWaiting) => {
                status(Code::FailedPrecondition, "MESSAGE_NOT_CANCELLABLE", text)
            }
            StoreError::Refused(Refused::NeverSubmitted) => {
                status(Code::FailedPrecondition, "MESSAGE_NOT_UNKNOWN", text)
            }
            StoreError::Refused(Refused::NotResendable) => {
                status(Code::FailedPrecondition, "MESSAGE_NOT_RESENDABLE", text)
            }
            StoreError::Corrupt(_) | StoreError::Vault(_) => {
                tracing::error!(error = &error as &dyn Error, "a record cannot be read");
                status(Code::DataLoss, "RECORD_DAMAGED", text)
            }
            StoreError::Database(_)
            | StoreError::InboxFull
            | StoreError::OtherKey
            | StoreError::Draft(_)
            | StoreError::Stopped => {
                tracing::error!(error = &error as &dyn Error, "storage failed");
                status(Code::Unavailable, "STORAGE_FAILED", text)
            }
        }
    }
}

pub fn bad_number(error: PhoneError) -> Status {
    bad_field("to", "NUMBER_INVALID", error.to_string())
}

pub fn bad_text(error: TextError) -> Status {
    let reason = match error {
        TextError::Empty => "TEXT_EMPTY",
        TextError::Control => "TEXT_INVALID",
        TextError::TooLongGsm7 { .. } | TextError::TooLongUcs2 { .. } | TextError::TooManyParts { .. } => {
            "TEXT_TOO_LONG"
        }
    };
    bad_field("text", reason, error.to_string())
}
