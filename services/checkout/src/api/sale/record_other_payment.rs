use std::sync::Arc;

use chit_proto::checkout::v1::{RecordOtherPaymentRequest, RecordOtherPaymentResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown};
use crate::context::Shop;
use crate::values::ids::{SaleId, TransferId};
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;
use crate::verification::calling_off;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<RecordOtherPaymentRequest>,
) -> Result<RecordOtherPaymentResponse, Status> {
    shop.staff.known("actor", &call.body.actor).await?;
    let (id, transfer): (SaleId, TransferId) = (call.body.sale_id.parse()?, shop.new_id()?);
    let (actor, policy) = (call.body.actor.clone(), shop.cfg.evidence_policy);
    let amount = match &call.body.amount {
        Some(amount) if amount.currency_code != shop.currency.code() => {
            let remedy = format!("use {}, the shop's currency", shop.currency.code());
            return Err(Refusal::field("amount.currency_code", Reason::CURRENCY_UNKNOWN, remedy).into());
        }
        amount => amount.as_ref().map(|amount| amount.amount_minor),
    };
    mutation::once(shop, &call, move |tx| {
        calling_off::paid_in_cash(tx, id, amount, &actor, transfer)?;
        Ok(RecordOtherPaymentResponse { sale: shown::sale(tx, id, policy)? })
    })
    .await
}
