//! Payers: the list, enrolment, and a new phone or card for a payer who comes in person.

use axum::extract::{Form, Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use chit_proto::checkout::v1::{
    ChangePhoneRequest, EnrolPayerRequest, FreezePayerRequest, Payer, ResetPayerRequest,
};
use http::StatusCode;
use serde::Deserialize;
use tonic::Status;

use super::App;
use crate::pages::answer::{self, ApprovalFields};
use crate::pages::regions::{find_payer, regions};
use crate::pages::visitor::SignedIn;
use crate::peers::{COMMIT_MAX, call};
use crate::till::Till;
use crate::view::approval::Resubmission;
use crate::view::{Page, payers as view};

#[derive(Deserialize)]
pub struct PayersQuery {
    /// End of the payer's reference, or the serial of their card.
    #[serde(default)]
    q: String,
}

/// No Debug: a number must not reach a log.
#[derive(Deserialize)]
pub struct EnrolForm {
    rid: String,
    name: String,
    phone: String,
    #[serde(default)]
    lang: String,
    /// A box that is not ticked is not sent.
    #[serde(default)]
    consent: String,
    /// Of an issuer's envelope.
    #[serde(default)]
    card: String,
    #[serde(flatten)]
    approval: ApprovalFields,
}

#[derive(Deserialize)]
pub struct ChangeForm {
    rid: String,
    payer_id: String,
    #[serde(default)]
    phone: String,
    /// Of an issuer's envelope.
    #[serde(default)]
    card: String,
    #[serde(flatten)]
    approval: ApprovalFields,
}

pub async fn page(State(till): App, staff: SignedIn, Query(query): Query<PayersQuery>) -> Response {
    let page = Page::Payers(query.q.trim().to_owned());
    let regions = regions(&till, &staff, &page).await;
    let rid = ulid::Ulid::generate().to_string();
    Html(view::page(&staff.reader, &page, &regions, till.scene().up(), &rid).into_string()).into_response()
}

pub async fn page_of(State(till): App, staff: SignedIn, Path(payer_id): Path<String>) -> Response {
    if let Err(status) = find_payer(&till, &payer_id).await {
        let reason = chit_runtime::error::reason_of(&status).unwrap_or_default();
        return answer::refused_as(&staff.reader, answer::http_of(&status), &reason);
    }
    let page = Page::PayerOf(payer_id.clone());
    let regions = regions(&till, &staff, &page).await;
    let rid = ulid::Ulid::generate().to_string();
    let html = view::page_of(&staff.reader, &page, &regions, till.scene().up(), &payer_id, &rid);
    Html(html.into_string()).into_response()
}

/// checkout takes the photo, prints mandate and card, and asks the first row by SMS.
pub async fn enrol(State(till): App, staff: SignedIn, Form(form): Form<EnrolForm>) -> Response {
    let request = EnrolPayerRequest {
        request_id: form.rid.clone(),
        name: form.name.trim().to_owned(),
        phone: form.phone.trim().to_owned(),
        language: form.lang.clone(),
        consent: form.consent == "yes",
        approval: form.approval.approval(),
        card_serial: form.card.trim().to_owned(),
    };
    let status = match call!(till.peers.payers.enrol_payer(request), COMMIT_MAX).await {
        Ok(answer) => return go_to(&answer.payer.unwrap_or_default()),
        Err(status) => status,
    };
    let fields = [
        ("rid", form.rid.as_str()),
        ("name", &form.name),
        ("phone", &form.phone),
        ("lang", &form.lang),
        ("consent", &form.consent),
        ("card", &form.card),
    ];
    let again = Resubmission {
        action: "/payers/enrol",
        fields: &fields,
        words: "approve-enrol",
        ..Resubmission::default()
    };
    answer::ask_or_refuse(&till, &staff.reader, &status, again).await
}

pub async fn freeze(State(till): App, staff: SignedIn, Form(form): Form<ChangeForm>) -> Response {
    let request = FreezePayerRequest { request_id: form.rid, payer_id: form.payer_id };
    match call!(till.peers.payers.freeze_payer(request)).await {
        Ok(answer) => go_to(&answer.payer.unwrap_or_default()),
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

pub async fn change_phone(State(till): App, staff: SignedIn, Form(form): Form<ChangeForm>) -> Response {
    let request = ChangePhoneRequest {
        request_id: form.rid.clone(),
        payer_id: form.payer_id.clone(),
        phone: form.phone.trim().to_owned(),
        approval: form.approval.approval(),
        second_approval: form.approval.second_approval(),
    };
    let changed = call!(till.peers.payers.change_phone(request), COMMIT_MAX).await;
    let payer = changed.map(|answer| answer.payer.unwrap_or_default());
    go_or_ask(&till, &staff, &form, "/payers/phone", "approve-phone", payer).await
}

pub async fn change_card(State(till): App, staff: SignedIn, Form(form): Form<ChangeForm>) -> Response {
    let request = ResetPayerRequest {
        request_id: form.rid.clone(),
        payer_id: form.payer_id.clone(),
        approval: form.approval.approval(),
        second_approval: form.approval.second_approval(),
        card_serial: form.card.trim().to_owned(),
    };
    let changed = call!(till.peers.payers.reset_payer(request), COMMIT_MAX).await;
    let payer = changed.map(|answer| answer.payer.unwrap_or_default());
    go_or_ask(&till, &staff, &form, "/payers/card", "approve-card", payer).await
}

async fn go_or_ask(
    till: &Till,
    staff: &SignedIn,
    form: &ChangeForm,
    action: &str,
    words: &str,
    changed: Result<Payer, Status>,
) -> Response {
    let status = match changed {
        Ok(payer) => return go_to(&payer),
        Err(status) => status,
    };
    let fields = [
        ("rid", form.rid.as_str()),
        ("payer_id", &form.payer_id),
        ("phone", &form.phone),
        ("card", &form.card),
    ];
    let again = Resubmission { action, fields: &fields, words, two: true, ..Resubmission::default() };
    answer::ask_or_refuse(till, &staff.reader, &status, again).await
}

fn go_to(payer: &Payer) -> Response {
    answer::go(&format!("/payers/{}", payer.payer_id))
}

/// The camera's picture, to frame the enrolment photo. Cashiers type enrolments, too, so each of them may look; the look
/// is logged, as for a stored photo.
pub async fn view_of_camera(State(till): App, staff: SignedIn) -> Response {
    if till.thumb.begins_to_look(&staff.session.name, tokio::time::Instant::now()) {
        tracing::info!(name = staff.session.name, "looks through the camera");
    }
    match till.thumb.picture(&till.peers).await {
        Some(jpeg) => ([(http::header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
