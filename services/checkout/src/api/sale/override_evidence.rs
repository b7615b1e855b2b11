use std::sync::Arc;

use chit_proto::checkout::v1::{OverrideEvidenceRequest, OverrideEvidenceResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown};
use crate::context::Shop;
use crate::sale;
use crate::staff::approval::Act;
use crate::values::ids::SaleId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<OverrideEvidenceRequest>,
) -> Result<OverrideEvidenceResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let id: SaleId = call.body.sale_id.parse()?;
    let hands = shop.store.read(move |view| sale::hands(view, id)).await?;
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::ReleaseWithoutEvidence, hands).await?;
    let policy = shop.cfg.evidence_policy;
    mutation::once(shop, &call, move |tx| {
        sale::override_evidence(tx, id, grant)?;
        Ok(OverrideEvidenceResponse { sale: shown::sale(tx, id, policy)? })
    })
    .await
}
