//! Every error a service answers carries one `ErrorInfo` (AIP-193): a machine-readable reason next to the words.

use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

pub const DOMAIN: &str = "chit";

pub fn status(code: Code, reason: &'static str, message: impl Into<String>) -> Status {
    Status::with_error_details(code, message, info(reason))
}

/// INVALID_ARGUMENT that names the field and says what to send instead.
///
/// ```
/// use chit_runtime::error;
///
/// let refusal = error::bad_field("amount_minor", "AMOUNT_INVALID", "send 1 to 9007199254740991");
/// assert_eq!(refusal.code(), tonic::Code::InvalidArgument);
/// assert_eq!(refusal.message(), "amount_minor: send 1 to 9007199254740991");
/// assert_eq!(error::reason_of(&refusal).as_deref(), Some("AMOUNT_INVALID"));
/// ```
pub fn bad_field(field: &str, reason: &'static str, remedy: impl Into<String>) -> Status {
    let remedy = remedy.into();
    let message = format!("{field}: {remedy}");
    let mut details = info(reason);
    details.add_bad_request_violation(field, remedy);
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// Says when another try makes sense.
pub fn retry_after(code: Code, reason: &'static str, message: impl Into<String>, after: Duration) -> Status {
    let mut details = info(reason);
    details.set_retry_info(Some(after));
    Status::with_error_details(code, message, details)
}

pub fn reason_of(status: &Status) -> Option<String> {
    status.get_error_details().error_info().map(|info| info.reason.clone())
}

/// Gives a status that tonic itself made (unknown method, undecodable body) the reason it lacks.
pub(crate) fn with_reason(status: Status) -> Status {
    if reason_of(&status).is_some() {
        return status;
    }
    Status::with_error_details(status.code(), status.message(), info(name_of(status.code())))
}

fn info(reason: &str) -> ErrorDetails {
    ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new())
}

/// The names of google.rpc.Code, which OpenTelemetry uses too.
pub(crate) const fn name_of(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_carries_one_reason_of_our_domain() {
        let all = [
            status(Code::NotFound, "SALE_UNKNOWN", "no such sale"),
            bad_field("amount", "AMOUNT_NEGATIVE", "must be positive"),
            retry_after(Code::Unavailable, "MODEM_BUSY", "later", Duration::from_secs(1)),
            with_reason(Status::unimplemented("")),
        ];
        for (status, reason) in
            all.iter().zip(["SALE_UNKNOWN", "AMOUNT_NEGATIVE", "MODEM_BUSY", "UNIMPLEMENTED"])
        {
            assert_eq!(reason_of(status).as_deref(), Some(reason));
            assert_eq!(status.get_error_details().error_info().unwrap().domain, DOMAIN);
        }
    }

    #[test]
    fn a_bad_field_is_named_with_its_remedy() {
        let status = bad_field("amount", "AMOUNT_NEGATIVE", "must be positive");
        assert_eq!(status.message(), "amount: must be positive");
        let violations = status.get_error_details().bad_request().unwrap().field_violations.clone();
        assert_eq!(
            (violations[0].field.as_str(), violations[0].description.as_str()),
            ("amount", "must be positive")
        );
    }

    #[test]
    fn a_code_is_named_as_google_names_it() {
        assert_eq!(name_of(Code::Ok), "OK");
        assert_eq!(name_of(Code::DeadlineExceeded), "DEADLINE_EXCEEDED");
    }

    #[test]
    fn a_reason_already_given_is_kept() {
        let status = with_reason(status(Code::NotFound, "SALE_UNKNOWN", "no such sale"));
        assert_eq!(reason_of(&status).as_deref(), Some("SALE_UNKNOWN"));
    }
}
