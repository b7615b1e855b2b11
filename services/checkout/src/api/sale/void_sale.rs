use std::sync::Arc;

use chit_proto::checkout::v1::{VoidSaleRequest, VoidSaleResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::counter;
use crate::domain::approval::Act;
use crate::shop::Shop;

pub async fn handle(shop: &Arc<Shop>, request: VoidSaleRequest) -> Result<VoidSaleResponse, Status> {
    let cashier = shop.sale(&request.sale_id).await?.cashier;
    let grant = match mutation::approval(request.approval.clone()) {
        Some(input) => {
            Some(counter::approve(shop, Some(input), Act::VoidAfterPrinting, Some(cashier)).await?)
        }
        None => None,
    };
    let (sale_id, returned, policy) =
        (request.sale_id.clone(), request.original_returned, shop.cfg.evidence_policy);
    let (notice_job_id, if_tag) = (shop.new_ulid()?, request.if_basket_tag.clone());
    mutation::once(shop, &request, move |tx| {
        let sale = counter::void(tx, &sale_id, grant, returned, notice_job_id, &if_tag)?;
        Ok(VoidSaleResponse { sale: Some(convert::sale(&sale, policy)) })
    })
    .await
}
