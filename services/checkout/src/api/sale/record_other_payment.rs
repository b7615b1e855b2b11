use std::sync::Arc;

use chit_proto::checkout::v1::{RecordOtherPaymentRequest, RecordOtherPaymentResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::dialogue::payment;
use crate::shop::Shop;

pub async fn handle(
    shop: &Arc<Shop>,
    request: RecordOtherPaymentRequest,
) -> Result<RecordOtherPaymentResponse, Status> {
    shop.staff.known("actor", &request.actor)?;
    let (sale_id, actor, transfer_id) = (request.sale_id.clone(), request.actor.clone(), shop.new_ulid()?);
    let policy = shop.cfg.evidence_policy;
    mutation::once(shop, &request, move |tx| {
        let sale = payment::paid_in_cash(tx, &sale_id, &actor, transfer_id)?;
        Ok(RecordOtherPaymentResponse { sale: Some(convert::sale(&sale, policy)) })
    })
    .await
}
