use std::sync::Arc;

use chit_proto::checkout::v1::{VoidSaleRequest, VoidSaleResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown};
use crate::context::Shop;
use crate::sale::{self, Void};
use crate::staff::approval::Act;
use crate::values::ids::{JobId, SaleId};

pub async fn handle(shop: &Arc<Shop>, call: Call<VoidSaleRequest>) -> Result<VoidSaleResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let id: SaleId = call.body.sale_id.parse()?;
    let grant = match mutation::approval(call.body.approval.clone()) {
        Some(input) => {
            let hands = shop.store.read(move |view| sale::hands(view, id)).await?;
            Some(shop.approve(call.by.origin.clone(), Some(input), Act::VoidAfterPrinting, hands).await?)
        }
        None => None,
    };
    let (original_returned, if_tag) = (call.body.original_returned, call.body.if_basket_tag.clone());
    let actor = call.actor();
    let (notice, policy): (JobId, _) = (shop.new_id()?, shop.cfg.evidence_policy);
    mutation::once(shop, &call, move |tx| {
        let void = Void { grant, original_returned, notice, if_tag: &if_tag, actor: &actor };
        sale::void(tx, id, void)?;
        Ok(VoidSaleResponse { sale: shown::sale(tx, id, policy)? })
    })
    .await
}
