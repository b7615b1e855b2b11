use std::sync::Arc;

use chit_proto::checkout::v1::{PayInRequest, PayInResponse};
use tonic::Status;

use super::shown;
use crate::api::call::Call;
use crate::api::mutation;
use crate::collection::house;
use crate::context::Shop;
use crate::staff::approval::{Act, Hands};
use crate::values::ids::{PayerId, TransferId};
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;

pub async fn handle(shop: &Arc<Shop>, call: Call<PayInRequest>) -> Result<PayInResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let (payer, transfer): (PayerId, TransferId) = (call.body.payer_id.parse()?, shop.new_id()?);
    let amount = call.body.amount.clone().unwrap_or_default();
    let (actor, currency) = (call.actor(), shop.currency);
    if amount.currency_code != currency.code() {
        let remedy = format!("use {}, the shop's currency", currency.code());
        return Err(Refusal::field("amount.currency_code", Reason::CURRENCY_UNKNOWN, remedy).into());
    }
    // Who took the money does not vouch for it.
    let hands = Hands { of_sale: vec![actor.clone()], ..Hands::NONE };
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::CashPayment, hands).await?;
    let today = shop.voice.quiet.local_day(shop.clock.now());
    mutation::once(shop, &call, move |tx| {
        grant.record(tx, payer)?;
        let account = house::pay_in(tx, payer, amount.amount_minor, &actor, transfer, today)?;
        Ok(PayInResponse { account: Some(shown(payer, &account, currency, today)) })
    })
    .await
}
