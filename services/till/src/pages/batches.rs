//! Batches for the bank: looked at, taken along by the accountant, and what a person says about files and papers.

use axum::extract::{Form, Path, State};
use axum::response::{Html, IntoResponse, Response};
use chit_proto::checkout::v1::{
    ExportReconciliationRequest, MarkStatementRequest, ReconcileRequest, ReconciliationFormat,
    ResolveHandOverRequest, StatementLine, StatementOutcome,
};
use chit_proto::money::v1::Money;
use http::{StatusCode, header};
use serde::Deserialize;
use tonic::Status;

use super::App;
use crate::pages::answer::{self, ApprovalFields};
use crate::pages::regions::regions;
use crate::pages::visitor::SignedIn;
use crate::peers::{COMMIT_MAX, call};
use crate::till::Till;
use crate::view::approval::Resubmission;
use crate::view::{Page, batches as view, money};

#[derive(Deserialize)]
pub struct HandOverForm {
    rid: String,
    batch_id: String,
    /// "arrived" or "again".
    found: String,
}

#[derive(Deserialize)]
pub struct PaperForm {
    rid: String,
    statement: String,
    sale: String,
    outcome: String,
    amount: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    booked_on: String,
    #[serde(flatten)]
    approval: ApprovalFields,
}

/// As it is now. The ledger is added up for it, so it does not change by itself.
pub async fn page(State(till): App, staff: SignedIn) -> Response {
    let regions = regions(&till, &staff, &Page::Batches).await;
    let request = ReconcileRequest { with_ledger: true, ..Default::default() };
    let books = call!(till.peers.bank.reconcile(request), COMMIT_MAX).await.ok();
    let rid = ulid::Ulid::generate().to_string();
    let html = view::page(&staff.reader, &regions, till.scene().up(), books.as_ref(), &rid);
    Html(html.into_string()).into_response()
}

pub async fn report(State(till): App, staff: SignedIn, Path(file): Path<String>) -> Response {
    let (format, media_type) = match file.as_str() {
        "reconciliation.csv" => (ReconciliationFormat::Csv, "text/csv; charset=utf-8"),
        "reconciliation.pdf" => (ReconciliationFormat::Pdf, "application/pdf"),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match exported(&till, format, staff.reader.lang.tag()).await {
        Ok(bytes) => {
            let saved = format!("attachment; filename=\"{file}\"");
            ([(header::CONTENT_TYPE, media_type), (header::CONTENT_DISPOSITION, saved.as_str())], bytes)
                .into_response()
        }
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

async fn exported(till: &Till, format: ReconciliationFormat, language: &str) -> Result<Vec<u8>, Status> {
    let language = language.to_owned();
    let request = ExportReconciliationRequest { page_size: 0, format: format as i32, language };
    let mut pieces = till.peers.bank.clone().export_reconciliation(request).await?.into_inner();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.message().await? {
        bytes.extend(piece.chunk);
    }
    Ok(bytes)
}

pub async fn hand_over(State(till): App, staff: SignedIn, Form(form): Form<HandOverForm>) -> Response {
    let again = form.found == "again";
    let request = ResolveHandOverRequest { request_id: form.rid, batch_id: form.batch_id, again };
    match call!(till.peers.bank.resolve_hand_over(request)).await {
        Ok(_) => answer::go("/batches"),
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

pub async fn mark(State(till): App, staff: SignedIn, Form(form): Form<PaperForm>) -> Response {
    let known = call!(till.peers.shop.get_z_report(Default::default())).await;
    let currency = known.map(|report| report.currency_code).unwrap_or_default();
    let Some(amount_minor) = money::parse(&form.amount, &currency) else {
        return answer::refused_as(&staff.reader, StatusCode::UNPROCESSABLE_ENTITY, "STATEMENT_LINE_INVALID");
    };
    let name = format!("STATEMENT_OUTCOME_{}", form.outcome);
    let line = StatementLine {
        sale: form.sale.clone(),
        outcome: StatementOutcome::from_str_name(&name).unwrap_or_default() as i32,
        amount: Some(Money { amount_minor, currency_code: currency }),
        reason: form.reason.to_ascii_uppercase(),
        booked_on: form.booked_on.clone(),
    };
    let (approval, request_id) = (form.approval.approval(), form.approval.intent(&form.rid));
    let (statement, lines) = (form.statement.clone(), vec![line]);
    let request = MarkStatementRequest { request_id, statement, lines, approval };
    let status = match call!(till.peers.bank.mark_statement(request)).await {
        Ok(_) => return answer::go("/batches"),
        Err(status) => status,
    };
    let fields = [
        ("rid", form.rid.as_str()),
        ("statement", &form.statement),
        ("sale", &form.sale),
        ("outcome", &form.outcome),
        ("amount", &form.amount),
        ("reason", &form.reason),
        ("booked_on", &form.booked_on),
    ];
    let again = Resubmission {
        action: "/batches/mark",
        fields: &fields,
        cashier: &staff.session.name,
        words: "approve-paper",
        ..Resubmission::default()
    };
    answer::ask_or_refuse(&till, &staff.reader, &status, again).await
}
