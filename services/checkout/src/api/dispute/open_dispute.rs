use std::sync::Arc;

use chit_proto::checkout::v1::{OpenDisputeRequest, OpenDisputeResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::dialogue::disputes;
use crate::domain::refusal::Refusal;
use crate::domain::settlement::DisputeCause;
use crate::shop::Shop;

pub async fn handle(shop: &Arc<Shop>, request: OpenDisputeRequest) -> Result<OpenDisputeResponse, Status> {
    shop.staff.known("actor", &request.actor)?;
    let cause = DisputeCause::try_from(request.cause).unwrap_or(DisputeCause::Unspecified);
    if cause == DisputeCause::Unspecified {
        return Err(Refusal::field("cause", "CAUSE_INVALID", "say what the dispute is about").into());
    }
    let (reference, actor, dispute_id) = (request.sale_id.clone(), request.actor.clone(), shop.new_ulid()?);
    mutation::once(shop, &request, move |tx| {
        let dispute = disputes::open_in_person(tx, &reference, dispute_id, cause, &actor)?;
        Ok(OpenDisputeResponse { dispute: Some(convert::dispute(&dispute)) })
    })
    .await
}
