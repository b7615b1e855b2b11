//! The people of the shop: who works here, everybody's own PIN, and for an owner who comes and goes.

use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse, Response};
use chit_proto::checkout::v1::{
    AddStaffRequest, ChangePinRequest, DisableStaffRequest, ResetPinRequest, RevokeDeviceRequest, StaffRole,
};
use http::StatusCode;
use serde::Deserialize;

use super::App;
use crate::pages::answer::{self, ApprovalFields};
use crate::pages::regions::regions;
use crate::pages::visitor::SignedIn;
use crate::peers::call;
use crate::view::approval::Resubmission;
use crate::view::{Page, people as view};

/// No Debug: PINs must not reach a log.
#[derive(Deserialize)]
pub struct PinForm {
    #[serde(default)]
    pin: String,
    #[serde(default)]
    new_pin: String,
    #[serde(default)]
    again: String,
}

#[derive(Deserialize)]
pub struct PersonForm {
    rid: String,
    #[serde(default)]
    name: String,
    /// "CASHIER", "SUPERVISOR", "OWNER" or "AUDITOR".
    #[serde(default)]
    role: String,
    #[serde(flatten)]
    approval: ApprovalFields,
}

impl PersonForm {
    fn rid(&self) -> String {
        self.approval.intent(&self.rid)
    }
}

pub async fn page(State(till): App, staff: SignedIn) -> Response {
    let regions = regions(&till, &staff, &Page::People).await;
    let rid = ulid::Ulid::generate().to_string();
    let owner = staff.session.is_at_least(StaffRole::Owner);
    Html(view::page(&staff.reader, &regions, till.scene().up(), owner, &rid).into_string()).into_response()
}

/// Alone, with nothing else to press: a one-time PIN opens only this.
pub async fn pin_page(State(till): App, staff: SignedIn) -> Response {
    let one_time = staff.session.must_change_pin;
    Html(view::pin_page(&staff.reader, till.scene().up(), one_time).into_string()).into_response()
}

pub async fn change_pin(State(till): App, staff: SignedIn, Form(form): Form<PinForm>) -> Response {
    if form.new_pin != form.again {
        return answer::refused_as(&staff.reader, StatusCode::UNPROCESSABLE_ENTITY, "PIN_NOT_THE_SAME");
    }
    let request = ChangePinRequest { pin: form.pin, new_pin: form.new_pin };
    match call!(till.peers.staff.change_pin(request)).await {
        Ok(_) => {
            till.sessions.pin_changed(&staff.token);
            answer::go("/")
        }
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

pub async fn add(State(till): App, staff: SignedIn, Form(form): Form<PersonForm>) -> Response {
    let role = StaffRole::from_str_name(&format!("STAFF_ROLE_{}", form.role)).unwrap_or_default();
    let request = AddStaffRequest {
        request_id: form.rid(),
        name: form.name.trim().to_owned(),
        role: role.into(),
        approval: form.approval.approval(),
    };
    let status = match call!(till.peers.staff.add_staff(request)).await {
        Ok(added) => {
            let name = added.member.unwrap_or_default().name;
            return told(&staff, &name, &added.one_time_pin);
        }
        Err(status) => status,
    };
    let fields = [("rid", form.rid.as_str()), ("name", &form.name), ("role", &form.role)];
    let again = Resubmission {
        action: "/people/add",
        fields: &fields,
        words: "approve-person",
        owner: true,
        ..Resubmission::default()
    };
    answer::ask_or_refuse(&till, &staff.reader, &status, again).await
}

pub async fn reset_pin(State(till): App, staff: SignedIn, Form(form): Form<PersonForm>) -> Response {
    let request = ResetPinRequest {
        request_id: form.rid(),
        name: form.name.clone(),
        approval: form.approval.approval(),
    };
    match call!(till.peers.staff.reset_pin(request)).await {
        Ok(reset) => told(&staff, &form.name, &reset.one_time_pin),
        Err(status) => ask(&till, &staff, &form, "/people/reset-pin", "approve-reset-pin", &status).await,
    }
}

pub async fn disable(State(till): App, staff: SignedIn, Form(form): Form<PersonForm>) -> Response {
    let request = DisableStaffRequest {
        request_id: form.rid(),
        name: form.name.clone(),
        approval: form.approval.approval(),
    };
    match call!(till.peers.staff.disable_staff(request)).await {
        Ok(_) => answer::go("/people"),
        Err(status) => ask(&till, &staff, &form, "/people/disable", "approve-disable", &status).await,
    }
}

pub async fn revoke(State(till): App, staff: SignedIn, Form(form): Form<PersonForm>) -> Response {
    let request = RevokeDeviceRequest {
        request_id: form.rid(),
        name: form.name.clone(),
        approval: form.approval.approval(),
    };
    match call!(till.peers.devices.revoke_device(request)).await {
        Ok(_) => answer::go("/people"),
        Err(status) => ask(&till, &staff, &form, "/people/revoke", "approve-revoke", &status).await,
    }
}

async fn ask(
    till: &crate::till::Till,
    staff: &SignedIn,
    form: &PersonForm,
    action: &str,
    words: &str,
    status: &tonic::Status,
) -> Response {
    let fields = [("rid", form.rid.as_str()), ("name", &form.name)];
    let again = Resubmission { action, fields: &fields, words, owner: true, ..Resubmission::default() };
    answer::ask_or_refuse(till, &staff.reader, status, again).await
}

/// The PIN is shown once; the page that comes next no longer has it.
fn told(staff: &SignedIn, name: &str, pin: &str) -> Response {
    let html = view::one_time_pin(&staff.reader, name, pin);
    (StatusCode::OK, [(answer::INTO, "ask")], Html(html.into_string())).into_response()
}
