use std::sync::Arc;

use chit_proto::checkout::v1::{ResolveReceiptRequest, ResolveReceiptResponse};
use tonic::Status;

use chit_proto::printer::v1::{InDoubtOutcome, ResolveInDoubtRequest};

use crate::api::status::far_status;
use crate::api::{convert, mutation};
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::domain::sale::ReceiptState;
use crate::saga::Fault;
use crate::shop::Shop;

pub async fn handle(
    shop: &Arc<Shop>,
    request: ResolveReceiptRequest,
) -> Result<ResolveReceiptResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &request).await? {
        return Ok(known);
    }
    shop.staff.known("actor", &request.actor)?;
    let sale = shop.sale(&request.sale_id).await?;
    if sale.receipt.state() != ReceiptState::InDoubt {
        let message = "the receipt is not in doubt; see the sale's receipt state";
        return Err(Refusal::new(RefusalKind::WrongState, "RECEIPT_NOT_IN_DOUBT", message).into());
    }
    let outcome =
        if request.printed_whole { InDoubtOutcome::PrintedWhole } else { InDoubtOutcome::NotPrinted };
    let order = ResolveInDoubtRequest {
        request_id: request.request_id.clone(),
        job_id: sale.receipt.job_id,
        outcome: outcome as i32,
        actor: request.actor.clone(),
    };
    crate::far!(shop.printer.resolve_in_doubt(order))
        .await
        .map_err(|status| far_status(Fault::from(status)))?;
    // The saga follows the job and writes what becomes of it.
    let sale = shop.sale(&request.sale_id).await?;
    let answer = ResolveReceiptResponse { sale: Some(convert::sale(&sale, shop.cfg.evidence_policy)) };
    mutation::once(shop, &request, move |_| Ok(answer)).await
}
