use std::sync::Arc;

use chit_proto::checkout::v1::{ResolveHandOverRequest, ResolveHandOverResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown_bank};
use crate::collection::filed::hand_over;
use crate::context::Shop;
use crate::values::ids::BatchId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<ResolveHandOverRequest>,
) -> Result<ResolveHandOverResponse, Status> {
    let (id, again, actor): (BatchId, _, _) = (call.body.batch_id.parse()?, call.body.again, call.actor());
    let currency = shop.currency;
    mutation::once(shop, &call, move |tx| {
        let filed = hand_over::resolve(tx, id, again, &actor)?;
        Ok(ResolveHandOverResponse { file: Some(shown_bank::file(&filed, currency)) })
    })
    .await
}
