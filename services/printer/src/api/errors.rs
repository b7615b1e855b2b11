//! Refusals as the interface names them; the one place where they become gRPC errors.

use chit_runtime::error::{bad_field, retry_after, status};
use std::time::Duration;
use tonic::{Code, Status};

use crate::store::StoreError;
use crate::wire::Invalid;

/// A full queue empties at the printer's pace.
const QUEUE_RETRY: Duration = Duration::from_secs(5);
const STOPPING_RETRY: Duration = Duration::from_millis(200);
/// Characters in the name of a person.
const ACTOR_LEN_MAX: usize = 64;

/// `refused` names what the job's state does not allow.
pub fn from_store(error: StoreError, refused: &'static str) -> Status {
    match error {
        StoreError::NotFound => status(Code::NotFound, "JOB_NOT_FOUND", error.to_string()),
        StoreError::Different => {
            status(Code::AlreadyExists, "JOB_EXISTS_WITH_DIFFERENT_BODY", error.to_string())
        }
        StoreError::Full => {
            retry_after(Code::ResourceExhausted, "QUEUE_FULL", error.to_string(), QUEUE_RETRY)
        }
        StoreError::Refused(_) => status(Code::FailedPrecondition, refused, error.to_string()),
        StoreError::CopyLimit(_) => status(Code::FailedPrecondition, "COPY_LIMIT_REACHED", error.to_string()),
        StoreError::NotKept => status(
            Code::FailedPrecondition,
            "JOB_CONTENT_NOT_KEPT",
            "a code card is never printed again; issue a new one",
        ),
        StoreError::IsCopy(original) => {
            bad_field("original_job_id", "JOB_NOT_PRINTED", format!("this is a copy itself; copy {original}"))
        }
        StoreError::Stopping => {
            retry_after(Code::Unavailable, "STOPPING", "the service stops; call again", STOPPING_RETRY)
        }
        StoreError::Database(_)
        | StoreError::Unreadable
        | StoreError::Vault(_)
        | StoreError::OtherKey
        | StoreError::Draft(_) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the job journal failed");
            status(Code::Internal, "JOURNAL_FAILED", error.to_string())
        }
    }
}

pub fn from_invalid(invalid: Invalid) -> Status {
    bad_field(&invalid.field, "DOCUMENT_INVALID", invalid.remedy)
}

pub fn check_job_id(field: &str, id: &str) -> Result<(), Status> {
    match id.parse::<ulid::Ulid>() {
        Ok(parsed) if parsed.to_string() == id => Ok(()),
        _ => Err(bad_field(field, "JOB_ID_INVALID", "send a ULID in capital letters")),
    }
}

pub fn check_actor(actor: &str) -> Result<(), Status> {
    if (1..=ACTOR_LEN_MAX).contains(&actor.chars().count()) {
        return Ok(());
    }
    Err(bad_field("actor", "ACTOR_INVALID", format!("say who, in 1 to {ACTOR_LEN_MAX} characters")))
}
