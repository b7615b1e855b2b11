use std::sync::Arc;

use chit_proto::checkout::v1::{RecordOtherPaymentRequest, RecordOtherPaymentResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown};
use crate::context::Shop;
use crate::sale;
use crate::staff::approval::Act;
use crate::values::ids::{SaleId, TransferId};
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;
use crate::verification::calling_off;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<RecordOtherPaymentRequest>,
) -> Result<RecordOtherPaymentResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let (id, transfer): (SaleId, TransferId) = (call.body.sale_id.parse()?, shop.new_id()?);
    let (actor, policy) = (call.actor(), shop.cfg.evidence_policy);
    let amount = match &call.body.amount {
        Some(amount) if amount.currency_code != shop.currency.code() => {
            let remedy = format!("use {}, the shop's currency", shop.currency.code());
            return Err(Refusal::field("amount.currency_code", Reason::CURRENCY_UNKNOWN, remedy).into());
        }
        amount => amount.as_ref().map(|amount| amount.amount_minor),
    };
    let mut hands = shop.store.read(move |view| sale::hands(view, id)).await?;
    // Who took the money does not vouch for it.
    hands.of_sale.push(actor.clone());
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::CashPayment, hands).await?;
    mutation::once(shop, &call, move |tx| {
        grant.record(tx, id)?;
        calling_off::paid_in_cash(tx, id, amount, &actor, transfer)?;
        Ok(RecordOtherPaymentResponse { sale: shown::sale(tx, id, policy)? })
    })
    .await
}
