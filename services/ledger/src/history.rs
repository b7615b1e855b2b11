//! Balances as they stood after an earlier record.

use crate::domain::{Account, AccountId, Change, Kind, Leg, Outcome, StorageError, Transfer, TransferId};
use crate::store::{TouchKind, View};

/// Touches read at a time.
const PAGE: usize = 1024;

/// `None` = the account did not exist then.
pub fn account_as_of(view: &dyn View, id: AccountId, seq: u64) -> Result<Option<Account>, StorageError> {
    let Some((mut after, mut account)) = view.sums_before(id, seq)? else { return Ok(None) };
    let mut existed = after > 0;
    loop {
        let touches = view.touches_of(id, after, PAGE)?;
        for touch in &touches {
            if touch.seq > seq {
                return Ok(existed.then_some(account));
            }
            existed |= touch.kind == TouchKind::Opened;
            apply(view, &mut account, &view.touching(touch)?.change)?;
        }
        match touches.last() {
            Some(last) => after = last.seq,
            None => return Ok(existed.then_some(account)),
        }
    }
}

fn apply(view: &dyn View, account: &mut Account, change: &Change) -> Result<(), StorageError> {
    match change {
        Change::Transferred(transfer) => {
            let leg = leg(account.terms.id, transfer);
            let amount = transfer.movement.amount;
            let added = match transfer.kind {
                Kind::Posted | Kind::PostPending => account.balances.post(leg, amount),
                Kind::Pending => account.balances.hold(leg, amount),
                Kind::VoidPending => Some(()),
            };
            added.ok_or_else(|| StorageError::new("an earlier sum leaves its range"))?;
            transfer.pending_id.map_or(Ok(()), |pending| release(view, account, pending))
        }
        Change::Expired(pending) => release(view, account, *pending),
        Change::AccountCreated(_) | Change::Refused(..) | Change::FactRecorded(_) => Ok(()),
    }
}

fn release(view: &dyn View, account: &mut Account, pending: TransferId) -> Result<(), StorageError> {
    let Some(Outcome::Accepted(held)) = view.transfer(pending)?.map(|entry| entry.outcome) else {
        return Err(StorageError::new("a resolution names no pending transfer"));
    };
    let released = account.balances.release(leg(account.terms.id, &held), held.movement.amount);
    released.ok_or_else(|| StorageError::new("an earlier sum leaves its range"))
}

fn leg(account: AccountId, transfer: &Transfer) -> Leg {
    if transfer.movement.debit == account { Leg::Debit } else { Leg::Credit }
}
