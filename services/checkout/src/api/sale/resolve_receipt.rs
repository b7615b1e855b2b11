use std::sync::Arc;

use chit_proto::checkout::v1::{ResolveReceiptRequest, ResolveReceiptResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::status::peer_status;
use crate::api::{mutation, shown};
use crate::context::Shop;
use crate::peers::{Fault, peer};
use crate::sale::ReceiptState;
use crate::values::ids::SaleId;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind};
use chit_proto::printer::v1::{InDoubtOutcome, ResolveInDoubtRequest};

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<ResolveReceiptRequest>,
) -> Result<ResolveReceiptResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let (id, policy): (SaleId, _) = (call.body.sale_id.parse()?, shop.cfg.evidence_policy);
    let sale = shop.store.read(move |view| view.sale(id)).await?;
    let doubtful = sale.sold().filter(|sold| sold.receipt.state == ReceiptState::InDoubt);
    let Some(sold) = doubtful else {
        let message = "the receipt is not in doubt; see the sale's receipt state";
        return Err(Refusal::new(RefusalKind::WrongState, Reason::RECEIPT_NOT_IN_DOUBT, message).into());
    };
    let printed = call.body.printed_whole;
    let outcome = if printed { InDoubtOutcome::PrintedWhole } else { InDoubtOutcome::NotPrinted };
    let command = ResolveInDoubtRequest {
        request_id: call.body.request_id.clone(),
        job_id: sold.receipt.job.to_string(),
        outcome: outcome as i32,
        actor: call.actor(),
    };
    peer!(shop.printer.resolve_in_doubt(command)).await.map_err(|status| peer_status(Fault::from(status)))?;
    // The effect that follows the job writes what becomes of it.
    mutation::once(shop, &call, move |tx| Ok(ResolveReceiptResponse { sale: shown::sale(tx, id, policy)? }))
        .await
}
