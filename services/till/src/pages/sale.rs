//! One sale at the counter, from the payer's code to the release.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::response::{Html, IntoResponse, Response};
use chit_proto::checkout::v1::{
    CommitSaleRequest, ConfirmPersonRequest, GetSaleRequest, GetStatusRequest, OverrideEvidenceRequest,
    RecordOtherPaymentRequest, ReleaseSaleRequest, ReprintReceiptRequest, ResolveReceiptRequest, Sale,
    SaleState, ScanPayerRequest, StartSaleRequest, VoidSaleRequest,
};
use serde::Deserialize;
use tonic::Status;

use super::App;
use crate::pages::answer::{self, ApprovalFields};
use crate::pages::regions::regions;
use crate::pages::visitor::SignedIn;
use crate::peers::{COMMIT_MAX, LOOK_MAX, LOOK_MS, call};
use crate::till::Till;
use crate::view::Page;
use crate::view::approval::Resubmission;
use crate::{hub, view};

/// Every action names its sale and its intent; a second press is the same intent.
#[derive(Deserialize)]
pub struct SaleForm {
    rid: String,
    sale_id: String,
    #[serde(default)]
    answer: String,
    /// Of the basket that the page showed.
    #[serde(default)]
    tag: String,
    /// The sum that an approver was shown before.
    #[serde(default)]
    was: String,
    #[serde(flatten)]
    approval: ApprovalFields,
}

impl SaleForm {
    fn is_yes(&self) -> bool {
        self.answer == "yes"
    }

    fn rid(&self) -> String {
        self.approval.intent(&self.rid)
    }
}

pub async fn page(State(till): App, staff: SignedIn) -> Response {
    whole(&till, staff, Page::Sale).await
}

pub async fn page_of(State(till): App, staff: SignedIn, Path(sale_id): Path<String>) -> Response {
    whole(&till, staff, Page::SaleOf(sale_id)).await
}

async fn whole(till: &Arc<Till>, staff: SignedIn, page: Page) -> Response {
    let regions = regions(till, &staff, &page).await;
    let html = view::sale::page(&staff.reader, &page.name(), &regions, till.scene().up());
    Html(html.into_string()).into_response()
}

/// Opens a sale if none is open here, so that the first scan finds one. An empty one of a colleague is voided.
pub async fn open_for(till: &Till, cashier: &str) {
    let scene = till.scene();
    if !scene.up() {
        return;
    }
    let after = match scene.current.as_ref().map(|known| &known.sale) {
        Some(open) if is_draft(open) && (open.cashier == cashier || !open.lines.is_empty()) => return,
        Some(open) if matches!(open.state(), SaleState::Committed | SaleState::Printing) => return,
        Some(other) => other.sale_id.clone(),
        None => "none".to_owned(),
    };
    if let Some(open) = scene.current.as_ref().map(|known| &known.sale).filter(|sale| is_draft(sale)) {
        let request_id = format!("empty-{}", open.sale_id);
        let void = VoidSaleRequest { request_id, sale_id: open.sale_id.clone(), ..Default::default() };
        if let Err(status) = call!(till.peers.sales.void_sale(void)).await {
            tracing::info!(code = ?status.code(), "a colleague's empty sale stays");
        }
    }
    if let Err(status) = start_after(till, &after).await {
        tracing::info!(code = ?status.code(), "no sale was opened; the page offers it again");
    }
}

fn is_draft(sale: &Sale) -> bool {
    matches!(sale.state(), SaleState::Draft | SaleState::PayerOk)
}

/// One next sale after each: a second press finds the one that the first opened.
async fn start_after(till: &Till, sale_id: &str) -> Result<(), Status> {
    let request_id = match sale_id {
        "none" => ulid::Ulid::generate().to_string(),
        _ => format!("after-{sale_id}"),
    };
    call!(till.peers.sales.start_sale(StartSaleRequest { request_id, ..Default::default() })).await?;
    Ok(())
}

pub async fn start(State(till): App, staff: SignedIn, Form(form): Form<SaleForm>) -> Response {
    let after = if form.sale_id.is_empty() { "none" } else { &form.sale_id };
    reply(&staff, start_after(&till, after).await)
}

pub async fn read_code(State(till): App, staff: SignedIn, Form(form): Form<SaleForm>) -> Response {
    let request = ScanPayerRequest { request_id: form.rid, sale_id: form.sale_id, timeout_ms: LOOK_MS };
    reply(&staff, call!(till.peers.sales.scan_payer(request), LOOK_MAX).await)
}

pub async fn person(State(till): App, staff: SignedIn, Form(form): Form<SaleForm>) -> Response {
    let same_person = form.is_yes();
    let request = ConfirmPersonRequest { request_id: form.rid, sale_id: form.sale_id, same_person };
    reply(&staff, call!(till.peers.sales.confirm_person(request)).await)
}

pub async fn commit(State(till): App, staff: SignedIn, Form(form): Form<SaleForm>) -> Response {
    let approval = form.approval.approval();
    let request = CommitSaleRequest {
        request_id: form.rid(),
        sale_id: form.sale_id.clone(),
        approval,
        if_basket_tag: form.tag.clone(),
    };
    let result = call!(till.peers.sales.commit_sale(request), COMMIT_MAX).await;
    reply_or_ask(&till, &staff, &form, "/sale/commit", "approve-commit", result).await
}

