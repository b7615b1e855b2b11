use std::sync::Arc;

use chit_proto::checkout::v1::{ChangePinRequest, ChangePinResponse};
use tonic::Status;

use super::one_time;
use crate::api::call::Call;
use crate::api::caller::Who;
use crate::context::Shop;
use crate::staff::person::is_pin;
use crate::staff::{ApprovalInput, people};
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;

/// The PIN is asked for once more: a session that was left open does not take its person's place for good.
pub async fn handle(shop: &Arc<Shop>, call: Call<ChangePinRequest>) -> Result<ChangePinResponse, Status> {
    let Who::Person { person, token, .. } = &call.by.who else { return Ok(ChangePinResponse {}) };
    let new = call.body.new_pin.clone();
    if !is_pin(person.role, &new) {
        let remedy = "give 4 to 8 digits; a supervisor or an owner 6 to 8";
        return Err(Refusal::field("new_pin", Reason::PIN_FORM, remedy).into());
    }
    if new == call.body.pin {
        return Err(Refusal::field("new_pin", Reason::PIN_UNCHANGED, "choose another one").into());
    }
    let (checker, origin) = (shop.clone(), call.by.origin.clone());
    let input = ApprovalInput { actor: person.name.clone(), pin: call.body.pin.clone() };
    let checked =
        tokio::task::spawn_blocking(move || checker.staff.sign_in(&input, &origin, checker.clock.now()));
    checked.await.map_err(|join| Refusal::internal(format!("the PIN was not checked: {join}")))??;
    let hash = one_time::hash(shop, new).await?;
    let (name, kept) = (person.name.clone(), *token);
    shop.store.write(move |tx| people::change_pin(tx, &name, hash, Some(kept))).await?;
    Ok(ChangePinResponse {})
}
