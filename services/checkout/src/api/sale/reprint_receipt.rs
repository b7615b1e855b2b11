use std::sync::Arc;

use chit_proto::checkout::v1::{ReprintReceiptRequest, ReprintReceiptResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::domain::sale::ReceiptState;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(
    shop: &Arc<Shop>,
    request: ReprintReceiptRequest,
) -> Result<ReprintReceiptResponse, Status> {
    shop.staff.known("actor", &request.actor)?;
    let (sale_id, job_id, policy) = (request.sale_id.clone(), shop.new_ulid()?, shop.cfg.evidence_policy);
    mutation::once(shop, &request, move |tx| {
        let sale = tx.sale(&sale_id)?;
        if sale.receipt.state() != ReceiptState::Printed {
            let message = "only a receipt that is on paper can be copied";
            return Err(Refusal::new(RefusalKind::WrongState, "RECEIPT_NOT_PRINTED", message));
        }
        tx.push(&Effect::with_far_id(EffectKind::Reprint, &sale_id, job_id))?;
        Ok(ReprintReceiptResponse { sale: Some(convert::sale(&sale, policy)) })
    })
    .await
}
