//! Refusals as gRPC errors, in one place.

use chit_runtime::error;
use tonic::{Code, Status};

use crate::domain::refusal::{Refusal, RefusalKind};
use crate::saga::Fault;

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal.kind {
            RefusalKind::BadInput => match &refusal.field {
                Some(field) => return error::bad_field(field, refusal.reason, refusal.message),
                None => Code::InvalidArgument,
            },
            RefusalKind::NotFound => Code::NotFound,
            RefusalKind::WrongState => Code::FailedPrecondition,
            RefusalKind::NotAllowed => Code::PermissionDenied,
            RefusalKind::Conflict => Code::AlreadyExists,
            RefusalKind::Unavailable => Code::ResourceExhausted,
            RefusalKind::Stopping => Code::Unavailable,
            RefusalKind::Internal => {
                tracing::error!(%refusal, "internal");
                Code::Internal
            }
        };
        error::status(code, refusal.reason, refusal.to_string())
    }
}

/// A far side's error is told as ours: its reason stays, its code does not leak another service's meaning.
pub fn far_status(fault: Fault) -> Status {
    match fault {
        Fault::State(refusal) => refusal.into(),
        Fault::Away(status) => error::status(
            Code::Unavailable,
            "SERVICE_UNREACHABLE",
            format!("another service does not answer: {}", status.message()),
        ),
        Fault::Refused { status, .. } => status,
    }
}
