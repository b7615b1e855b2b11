use std::sync::Arc;

use chit_proto::checkout::v1::{SetBasketRequest, SetBasketResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, mutation, shown};
use crate::context::Shop;
use crate::paper;
use crate::sale::basket::LineInput;
use crate::sale::goods;
use crate::values::ids::SaleId;
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;

pub async fn handle(shop: &Arc<Shop>, call: Call<SetBasketRequest>) -> Result<SetBasketResponse, Status> {
    let total = call.body.total.clone().ok_or_else(|| {
        let remedy = "send the total; it must equal the sum of the lines";
        Refusal::field("total", Reason::TOTAL_MISMATCH, remedy)
    })?;
    if total.amount_minor < 0 {
        let remedy = "a total is not negative; make a refund";
        return Err(Refusal::field("total.amount_minor", Reason::AMOUNT_NEGATIVE, remedy).into());
    }
    let lines: Vec<LineInput> = call.body.lines.iter().cloned().map(convert::line_input).collect();
    let (id, if_tag): (SaleId, _) = (call.body.sale_id.parse()?, call.body.if_basket_tag.clone());
    let (actor, policy) = (call.actor(), shop.cfg.evidence_policy);
    let set = mutation::once(shop, &call, move |tx| {
        goods::set_basket(tx, id, &lines, total.amount_minor, &total.currency_code, &if_tag, &actor)?;
        Ok(SetBasketResponse { sale: shown::sale(tx, id, policy)?, unprintable: Vec::new() })
    })
    .await?;
    let descriptions = call.body.lines.iter().map(|line| line.description.as_str());
    // A printer that is away is told in the status, and hinders no sale.
    let unprintable = paper::unprintable(shop, descriptions, paper::ASK_MAX).await.unwrap_or_default();
    Ok(SetBasketResponse { unprintable, ..set })
}
