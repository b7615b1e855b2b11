use std::sync::Arc;

use chit_proto::checkout::v1::{OpenDisputeRequest, OpenDisputeResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, mutation};
use crate::context::Shop;
use crate::dispute::Cause;
use crate::values::ids::DisputeId;
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;
use crate::verification::calling_off;

pub async fn handle(shop: &Arc<Shop>, call: Call<OpenDisputeRequest>) -> Result<OpenDisputeResponse, Status> {
    let cause = Cause::ALL.into_iter().find(|cause| *cause as i32 == call.body.cause);
    // A refund at the bank is known from the bank alone.
    let cause = cause.filter(|cause| *cause != Cause::RefundedAtBank);
    let cause = cause
        .ok_or_else(|| Refusal::field("cause", Reason::CAUSE_INVALID, "say what the dispute is about"))?;
    let (reference, actor) = (call.body.sale_id.clone(), call.actor());
    let id: DisputeId = shop.new_id()?;
    mutation::once(shop, &call, move |tx| {
        let sale = tx.sale_by_reference(&reference)?;
        let dispute = calling_off::disputed_in_person(tx, sale, id, cause, &actor)?;
        Ok(OpenDisputeResponse { dispute: Some(convert::dispute(&dispute)) })
    })
    .await
}
