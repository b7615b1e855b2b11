use std::sync::Arc;

use chit_proto::checkout::v1::{ResetOwnerRequest, ResetOwnerResponse};
use tonic::Status;

use super::one_time;
use crate::api::call::Call;
use crate::api::convert;
use crate::context::Shop;
use crate::staff::people;

/// The first call asks, and says until when an owner may cancel; a call after that time fetches the PIN.
pub async fn handle(shop: &Arc<Shop>, call: Call<ResetOwnerRequest>) -> Result<ResetOwnerResponse, Status> {
    let (actor, name) = (call.actor(), call.body.name);
    let (asker, asked) = (actor.clone(), name.clone());
    let (ready_at, ready) = shop.store.write(move |tx| people::ask_owner_reset(tx, &asker, &asked)).await?;
    if !ready {
        tracing::warn!(%ready_at, "root asked for an owner's PIN to be reset");
        return Ok(ResetOwnerResponse { ready_time: convert::time(ready_at), one_time_pin: String::new() });
    }
    let (pin, hash) = one_time::pin(shop).await?;
    let reset = move |tx: &mut crate::store::Tx| {
        // Once: two calls at the same time give one PIN.
        if tx.owner_reset(&name)?.is_none() {
            return Ok(false);
        }
        people::reset_pin(tx, &actor, &name, hash)?;
        tx.put_owner_reset(&actor, &name, None)?;
        Ok(true)
    };
    let given = shop.store.write(reset).await?;
    let one_time_pin = if given { pin } else { String::new() };
    Ok(ResetOwnerResponse { ready_time: convert::time(ready_at), one_time_pin })
}
