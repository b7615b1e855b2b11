use std::sync::Arc;

use chit_proto::checkout::v1::{SetBasketRequest, SetBasketResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::counter;
use crate::domain::basket::LineInput;
use crate::domain::refusal::Refusal;
use crate::shop::Shop;

pub async fn handle(shop: &Arc<Shop>, request: SetBasketRequest) -> Result<SetBasketResponse, Status> {
    let total = request.total.clone().ok_or_else(|| {
        Refusal::field("total", "TOTAL_MISMATCH", "send the total; it must equal the sum of the lines")
    })?;
    if total.amount_minor < 0 {
        return Err(Refusal::field(
            "total.amount_minor",
            "AMOUNT_NEGATIVE",
            "a total is not negative; make a refund",
        )
        .into());
    }
    let lines: Vec<LineInput> = request.lines.iter().cloned().map(convert::line_input).collect();
    let (sale_id, if_tag) = (request.sale_id.clone(), request.if_basket_tag.clone());
    let policy = shop.cfg.evidence_policy;
    mutation::once(shop, &request, move |tx| {
        let (minor, currency) = (total.amount_minor, &total.currency_code);
        let sale = counter::set_basket(tx, &sale_id, &lines, minor, currency, &if_tag)?;
        Ok(SetBasketResponse { sale: Some(convert::sale(&sale, policy)) })
    })
    .await
}
