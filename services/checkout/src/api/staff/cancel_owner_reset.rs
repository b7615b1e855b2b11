use std::sync::Arc;

use chit_proto::checkout::v1::{CancelOwnerResetRequest, CancelOwnerResetResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::context::Shop;
use crate::staff::people;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<CancelOwnerResetRequest>,
) -> Result<CancelOwnerResetResponse, Status> {
    let (actor, name) = (call.actor(), call.body.name);
    shop.store.write(move |tx| people::cancel_owner_reset(tx, &actor, &name)).await?;
    Ok(CancelOwnerResetResponse {})
}
