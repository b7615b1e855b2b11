use std::sync::Arc;

use chit_proto::checkout::v1::{ResolveDisputeRequest, ResolveDisputeResponse};
use jiff::SignedDuration;
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, mutation};
use crate::collection::RefundIds;
use crate::context::Shop;
use crate::dispute;
use crate::sale::{self, Stage, Step};
use crate::staff::approval::Act;
use crate::values::ids::DisputeId;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind};

/// In a shop of one person: time for the payer to come by, or to ask somebody else.
const OWN_JUDGEMENT_AFTER: SignedDuration = SignedDuration::from_hours(24);

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
    let uphold = call.body.uphold;
    mutation::once(shop, &call, move |tx| {
        let disputed = tx.dispute(id)?;
        if grant.is_self_approved() && tx.now < disputed.opened_at + OWN_JUDGEMENT_AFTER {
            let message = "who decides about their own sale waits 24 hours from the objection";
            return Err(Refusal::new(RefusalKind::WrongState, Reason::JUDGEMENT_WAITS, message));
        }
        let sale = tx.sale(disputed.sale)?;
        let at_counter = matches!(&sale.stage, Stage::Sold(sold)
            if matches!(sold.step, Step::Committed | Step::Printing));
        let approver = grant.record(tx, sale.id)?;
        let dispute = dispute::resolve(tx, id, uphold, &approver, at_counter, ids)?;
        Ok(ResolveDisputeResponse { dispute: Some(convert::dispute(&dispute)) })
    })
    .await
}
