//! Who acts on cards: one of the issuer's people, by their PIN. No name in a request is believed.

use chit_pin::PinError;
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
    let (people, now, tried) = (api.people.clone(), api.clock.now(), name.clone());
    let tried = api.on_disk(move |store| {
        let mut turn = people.turn();
        let before = store.write(|draft| draft.lockout(&tried))?;
        if let Err(closed) = before.check(now) {
            return Ok(Err(closed));
        }
        // Nobody waits for the store meanwhile: argon2id is slow on purpose.
        let right = people.has_pin(&mut turn, &tried, &pin);
        store.write(|draft| {
            let (after, answer) = draft.lockout(&tried)?.after_try(right, now);
            draft.put_lockout(&tried, after)?;
            Ok(answer)
        })
    });
    match tried.await? {
        Ok(()) => Ok(Custodian(name)),
        Err(PinError::LockedOut { .. }) => Err(refused(Refusal::PinLockedOut)),
        Err(PinError::Form | PinError::Wrong { .. } | PinError::Stored) => Err(refused(Refusal::PinWrong)),
    }
}
