//! The live picture of a running sale and the payer's enrolment photo.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chit_proto::checkout::v1::{GetPayerRequest, StaffRole};
use http::{StatusCode, header};

use super::App;
use crate::code_pdf;
use crate::pages::visitor::SignedIn;
use crate::peers::call;
use crate::thumb;

const JPEG: [(http::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "image/jpeg")];

pub async fn thumb(State(till): App, _staff: SignedIn) -> Response {
    let scene = till.scene();
    let filmed = scene.current.iter().map(|known| &known.sale).chain(&scene.previous).any(thumb::is_filmed);
    if !filmed {
        return StatusCode::NOT_FOUND.into_response();
    }
    match till.thumb.picture(&till.peers).await {
        Some(jpeg) => (JPEG, jpeg).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Of the payer at the till; of other payers for a supervisor, who changes phones and cards. That look is logged.
pub async fn payer(State(till): App, staff: SignedIn, Path(payer_id): Path<String>) -> Response {
    let scene = till.scene();
    let here = scene.current.as_ref().is_some_and(|known| known.sale.payer_id == payer_id);
    if !here && !staff.session.is_at_least(StaffRole::Supervisor) {
        return StatusCode::NOT_FOUND.into_response();
    }
    if !here {
        tracing::info!(name = staff.session.name, payer_id, "looked at an enrolment photo");
    }
    match call!(till.peers.payers.get_payer(GetPayerRequest { payer_id })).await {
        Ok(answer) if !answer.photo_jpeg.is_empty() => (JPEG, answer.photo_jpeg).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The payer's code, while checkout lets this person hand it over: shown, saved or printed.
pub async fn code(
    State(till): App,
    staff: SignedIn,
    Path((payer_id, file)): Path<(String, String)>,
) -> Response {
    let Ok(found) = call!(till.peers.payers.get_payer(GetPayerRequest { payer_id: payer_id.clone() })).await
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let png = found.code_png;
    if png.is_empty() {
        return StatusCode::NOT_FOUND.into_response();
    }
    tracing::info!(name = staff.session.name, payer_id, file, "shown a payer's code");
    let payer = found.payer.unwrap_or_default();
    match file.as_str() {
        "code.png" => ([(header::CONTENT_TYPE, "image/png")], png).into_response(),
        "code.pdf" => match code_pdf::page(&png, &format!("{}  valid to {}", payer.last4, payer.valid_to)) {
            Some(pdf) => ([(header::CONTENT_TYPE, "application/pdf")], pdf).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
