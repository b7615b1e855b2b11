use std::sync::Arc;

use chit_proto::checkout::v1::{ReleaseDeductionRequest, ReleaseDeductionResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::domain::sale::SaleState;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(
    shop: &Arc<Shop>,
    request: ReleaseDeductionRequest,
) -> Result<ReleaseDeductionResponse, Status> {
    shop.staff.known("actor", &request.actor)?;
    let (sale_id, actor, policy) = (request.sale_id.clone(), request.actor.clone(), shop.cfg.evidence_policy);
    mutation::once(shop, &request, move |tx| {
        let mut sale = tx.sale(&sale_id)?;
        sale.must_be(
            &[SaleState::Released, SaleState::Sealed, SaleState::Queued],
            "released for its challenge",
        )?;
        sale.dispatch_released = true;
        tx.put_sale(&actor, &sale)?;
        Ok(ReleaseDeductionResponse { sale: Some(convert::sale(&sale, policy)) })
    })
    .await
}
