//! Refusals as gRPC errors, in one place.

use chit_runtime::error;
use tonic::{Code, Status};

use crate::peers::Fault;
use crate::values::refusal::{Refusal, RefusalKind};

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal.kind {
            RefusalKind::BadInput => match &refusal.field {
                Some(field) => return error::bad_field(field, refusal.reason.as_str(), refusal.message),
                None => Code::InvalidArgument,
            },
            RefusalKind::NotFound => Code::NotFound,
            RefusalKind::WrongState => Code::FailedPrecondition,
            RefusalKind::NotSignedIn => Code::Unauthenticated,
            RefusalKind::NotAllowed => Code::PermissionDenied,
            RefusalKind::Conflict => Code::AlreadyExists,
            RefusalKind::Unavailable | RefusalKind::Stopping => Code::Unavailable,
            RefusalKind::Internal => {
                tracing::error!(%refusal, "internal");
                Code::Internal
            }
        };
        error::status(code, refusal.reason.as_str(), refusal.to_string())
    }
}

/// Another service's error as ours: its reason stays, its code does not leak another service's meaning.
pub fn peer_status(fault: Fault) -> Status {
    match fault {
        Fault::State(refusal) => refusal.into(),
        Fault::Waits => {
            error::status(Code::Unavailable, "SERVICE_UNREACHABLE", "another service waits for a person")
        }
        Fault::Away(status) => error::status(
            Code::Unavailable,
            "SERVICE_UNREACHABLE",
            format!("another service does not answer: {}", status.message()),
        ),
        Fault::Refused { status, .. } => status,
    }
}
