use std::sync::Arc;

use chit_proto::checkout::v1::{ListBadRecordRequest, ListBadRecordResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown};
use crate::context::Shop;
use crate::recovery;
use crate::sale;
use crate::staff::approval::Act;
use crate::values::ids::{SaleId, TransferId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind};

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<ListBadRecordRequest>,
) -> Result<ListBadRecordResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let id: SaleId = call.body.sale_id.parse()?;
    let hands = shop.store.read(move |view| sale::hands(view, id)).await?;
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::ListOnPartialEvidence, hands).await?;
    if grant.is_self_approved() {
        let message = "one person alone puts nobody on the deny list who sold to them";
        return Err(Refusal::new(RefusalKind::NotAllowed, Reason::SELF_APPROVED_ONLY, message).into());
    }
    let (transfer, kept): (TransferId, _) = (shop.new_id()?, shop.cfg.bad_record_kept());
    let policy = shop.cfg.evidence_policy;
    mutation::once(shop, &call, move |tx| {
        if !tx.deduction(id)?.notice().is_some_and(|notice| notice.needs_person) {
            return Err(Refusal::wrong_state("the sale does not wait for a supervisor's listing"));
        }
        let approver = grant.record(tx, id)?;
        recovery::list(tx, id, transfer, kept, Some(&approver))?;
        Ok(ListBadRecordResponse { sale: shown::sale(tx, id, policy)? })
    })
    .await
}
