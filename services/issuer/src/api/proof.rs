//! Who acts on cards: one of the issuer's people, by their PIN. No name in a request is believed.

use chit_proto::issuer::v1::Approval;
use tonic::Status;

use super::{Api, errors};
use crate::domain::Refusal;

/// Made here only, from a right PIN.
pub struct Custodian(String);

impl Custodian {
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// Takes the PIN out of the request, so that it is in no fingerprint of it.
pub async fn proved(api: &Api, approval: &mut Option<Approval>) -> Result<Custodian, Status> {
    let refused = |refusal: Refusal| errors::from_store(refusal.into());
    let Some(approval) = approval.as_mut().filter(|approval| !approval.actor.is_empty()) else {
        return Err(refused(Refusal::ApprovalRequired));
    };
    let (name, pin) = (approval.actor.clone(), std::mem::take(&mut approval.pin));
    // Nothing is counted for a name that nobody has: the store does not grow by guesses.
    if !api.people.knows(&name) {
        return Err(refused(Refusal::PinWrong));
    }
    let (people, now_ms, tried) = (api.people.clone(), api.now_ms(), name.clone());
    let right = api.on_disk(move |store| {
        store.write(|draft| {
            let lockout = draft.lockout(&tried)?;
            lockout.check(now_ms)?;
            let right = people.has_pin(&tried, &pin);
            draft.put_lockout(&tried, lockout.after_try(right, now_ms))?;
            Ok(right)
        })
    });
    if right.await? { Ok(Custodian(name)) } else { Err(refused(Refusal::PinWrong)) }
}