/// The payer leaves; the next customer may begin.
pub async fn release(State(till): App, staff: SignedIn, Form(form): Form<SaleForm>) -> Response {
    let request = ReleaseSaleRequest { request_id: form.rid, sale_id: form.sale_id.clone() };
    if let Err(status) = call!(till.peers.sales.release_sale(request)).await {
        return answer::refused(&staff.reader, &status);
    }
    let newest = till.scene().current.as_ref().is_some_and(|known| known.sale.sale_id == form.sale_id);
    if !newest {
        return answer::go("/");
    }
    reply(&staff, start_after(&till, &form.sale_id).await)
}

pub async fn void(State(till): App, staff: SignedIn, Form(form): Form<SaleForm>) -> Response {
    let request = VoidSaleRequest {
        request_id: form.rid(),
        sale_id: form.sale_id.clone(),
        approval: form.approval.approval(),
        original_returned: form.is_yes(),
        if_basket_tag: form.tag.clone(),
    };
    let result = call!(till.peers.sales.void_sale(request)).await;
    reply_or_ask(&till, &staff, &form, "/sale/void", "approve-void", result).await
}

pub async fn override_evidence(State(till): App, staff: SignedIn, Form(form): Form<SaleForm>) -> Response {
    let approval = form.approval.approval();
    let request = OverrideEvidenceRequest { request_id: form.rid(), sale_id: form.sale_id.clone(), approval };
    let result = call!(till.peers.sales.override_evidence(request)).await;
    reply_or_ask(&till, &staff, &form, "/sale/override", "approve-override", result).await
}

/// Checks the devices now: the cashier has just fixed one.
pub async fn check(State(till): App, staff: SignedIn, Form(_form): Form<SaleForm>) -> Response {
    let status = match call!(till.peers.shop.get_status(GetStatusRequest {})).await {
        Ok(status) => status,
        Err(status) => return answer::refused(&staff.reader, &status),
    };
    let broken: Vec<_> = status.devices.iter().filter(|device| !device.ok).cloned().collect();
    hub::take_status(&till, status);
    if broken.is_empty() {
        return answer::done();
    }
    answer::still_broken(&staff.reader, &broken)
}

pub async fn receipt(State(till): App, staff: SignedIn, Form(form): Form<SaleForm>) -> Response {
    let printed_whole = form.is_yes();
    let request = ResolveReceiptRequest { request_id: form.rid, sale_id: form.sale_id, printed_whole };
    reply(&staff, call!(till.peers.sales.resolve_receipt(request)).await)
}

pub async fn reprint(State(till): App, staff: SignedIn, Form(form): Form<SaleForm>) -> Response {
    if form.answer.parse::<u32>().is_ok_and(|number| number > view::sale::COPIES_MAX) {
        return answer::refused_as(&staff.reader, http::StatusCode::CONFLICT, "COPY_LIMIT_REACHED");
    }
    let request = ReprintReceiptRequest { request_id: form.rid, sale_id: form.sale_id };
    match call!(till.peers.sales.reprint_receipt(request)).await {
        Ok(printed) => {
            let receipt_no = printed.sale.unwrap_or_default().receipt_no;
            answer::told(view::copy_told(&staff.reader, &form.answer, &receipt_no))
        }
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

pub async fn cash(State(till): App, staff: SignedIn, Form(form): Form<SaleForm>) -> Response {
    let request = RecordOtherPaymentRequest {
        request_id: form.rid(),
        sale_id: form.sale_id.clone(),
        amount: None,
        approval: form.approval.approval(),
    };
    let result = call!(till.peers.sales.record_other_payment(request)).await;
    reply_or_ask(&till, &staff, &form, "/sale/cash", "approve-cash", result).await
}

fn reply<T>(staff: &SignedIn, result: Result<T, Status>) -> Response {
    match result {
        Ok(_) => answer::done(),
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

async fn reply_or_ask<T>(
    till: &Till,
    staff: &SignedIn,
    form: &SaleForm,
    action: &str,
    words: &str,
    result: Result<T, Status>,
) -> Response {
    let status = match result {
        Ok(_) => return answer::done(),
        Err(status) => status,
    };
    let request = GetSaleRequest { sale_id: form.sale_id.clone() };
    let sale = match call!(till.peers.sales.get_sale(request)).await {
        Ok(found) => found.sale.unwrap_or_default(),
        Err(status) => return answer::refused(&staff.reader, &status),
    };
    // What the approver sees is what they approve: the sum of this very basket.
    let sum = view::approval::sum(&sale);
    let fields = [
        ("rid", form.rid.as_str()),
        ("sale_id", &form.sale_id),
        ("answer", &form.answer),
        ("tag", &sale.basket_tag),
        ("was", &sum),
    ];
    let again = Resubmission {
        action,
        fields: &fields,
        cashier: &sale.cashier,
        words,
        sale: Some(&sale),
        was: &form.was,
        ..Resubmission::default()
    };
    answer::ask_or_refuse(till, &staff.reader, &status, again).await
}
