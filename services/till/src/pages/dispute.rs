//! Disputes: opened by staff; resolved and withdrawn with the PIN of a person who had no hand in the sale.

use axum::extract::{Form, State};
use axum::response::Response;
use chit_proto::checkout::v1::{
    DisputeCause, GetDisputeRequest, GetSaleRequest, OpenDisputeRequest, ResolveDisputeRequest,
    WithdrawDisputeRequest,
};
use serde::Deserialize;

use super::App;
use crate::pages::answer::{self, ApprovalFields};
use crate::pages::visitor::SignedIn;
use crate::peers::call;
use crate::till::Till;
use crate::view::approval::Resubmission;

#[derive(Deserialize)]
pub struct OpenForm {
    rid: String,
    sale_id: String,
    /// "NOT_MINE", "WRONG_GOODS" or "IN_PERSON".
    cause: String,
}

#[derive(Deserialize)]
pub struct ResolveForm {
    rid: String,
    dispute_id: String,
    sale_id: String,
    /// "uphold" or "dismiss".
    #[serde(default)]
    outcome: String,
    #[serde(flatten)]
    approval: ApprovalFields,
}

pub async fn open(State(till): App, staff: SignedIn, Form(form): Form<OpenForm>) -> Response {
    let cause = DisputeCause::from_str_name(&format!("DISPUTE_CAUSE_{}", form.cause)).unwrap_or_default();
    let request =
        OpenDisputeRequest { request_id: form.rid, sale_id: form.sale_id.clone(), cause: cause as i32 };
    match call!(till.peers.disputes.open_dispute(request)).await {
        Ok(_) => answer::go(&back(&form.sale_id)),
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

pub async fn resolve(State(till): App, staff: SignedIn, Form(form): Form<ResolveForm>) -> Response {
    let approval = form.approval.approval();
    let rid = form.approval.intent(&form.rid);
    let request = ResolveDisputeRequest {
        request_id: format!("{rid}-{}", form.outcome),
        dispute_id: form.dispute_id.clone(),
        uphold: form.outcome == "uphold",
        approval,
    };
    let status = match call!(till.peers.disputes.resolve_dispute(request)).await {
        Ok(_) => return answer::go(&back(&form.sale_id)),
        Err(status) => status,
    };
    let cashier = cashier_of(&till, &form.dispute_id).await;
    let fields = [
        ("rid", form.rid.as_str()),
        ("dispute_id", &form.dispute_id),
        ("sale_id", &form.sale_id),
        ("outcome", &form.outcome),
    ];
    let words = if form.outcome == "uphold" { "approve-uphold" } else { "approve-dismiss" };
    let again = Resubmission {
        action: "/dispute/resolve",
        fields: &fields,
        cashier: &cashier,
        words,
        ..Resubmission::default()
    };
    answer::ask_or_refuse(&till, &staff.reader, &status, again).await
}

pub async fn withdraw(State(till): App, staff: SignedIn, Form(form): Form<ResolveForm>) -> Response {
    let approval = form.approval.approval();
    let rid = form.approval.intent(&form.rid);
    let request = WithdrawDisputeRequest {
        request_id: format!("{rid}-withdraw"),
        dispute_id: form.dispute_id.clone(),
        approval,
    };
    let status = match call!(till.peers.disputes.withdraw_dispute(request)).await {
        Ok(_) => return answer::go(&back(&form.sale_id)),
        Err(status) => status,
    };
    let cashier = cashier_of(&till, &form.dispute_id).await;
    let fields = [("rid", form.rid.as_str()), ("dispute_id", &form.dispute_id), ("sale_id", &form.sale_id)];
    let again = Resubmission {
        action: "/dispute/withdraw",
        fields: &fields,
        cashier: &cashier,
        words: "approve-withdraw",
        ..Resubmission::default()
    };
    answer::ask_or_refuse(&till, &staff.reader, &status, again).await
}

/// The enquiry shows what became of it; looking again is one more logged view.
fn back(sale_id: &str) -> String {
    format!("/enquiry?ref={sale_id}")
}

async fn cashier_of(till: &Till, dispute_id: &str) -> String {
    let request = GetDisputeRequest { dispute_id: dispute_id.to_owned() };
    let Ok(found) = call!(till.peers.disputes.get_dispute(request)).await else { return String::new() };
    let request = GetSaleRequest { sale_id: found.dispute.unwrap_or_default().sale_id };
    let sale = call!(till.peers.sales.get_sale(request)).await;
    sale.map(|found| found.sale.unwrap_or_default().cashier).unwrap_or_default()
}
