use std::sync::Arc;

use chit_proto::checkout::v1::{ResetPayerRequest, ResetPayerResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::counter;
use crate::domain::approval::Act;
use crate::enrol;
use crate::shop::Shop;

pub async fn handle(shop: &Arc<Shop>, request: ResetPayerRequest) -> Result<ResetPayerResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &request).await? {
        return Ok(known);
    }
    let approval = mutation::approval(request.approval.clone());
    let approver = counter::approve(shop, approval, Act::ResetLock, None).await?;
    let (payer_id, job_id, random) = (request.payer_id.clone(), shop.new_ulid()?, shop.random_u64()?);
    mutation::once(shop, &request, move |tx| {
        let payer = enrol::reset(tx, &payer_id, &approver, job_id, random)?;
        Ok(ResetPayerResponse { payer: Some(convert::payer(&payer)) })
    })
    .await
}
