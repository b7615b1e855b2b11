use std::sync::Arc;

use chit_proto::checkout::v1::{ResolveDisputeRequest, ResolveDisputeResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::counter;
use crate::dialogue::disputes::{self, Fresh};
use crate::domain::approval::Act;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(
    shop: &Arc<Shop>,
    request: ResolveDisputeRequest,
) -> Result<ResolveDisputeResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &request).await? {
        return Ok(known);
    }
    let dispute_id = request.dispute_id.clone();
    let cashier = shop
        .store
        .read({
            let dispute_id = dispute_id.clone();
            move |rows| Ok(rows.sale(&rows.dispute(&dispute_id)?.sale_id)?.cashier)
        })
        .await?;
    let approval = mutation::approval(request.approval.clone());
    let grant = counter::approve(shop, approval, Act::ResolveDispute, Some(cashier)).await?;
    let fresh = Fresh { transfer_id: shop.new_ulid()?, job_id: shop.new_ulid()? };
    let uphold = request.uphold;
    mutation::once(shop, &request, move |tx| {
        let sale_id = tx.dispute(&dispute_id)?.sale_id;
        let approver = grant.record(tx, &sale_id)?;
        let dispute = disputes::resolve(tx, &dispute_id, uphold, &approver, fresh)?;
        Ok(ResolveDisputeResponse { dispute: Some(convert::dispute(&dispute)) })
    })
    .await
}
