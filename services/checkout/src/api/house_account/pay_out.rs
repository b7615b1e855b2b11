use std::sync::Arc;

use chit_proto::checkout::v1::{PayOutRequest, PayOutResponse};
use tonic::Status;

use super::{cash, shown};
use crate::api::call::Call;
use crate::api::mutation;
use crate::collection::house;
use crate::context::Shop;
use crate::values::ids::{PayerId, TransferId};

pub async fn handle(shop: &Arc<Shop>, call: Call<PayOutRequest>) -> Result<PayOutResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let (payer, transfer): (PayerId, TransferId) = (call.body.payer_id.parse()?, shop.new_id()?);
    let minor = cash::minor(shop, call.body.amount.as_ref())?;
    let grant = cash::vouched(shop, &call, call.body.approval.clone()).await?;
    let today = shop.voice.quiet.local_day(shop.clock.now());
    let (actor, currency) = (call.actor(), shop.currency);
    mutation::once(shop, &call, move |tx| {
        grant.record(tx, payer)?;
        let account = house::pay_out(tx, payer, minor, &actor, transfer, today)?;
        Ok(PayOutResponse { account: Some(shown(payer, &account, currency, today)) })
    })
    .await
}
