//! The back office: what waits for payers, settlement, disputes, what needs a person, the Z report, devices.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{Html, IntoResponse, Response};
use chit_proto::checkout::v1::{
    GetSaleRequest, GetZReportRequest, ListBadRecordRequest, ListDisputesRequest, ListSalesRequest,
    ListSettlementBatchesRequest, ReleaseDeductionRequest, RunDeductionsRequest, RunSettlementRequest,
    StaffRole,
};
use http::StatusCode;
use serde::Deserialize;
use tonic::Status;

use super::App;
use crate::hub::Scene;
use crate::pages::answer::{self, Again, ApprovalFields};
use crate::pages::events::{self, Page, Region};
use crate::pages::visitor::SignedIn;
use crate::till::Till;
use crate::view::Reader;
use crate::view::office::{self as office_view, Books};
use crate::{far, view};

/// Sales that are looked through for the queue; the newest.
const SALES_MAX: u32 = 300;
const BATCHES_MAX: u32 = 8;
const DISPUTES_MAX: u32 = 50;

#[derive(Deserialize)]
pub struct OfficeForm {
    rid: String,
    #[serde(default)]
    sale_id: String,
    #[serde(flatten)]
    approval: ApprovalFields,
}

pub async fn page(State(till): App, staff: SignedIn) -> Response {
    let regions = events::regions(&till, &staff, &Page::Office).await;
    let html = office_view::page(&staff.reader, &regions, till.scene().up());
    Html(html.into_string()).into_response()
}

/// While checkout is away the sections stay as they were.
pub async fn sections(till: &Arc<Till>, reader: &Reader, scene: &Scene) -> Vec<Region> {
    match books(till).await {
        Ok(books) => office_view::sections(reader, scene, &books),
        Err(_away) => Vec::new(),
    }
}

async fn books(till: &Arc<Till>) -> Result<Books, Status> {
    let sales = ListSalesRequest { page_size: SALES_MAX, ..Default::default() };
    let disputes = ListDisputesRequest { open_only: false, page_size: DISPUTES_MAX };
    let batches = ListSettlementBatchesRequest { page_size: BATCHES_MAX };
    let (sales, disputes, batches, report) = tokio::try_join!(
        far!(till.far.sales.list_sales(sales)),
        far!(till.far.disputes.list_disputes(disputes)),
        far!(till.far.settlements.list_settlement_batches(batches)),
        far!(till.far.shop.get_z_report(GetZReportRequest {})),
    )?;
    Ok(Books { sales: sales.sales, disputes: disputes.disputes, batches: batches.batches, report })
}

pub async fn deduct(State(till): App, staff: SignedIn, Form(form): Form<OfficeForm>) -> Response {
    let request = RunDeductionsRequest { request_id: form.rid };
    match far!(till.far.deductions.run_deductions(request)).await {
        Ok(answer) => told(&staff, "told-deducted", answer.challenge_ids.len()),
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

pub async fn release(State(till): App, staff: SignedIn, Form(form): Form<OfficeForm>) -> Response {
    let request =
        ReleaseDeductionRequest { request_id: form.rid, sale_id: form.sale_id, actor: staff.name() };
    match far!(till.far.deductions.release_deduction(request)).await {
        Ok(_) => answer::done(),
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

/// Money moves: a supervisor's session.
pub async fn settle(State(till): App, staff: SignedIn, Form(form): Form<OfficeForm>) -> Response {
    if !staff.session.is_at_least(StaffRole::Supervisor) {
        return answer::refused_as(&staff.reader, StatusCode::FORBIDDEN, "ROLE_TOO_LOW");
    }
    let request = RunSettlementRequest { request_id: form.rid, actor: staff.name() };
    match far!(till.far.settlements.run_settlement(request)).await {
        Ok(answer) => told(&staff, "told-settled", answer.batch.unwrap_or_default().sale_ids.len()),
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

pub async fn list(State(till): App, staff: SignedIn, Form(form): Form<OfficeForm>) -> Response {
    let approval = form.approval.approval();
    let rid = if approval.is_some() { format!("{}-a", form.rid) } else { form.rid.clone() };
    let request = ListBadRecordRequest { request_id: rid, sale_id: form.sale_id.clone(), approval };
    let status = match far!(till.far.deductions.list_bad_record(request)).await {
        Ok(_) => return answer::done(),
        Err(status) => status,
    };
    let request = GetSaleRequest { sale_id: form.sale_id.clone() };
    let sale = far!(till.far.sales.get_sale(request)).await.map(|found| found.sale.unwrap_or_default());
    let cashier = sale.map(|sale| sale.cashier).unwrap_or_default();
    let fields = [("rid", form.rid.as_str()), ("sale_id", &form.sale_id)];
    let again = Again {
        action: "/office/list",
        fields: &fields,
        cashier: &cashier,
        words: "approve-list",
        ..Again::default()
    };
    answer::ask_or_refuse(&till, &staff, &status, again).await
}

fn told(staff: &SignedIn, words: &str, count: usize) -> Response {
    let html = view::told(&staff.reader, words, count);
    (StatusCode::OK, [(answer::INTO, "notice")], Html(html.into_string())).into_response()
}
