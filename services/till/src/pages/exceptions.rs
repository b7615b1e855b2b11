//! Exceptions at the bank: somebody looks into one, and closes it with a word on what was done.

use axum::extract::{Form, State};
use axum::response::Response;
use chit_proto::checkout::v1::{CloseExceptionRequest, TakeExceptionRequest};
use serde::Deserialize;

use super::App;
use crate::pages::answer;
use crate::pages::visitor::SignedIn;
use crate::peers::call;

#[derive(Deserialize)]
pub struct ExceptionForm {
    rid: String,
    exception_id: String,
    #[serde(default)]
    note: String,
}

pub async fn take(State(till): App, staff: SignedIn, Form(form): Form<ExceptionForm>) -> Response {
    let request = TakeExceptionRequest { request_id: form.rid, exception_id: form.exception_id };
    match call!(till.peers.bank.take_exception(request)).await {
        Ok(_) => answer::go("/office"),
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

pub async fn close(State(till): App, staff: SignedIn, Form(form): Form<ExceptionForm>) -> Response {
    let ExceptionForm { rid: request_id, exception_id, note } = form;
    let request = CloseExceptionRequest { request_id, exception_id, note };
    match call!(till.peers.bank.close_exception(request)).await {
        Ok(_) => answer::go("/office"),
        Err(status) => answer::refused(&staff.reader, &status),
    }
}
