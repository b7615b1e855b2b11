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
        StoreError::Database(_)
        | StoreError::OtherKey
        | StoreError::Vault(_)
        | StoreError::NoRandom
        | StoreError::Damaged(_) => {
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
        Refusal::AmountClaimed => status(Code::InvalidArgument, "CLAIM_INVALID", words),
        Refusal::HolderWithoutPhone => status(Code::FailedPrecondition, "HOLDER_WITHOUT_PHONE", words),
        Refusal::HolderHasAnotherPhone => status(Code::FailedPrecondition, "HOLDER_HAS_ANOTHER_PHONE", words),
        Refusal::OldSize => status(Code::Aborted, "CHECKPOINT_OLD_SIZE", words),
        Refusal::LedgerRewritten => {
            tracing::error!(
                "a shop shows a ledger that contradicts what was witnessed of it; ask its people why"
            );
            status(Code::FailedPrecondition, "LEDGER_REWRITTEN", words)
        }
        Refusal::ApprovalRequired => bad_field("approval", "APPROVAL_REQUIRED", words),
        Refusal::PinWrong => status(Code::PermissionDenied, "PIN_WRONG", words),
        Refusal::PinLockedOut => status(Code::PermissionDenied, "PIN_LOCKED_OUT", words),
        Refusal::CardNotLocked => status(Code::FailedPrecondition, "CARD_NOT_LOCKED", words),
        Refusal::CardInUse => status(Code::FailedPrecondition, "CARD_IN_USE", words),
        Refusal::LanguageUnknown => bad_field("language", "LANGUAGE_UNKNOWN", words),
        Refusal::RowNotAssigned => status(Code::FailedPrecondition, "ROW_NOT_ASSIGNED", words),
    }
}

pub fn shop_unknown() -> Status {
    let words =
        "the issuer does not know this shop; its people enter its name and receipt key in [issuer] shops";
    status(Code::PermissionDenied, "SHOP_UNKNOWN", words)
}

pub fn log_unknown() -> Status {
    let words =
        "this witness does not know the ledger; its people enter its key as ledger_key in [issuer] shops";
    status(Code::PermissionDenied, "LOG_UNKNOWN", words)
}

pub fn checkpoint_invalid() -> Status {
    bad_field("checkpoint", "CHECKPOINT_INVALID", "send a checkpoint that its ledger signed, and its proof")
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
