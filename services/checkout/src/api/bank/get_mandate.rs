use std::sync::Arc;

use chit_proto::checkout::v1::{GetMandateRequest, GetMandateResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::shown_bank;
use crate::context::Shop;
use crate::values::ids::PayerId;
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;

pub async fn handle(shop: &Arc<Shop>, call: Call<GetMandateRequest>) -> Result<GetMandateResponse, Status> {
    let payer: PayerId = call.body.payer_id.parse()?;
    let mandate = shop.store.read(move |view| view.find_mandate(view.payer(payer)?.mandate)).await?;
    let mandate = mandate.ok_or_else(|| Refusal::not_found(Reason::MANDATE_NOT_FOUND, "mandate"))?;
    Ok(GetMandateResponse { mandate: Some(shown_bank::mandate(&mandate)) })
}
