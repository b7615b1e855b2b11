//! Answers to a POST: nothing, where to go, an error in words, or the question for a second person's PIN.

use axum::response::{Html, IntoResponse, Response};
use chit_proto::checkout::v1::{Approval, DeviceStatus, ListStaffRequest, StaffRole};
use chit_runtime::error::reason_of;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use tonic::{Code, Status};

use crate::peers::call;
use crate::till::Till;
use crate::view::approval::{People, Resubmission};
use crate::view::{self, Reader};

/// Where the page's script goes next.
pub const GO: HeaderName = HeaderName::from_static("x-chit-go");
/// The element into which the page's script puts the answer.
pub const INTO: HeaderName = HeaderName::from_static("x-chit-into");

/// Other people's PINs, if the form had them. No Debug: the PIN must not reach a log.
#[derive(Clone, Deserialize, Default)]
pub struct ApprovalFields {
    #[serde(default)]
    pub approver: String,
    #[serde(default)]
    pub pin: String,
    #[serde(default)]
    pub second: String,
    #[serde(default)]
    pub second_pin: String,
}

impl ApprovalFields {
    /// The request's id: a try with a PIN is an intent of its own, as the first try had another body.
    pub fn intent(&self, rid: &str) -> String {
        if self.approver.is_empty() { rid.to_owned() } else { format!("{rid}-a") }
    }

    pub fn approval(&self) -> Option<Approval> {
        (!self.approver.is_empty()).then(|| Approval { actor: self.approver.clone(), pin: self.pin.clone() })
    }

    pub fn second_approval(&self) -> Option<Approval> {
        (!self.second.is_empty())
            .then(|| Approval { actor: self.second.clone(), pin: self.second_pin.clone() })
    }
}

pub fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

pub fn go(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::NO_CONTENT, HeaderMap::from_iter([(GO, to)])).into_response()
}

pub fn refused(reader: &Reader, status: &Status) -> Response {
    let reason = reason_of(status).unwrap_or_default();
    if matches!(status.code(), Code::Internal | Code::Unknown) {
        tracing::warn!(code = ?status.code(), reason, "checkout failed");
    }
    into("notice", http_of(status), view::notice(reader, &reason))
}

/// The till's own refusal, before any call to checkout.
pub fn refused_as(reader: &Reader, code: StatusCode, reason: &str) -> Response {
    into("notice", code, view::notice(reader, reason))
}

/// It was done, and this is what was done.
pub fn told(html: maud::Markup) -> Response {
    into("notice", StatusCode::OK, html)
}

/// A question in the dialog, before anything is done.
pub fn ask(html: maud::Markup) -> Response {
    into("ask", StatusCode::CONFLICT, html)
}

pub fn still_broken(reader: &Reader, devices: &[DeviceStatus]) -> Response {
    into("notice", StatusCode::CONFLICT, view::trouble::still(reader, devices))
}

fn into(element: &'static str, code: StatusCode, html: maud::Markup) -> Response {
    (code, [(INTO, element)], Html(html.into_string())).into_response()
}

/// Asks for a second person's PIN where that helps; else shows the refusal.
pub async fn ask_or_refuse(
    till: &Till,
    reader: &Reader,
    status: &Status,
    again: Resubmission<'_>,
) -> Response {
    let reason = reason_of(status).unwrap_or_default();
    let pin_helps = matches!(
        reason.as_str(),
        "APPROVAL_REQUIRED"
            | "SECOND_APPROVAL_REQUIRED"
            | "SAME_PERSON"
            | "PERSON_NOT_CONFIRMED"
            | "PIN_WRONG"
            | "PIN_LOCKED_OUT"
            | "ROLE_TOO_LOW"
            | "OWN_SALE"
            | "OWN_PAYER"
    );
    // Goods were scanned while the PIN was typed: the approver is shown the new sum.
    let is_another_sum = reason == "BASKET_CHANGED" && !again.was.is_empty();
    if !pin_helps && !is_another_sum {
        return refused(reader, status);
    }
    let why = match reason.as_str() {
        "APPROVAL_REQUIRED" if again.two => "SECOND_APPROVAL_REQUIRED",
        "APPROVAL_REQUIRED" if again.owner => "OWNER_APPROVAL_REQUIRED",
        other => other,
    };
    let html = view::approval::dialog(reader, why, &again, &people(till, &again).await);
    into("ask", StatusCode::FORBIDDEN, html)
}

/// Supervisors and owners except the sale's own cashier, or owners alone; as the second person, all staff.
async fn people(till: &Till, again: &Resubmission<'_>) -> People {
    let answer = call!(till.peers.staff.list_staff(ListStaffRequest {})).await;
    let staff = answer.map(|answer| answer.staff).unwrap_or_default();
    let least = if again.owner { StaffRole::Owner } else { StaffRole::Supervisor };
    let may = staff.iter().filter(|member| {
        let role = member.role();
        role != StaffRole::Auditor && role >= least && member.name != again.cashier
    });
    People {
        approvers: may.map(|member| member.name.clone()).collect(),
        seconds: staff.iter().map(|member| member.name.clone()).collect(),
    }
}

pub fn http_of(status: &Status) -> StatusCode {
    match status.code() {
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::InvalidArgument | Code::OutOfRange => StatusCode::UNPROCESSABLE_ENTITY,
        Code::PermissionDenied | Code::Unauthenticated => StatusCode::FORBIDDEN,
        Code::FailedPrecondition | Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
