//! Refusals as the interface names them; the one place where they become gRPC errors.

use std::time::Duration;

use chit_runtime::error::{bad_field, retry_after, status};
use tonic::{Code, Status};

use crate::domain::Refusal;
use crate::store::StoreError;

const STOPPING_RETRY: Duration = Duration::from_millis(200);

pub fn from_store(error: StoreError) -> Status {
    let words = error.to_string();
    match error {
        StoreError::Refused(refusal) => refused(refusal, words),
        StoreError::Different => status(Code::AlreadyExists, "REQUEST_ID_REUSED", words),
        StoreError::MadeBefore => status(Code::AlreadyExists, "CARDS_MADE_BEFORE", words),
        StoreError::Stopping => retry_after(Code::Unavailable, "ISSUER_STOPPING", words, STOPPING_RETRY),
        StoreError::Database(_) | StoreError::OtherKey | StoreError::Vault(_) | StoreError::Damaged(_) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the issuer's store failed");
            status(Code::Internal, "ISSUER_STORE_FAILED", words)
        }
    }
}

fn refused(refusal: Refusal, words: String) -> Status {
    match refusal {
        Refusal::CardUnknown => status(Code::NotFound, "CARD_UNKNOWN", words),
        Refusal::CardLost => status(Code::FailedPrecondition, "CARD_REPORTED_LOST", words),
        Refusal::RowsExhausted => status(Code::FailedPrecondition, "CARD_ROWS_EXHAUSTED", words),
        Refusal::ClaimsDiffer => status(Code::InvalidArgument, "CLAIMS_DIFFER", words),
        Refusal::RowNotAssigned => status(Code::FailedPrecondition, "ROW_NOT_ASSIGNED", words),
    }
}

pub fn shop_unknown() -> Status {
    let words =
        "the issuer does not know this shop; its people enter its name and receipt key in [issuer] shops";
    status(Code::PermissionDenied, "SHOP_UNKNOWN", words)
}

pub fn signature_invalid() -> Status {
    let words = "the request is not signed by the receipt key under which the issuer knows this shop";
    status(Code::PermissionDenied, "SHOP_SIGNATURE_INVALID", words)
}

pub fn request_id(text: &str) -> Result<[u8; 16], Status> {
    match text.parse::<ulid::Ulid>() {
        Ok(id) if id.to_string() == text => Ok(id.to_bytes()),
        _ => Err(bad_field("request_id", "REQUEST_ID_INVALID", "send a ULID in capital letters")),
    }
}
