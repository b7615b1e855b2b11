use std::sync::Arc;

use chit_proto::checkout::v1::{FreezePayerRequest, FreezePayerResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::domain::name::Named;
use crate::domain::people::PayerState;
use crate::domain::refusal::Refusal;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, request: FreezePayerRequest) -> Result<FreezePayerResponse, Status> {
    shop.staff.known("actor", &request.actor)?;
    let (payer_id, actor) = (request.payer_id.clone(), request.actor.clone());
    mutation::once(shop, &request, move |tx| {
        let mut payer = tx.payer(&payer_id)?;
        if !matches!(payer.state(), PayerState::Active | PayerState::Pending | PayerState::Frozen) {
            let message = format!("the payer is {}; only an active code can be frozen", payer.state().name());
            return Err(Refusal::wrong_state(message));
        }
        payer.state = PayerState::Frozen as i32;
        tx.put_payer(&actor, &payer)?;
        Ok(FreezePayerResponse { payer: Some(convert::payer(&payer)) })
    })
    .await
}
