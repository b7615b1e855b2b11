//! The back office: what waits for payers, settlement, disputes, what needs a person, the Z report, devices.

use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse, Response};
use chit_proto::checkout::v1::{
    GetSaleRequest, ListBadRecordRequest, ReleaseDeductionRequest, RunDeductionsRequest,
    RunSettlementRequest, StaffRole,
};
use http::StatusCode;
use serde::Deserialize;

use super::App;
use crate::pages::answer::{self, ApprovalFields};
use crate::pages::regions::regions;
use crate::pages::visitor::SignedIn;
use crate::peers::call;
use crate::view;
use crate::view::approval::Resubmission;
use crate::view::{Page, office as office_view};

#[derive(Deserialize)]
pub struct OfficeForm {
    rid: String,
    #[serde(default)]
    sale_id: String,
    #[serde(flatten)]
    approval: ApprovalFields,
}

pub async fn page(State(till): App, staff: SignedIn) -> Response {
    let regions = regions(&till, &staff, &Page::Office).await;
    let html = office_view::page(&staff.reader, &regions, till.scene().up());
    Html(html.into_string()).into_response()
}

pub async fn deduct(State(till): App, staff: SignedIn, Form(form): Form<OfficeForm>) -> Response {
    let request = RunDeductionsRequest { request_id: form.rid };
    match call!(till.peers.deductions.run_deductions(request)).await {
        Ok(answer) => success(&staff, "told-deducted", answer.challenge_ids.len()),
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

pub async fn release(State(till): App, staff: SignedIn, Form(form): Form<OfficeForm>) -> Response {
    let request = ReleaseDeductionRequest { request_id: form.rid, sale_id: form.sale_id };
    match call!(till.peers.deductions.release_deduction(request)).await {
        Ok(_) => answer::done(),
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

/// Money moves: a supervisor's session.
pub async fn settle(State(till): App, staff: SignedIn, Form(form): Form<OfficeForm>) -> Response {
    if !staff.session.is_at_least(StaffRole::Supervisor) {
        return answer::refused_as(&staff.reader, StatusCode::FORBIDDEN, "ROLE_TOO_LOW");
    }
    let request = RunSettlementRequest { request_id: form.rid };
    match call!(till.peers.settlements.run_settlement(request)).await {
        Ok(answer) => success(&staff, "told-settled", answer.batch.unwrap_or_default().sale_ids.len()),
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

pub async fn list(State(till): App, staff: SignedIn, Form(form): Form<OfficeForm>) -> Response {
    let approval = form.approval.approval();
    let request_id = form.approval.intent(&form.rid);
    let request = ListBadRecordRequest { request_id, sale_id: form.sale_id.clone(), approval };
    let status = match call!(till.peers.deductions.list_bad_record(request)).await {
        Ok(_) => return answer::done(),
        Err(status) => status,
    };
    let request = GetSaleRequest { sale_id: form.sale_id.clone() };
    let sale = call!(till.peers.sales.get_sale(request)).await.map(|found| found.sale.unwrap_or_default());
    let cashier = sale.map(|sale| sale.cashier).unwrap_or_default();
    let fields = [("rid", form.rid.as_str()), ("sale_id", &form.sale_id)];
    let again = Resubmission {
        action: "/office/list",
        fields: &fields,
        cashier: &cashier,
        words: "approve-list",
        ..Resubmission::default()
    };
    answer::ask_or_refuse(&till, &staff.reader, &status, again).await
}

fn success(staff: &SignedIn, words: &str, count: usize) -> Response {
    let html = view::success(&staff.reader, words, count);
    (StatusCode::OK, [(answer::INTO, "notice")], Html(html.into_string())).into_response()
}
