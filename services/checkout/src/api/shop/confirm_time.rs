use std::sync::Arc;

use chit_proto::checkout::v1::{ConfirmTimeRequest, ConfirmTimeResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, mutation};
use crate::context::Shop;
use crate::staff::approval::{Act, Hands};
use crate::trust;

pub async fn handle(shop: &Arc<Shop>, call: Call<ConfirmTimeRequest>) -> Result<ConfirmTimeResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::ConfirmTime, Hands::NONE).await?;
    let hears = *shop.signals.modem_ready.borrow();
    let answer = mutation::once(shop, &call, move |tx| {
        grant.record(tx, "time")?;
        trust::confirm(tx, hears)?;
        Ok(ConfirmTimeResponse { now: convert::time(tx.now) })
    })
    .await?;
    shop.signals.time_in_doubt.send_replace(false);
    shop.signals.wake.notify_one();
    Ok(answer)
}
