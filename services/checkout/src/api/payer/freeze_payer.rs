use std::sync::Arc;

use chit_proto::checkout::v1::{FreezePayerRequest, FreezePayerResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, mutation};
use crate::context::Shop;
use crate::payer::PayerState;
use crate::values::ids::PayerId;
use crate::values::name::Named;
use crate::values::refusal::Refusal;

pub async fn handle(shop: &Arc<Shop>, call: Call<FreezePayerRequest>) -> Result<FreezePayerResponse, Status> {
    let (id, actor): (PayerId, _) = (call.body.payer_id.parse()?, call.actor());
    let serials = call.by.sees_serials();
    mutation::once(shop, &call, move |tx| {
        let mut payer = tx.payer(id)?;
        if !matches!(payer.state, PayerState::Active | PayerState::Pending | PayerState::Frozen) {
            let message = format!("the payer is {}; only an active code can be frozen", payer.state.name());
            return Err(Refusal::wrong_state(message));
        }
        payer.freeze();
        tx.put_payer(&actor, &payer)?;
        Ok(FreezePayerResponse { payer: Some(convert::payer(&payer, serials)) })
    })
    .await
}
