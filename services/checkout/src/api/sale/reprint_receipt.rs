use std::sync::Arc;

use chit_proto::checkout::v1::{ReprintReceiptRequest, ReprintReceiptResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown};
use crate::context::Shop;
use crate::outbox::Effect;
use crate::sale::ReceiptState;
use crate::values::ids::{JobId, SaleId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind};

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<ReprintReceiptRequest>,
) -> Result<ReprintReceiptResponse, Status> {
    let (job, policy): (JobId, _) = (shop.new_id()?, shop.cfg.evidence_policy);
    let reference = call.body.sale_id.clone();
    mutation::once(shop, &call, move |tx| {
        let sale: SaleId = tx.sale_by_reference(&reference)?;
        let printed = tx.sale(sale)?.sold().is_some_and(|sold| sold.receipt.state == ReceiptState::Printed);
        if !printed {
            let message = "only a receipt that is on paper can be copied";
            return Err(Refusal::new(RefusalKind::WrongState, Reason::RECEIPT_NOT_PRINTED, message));
        }
        tx.push(&Effect::PrintCopy { sale, job })?;
        Ok(ReprintReceiptResponse { sale: shown::sale(tx, sale, policy)? })
    })
    .await
}
