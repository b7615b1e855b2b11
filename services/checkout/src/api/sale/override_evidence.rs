use std::sync::Arc;

use chit_proto::checkout::v1::{OverrideEvidenceRequest, OverrideEvidenceResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::counter;
use crate::domain::approval::Act;
use crate::domain::sale::SaleState;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(
    shop: &Arc<Shop>,
    request: OverrideEvidenceRequest,
) -> Result<OverrideEvidenceResponse, Status> {
    let cashier = shop.sale(&request.sale_id).await?.cashier;
    let approval = mutation::approval(request.approval.clone());
    let grant = counter::approve(shop, approval, Act::ReleaseWithoutEvidence, Some(cashier)).await?;
    let (sale_id, policy) = (request.sale_id.clone(), shop.cfg.evidence_policy);
    mutation::once(shop, &request, move |tx| {
        let mut sale = tx.sale(&sale_id)?;
        sale.must_be(&[SaleState::Committed, SaleState::Printing], "released without evidence")?;
        let approver = grant.record(tx, &sale_id)?;
        sale.evidence.override_by.clone_from(&approver);
        tx.put_sale(&approver, &sale)?;
        Ok(OverrideEvidenceResponse { sale: Some(convert::sale(&sale, policy)) })
    })
    .await
}
