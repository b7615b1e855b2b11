//! Why a command did not do what was asked, and the exit code that says so to scripts.

use chit_runtime::ConfigError;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// sysexits.h EX_USAGE, as the services use it.
pub const EXIT_USAGE: u8 = 64;
const EXIT_REFUSED: u8 = 2;
const EXIT_OTHER: u8 = 1;

#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    /// ErrorInfo reason of the service, or one of this program.
    pub reason: String,
    pub message: String,
    /// Field of the request that is wrong; empty = none.
    pub field: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Usage,
    Refused,
    Other,
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Self {
        Self::of(Kind::Usage, "USAGE", message)
    }

    pub fn refused(reason: &str, message: impl Into<String>) -> Self {
        Self::of(Kind::Refused, reason, message)
    }

    pub fn other(reason: &str, message: impl Into<String>) -> Self {
        Self::of(Kind::Other, reason, message)
    }

    pub fn interrupted() -> Self {
        Self::of(Kind::Other, "INTERRUPTED", "interrupted; the work may still continue, see `chit status`")
    }

    fn of(kind: Kind, reason: &str, message: impl Into<String>) -> Self {
        Self { kind, reason: reason.to_owned(), message: message.into(), field: String::new() }
    }

    /// The request has not happened and will not happen by itself.
    pub fn is_certain(&self) -> bool {
        self.kind != Kind::Other
    }

    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Usage => EXIT_USAGE,
            Kind::Refused => EXIT_REFUSED,
            Kind::Other => EXIT_OTHER,
        }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        // Codes of AIP-193 that another try of the same call cannot change.
        use Code::{
            AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, OutOfRange, PermissionDenied,
            ResourceExhausted, Unauthenticated,
        };
        let kind = match status.code() {
            InvalidArgument | NotFound | AlreadyExists | PermissionDenied | FailedPrecondition
            | OutOfRange | ResourceExhausted | Unauthenticated => Kind::Refused,
            _ => Kind::Other,
        };
        let reason = chit_runtime::error::reason_of(&status).unwrap_or_else(|| "UNKNOWN".to_owned());
        let mut message = status.message().to_owned();
        if reason == "SERVICE_UNREACHABLE" {
            message.push_str("; start it, then see `chit doctor`");
        }
        let field: String = status
            .get_error_details()
            .bad_request()
            .and_then(|bad| bad.field_violations.first().map(|violation| violation.field.clone()))
            .unwrap_or_default();
        if field == "approval" {
            message.push_str("; give --approver NAME");
        }
        Self { kind, reason, message, field }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::of(Kind::Usage, "CONFIG", error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::of(Kind::Other, "FAILED", format!("{error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_exits_2_and_a_lost_service_1_with_the_next_step() {
        let refused =
            chit_runtime::error::bad_field("total", "TOTAL_MISMATCH", "must equal the sum of the lines");
        let refused = Failure::from(refused);
        assert_eq!((refused.exit_code(), refused.field.as_str()), (2, "total"));
        let lost = chit_runtime::error::status(Code::Unavailable, "SERVICE_UNREACHABLE", "no socket");
        let lost = Failure::from(lost);
        assert_eq!((lost.exit_code(), lost.reason.as_str()), (1, "SERVICE_UNREACHABLE"));
        assert!(lost.message.contains("chit doctor"));
    }
}
