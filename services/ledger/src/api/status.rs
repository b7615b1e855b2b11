//! Every error of the ledger as a gRPC status.

use std::time::Duration;

use chit_runtime::error::{bad_field, retry_after, status};
use tonic::{Code, Status};

use crate::domain::{Reason, Refusal, StorageError};
use crate::wire::{FIELD_INVALID, FieldFault};
use crate::writer::WriteError;

/// A full queue drains within a few commits.
const QUEUE_FULL_RETRY: Duration = Duration::from_millis(50);

impl From<FieldFault> for Status {
    fn from(fault: FieldFault) -> Self {
        bad_field(fault.field, fault.reason, fault.remedy)
    }
}

impl From<WriteError> for Status {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(refusal) => refused(&refusal),
            WriteError::QueueFull => {
                let text = "too many writes are waiting: repeat the same request a little later";
                retry_after(Code::ResourceExhausted, "QUEUE_FULL", text, QUEUE_FULL_RETRY)
            }
            WriteError::Stopping => {
                let text =
                    "the ledger stopped before it could answer: repeat the same request with the same id";
                status(Code::Unavailable, "LEDGER_STOPPING", text)
            }
        }
    }
}

fn refused(refusal: &Refusal) -> Status {
    let code = match refusal.reason {
        Reason::AccountNotFound | Reason::PendingNotFound => Code::NotFound,
        Reason::ExistsWithDifferentBody => Code::AlreadyExists,
        Reason::SameAccount | Reason::CurrencyMismatch => Code::InvalidArgument,
        Reason::AmountOverflow => Code::OutOfRange,
        Reason::AccountClosed
        | Reason::AccountFrozen
        | Reason::CreditLimitExceeded
        | Reason::BalanceExceeded
        | Reason::AmountExceedsPending
        | Reason::PendingAlreadyResolved
        | Reason::PendingExpired
        | Reason::NotPending
        | Reason::LinkedFailed => Code::FailedPrecondition,
    };
    status(code, refusal.reason.as_str(), refusal.to_string())
}

pub fn bad(field: &str, remedy: &'static str) -> Status {
    bad_field(field, FIELD_INVALID, remedy)
}

pub fn not_found(reason: &'static str, text: &'static str) -> Status {
    status(Code::NotFound, reason, text)
}

/// The id is spent by a refusal; the answer names the first one's reason.
pub fn already_failed(first: Reason) -> Status {
    let text = format!("the transfer was refused with {}: {}", first.as_str(), first.text());
    status(Code::FailedPrecondition, "ID_ALREADY_FAILED", text)
}

pub fn storage(error: StorageError) -> Status {
    let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    tracing::error!(%error, source, "reading failed");
    status(Code::Internal, "STORAGE_FAILED", "the ledger's file could not be read: see the ledger's log")
}

pub fn lost(error: tokio::task::JoinError) -> Status {
    tracing::error!(%error, "a reading task ended early");
    status(Code::Internal, "STORAGE_FAILED", "the ledger's file could not be read: see the ledger's log")
}
