use std::sync::Arc;

use chit_proto::checkout::v1::{ListBadRecordRequest, ListBadRecordResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::counter;
use crate::dialogue::rounds;
use crate::domain::approval::Act;
use crate::domain::refusal::Refusal;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(
    shop: &Arc<Shop>,
    request: ListBadRecordRequest,
) -> Result<ListBadRecordResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &request).await? {
        return Ok(known);
    }
    let cashier = shop.sale(&request.sale_id).await?.cashier;
    let approval = mutation::approval(request.approval.clone());
    let grant = counter::approve(shop, approval, Act::ListOnPartialEvidence, Some(cashier)).await?;
    let (sale_id, transfer_id, policy) =
        (request.sale_id.clone(), shop.new_ulid()?, shop.cfg.evidence_policy);
    mutation::once(shop, &request, move |tx| {
        if !tx.sale(&sale_id)?.listing_needs_person {
            return Err(Refusal::wrong_state("the sale does not wait for a supervisor's listing"));
        }
        let approver = grant.record(tx, &sale_id)?;
        rounds::list(tx, &sale_id, transfer_id, Some(&approver))?;
        Ok(ListBadRecordResponse { sale: Some(convert::sale(&tx.sale(&sale_id)?, policy)) })
    })
    .await
}
