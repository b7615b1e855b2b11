use std::sync::Arc;

use chit_proto::checkout::v1::{ResolveDisputeRequest, ResolveDisputeResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, mutation};
use crate::collection::RefundIds;
use crate::context::Shop;
use crate::dispute::{self, own_judgement};
use crate::sale::{self, Stage, Step};
use crate::staff::approval::Act;
use crate::values::ids::DisputeId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<ResolveDisputeRequest>,
) -> Result<ResolveDisputeResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let id: DisputeId = call.body.dispute_id.parse()?;
    let hands = shop.store.read(move |view| sale::hands(view, view.dispute(id)?.sale)).await?;
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::ResolveDispute, hands).await?;
    let ids = RefundIds { by_rail: shop.new_id()?, in_cash: shop.new_id()?, notice: shop.new_id()? };
    let (uphold, voice, told) = (call.body.uphold, shop.voice.clone(), shop.new_id()?);
    mutation::once(shop, &call, move |tx| {
        let by_own_seller = grant.is_self_approved();
        if by_own_seller {
            own_judgement::may_be_made(tx, &voice, id)?;
        }
        let sale = tx.sale(tx.dispute(id)?.sale)?;
        let at_counter = matches!(&sale.stage, Stage::Sold(sold)
            if matches!(sold.step, Step::Committed | Step::Printing));
        let approver = grant.record(tx, sale.id)?;
        let dispute = dispute::resolve(tx, id, uphold, &approver, at_counter, ids)?;
        if by_own_seller {
            own_judgement::tell(tx, &voice, &dispute, told)?;
        }
        Ok(ResolveDisputeResponse { dispute: Some(convert::dispute(&dispute)) })
    })
    .await
}
