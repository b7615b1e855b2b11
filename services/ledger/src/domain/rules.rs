//! The rules a transfer must pass. All checks come before any change.

use super::draft::{Plan, release};
use super::{
    Books, Draft, Kind, LedgerError, Leg, PendingState, Reason, Subject, TransferId, TransferRequest,
    UnixMicros,
};

impl<B: Books + ?Sized> Draft<'_, B> {
    pub(super) fn plan(&self, asked: &TransferRequest) -> Result<Plan, LedgerError> {
        match asked.pending_id() {
            None => self.plan_movement(asked),
            Some(pending_id) => self.plan_resolution(asked, pending_id),
        }
    }

    fn plan_movement(&self, asked: &TransferRequest) -> Result<Plan, LedgerError> {
        let transfer = asked.accepted(None)?;
        let movement = transfer.movement;
        if movement.debit == movement.credit {
            return Err(Reason::SameAccount.into());
        }
        let (mut debit, mut credit) = self.accounts_of(&transfer)?;
        for (account, leg) in [(&mut debit, Leg::Debit), (&mut credit, Leg::Credit)] {
            account.open_for_new()?;
            if account.terms.currency != movement.currency {
                return Err(Reason::CurrencyMismatch.into());
            }
            match transfer.kind {
                Kind::Pending => account.balances.hold(leg, movement.amount),
                _ => account.balances.post(leg, movement.amount),
            }
            .ok_or(Reason::AmountOverflow)?;
            account.within_rules(leg)?;
        }
        let pending = (transfer.kind == Kind::Pending)
            .then(|| (transfer.id, PendingState::Open { expires: transfer.expires(self.now()) }));
        let subjects = Vec::from_iter(transfer.external_ref.clone());
        Ok(Plan { transfer, debit, credit, pending, subjects })
    }

    /// No account rule is checked here: the pending amount has counted since it was accepted, and a resolution never
    /// adds to it.
    fn plan_resolution(&self, asked: &TransferRequest, pending_id: TransferId) -> Result<Plan, LedgerError> {
        let pending = self.accepted_transfer(pending_id)?.ok_or(Reason::PendingNotFound)?;
        let state = self.pending_state(pending_id)?.ok_or(Reason::NotPending)?;
        still_open(state, self.now())?;
        let transfer = asked.accepted(Some(&pending))?;
        let (mut debit, mut credit) = self.accounts_of(&pending)?;
        debit.open_for_resolution()?;
        credit.open_for_resolution()?;
        release(&mut debit, &mut credit, &pending)?;
        let resolved = if transfer.kind == Kind::PostPending {
            let amount = transfer.movement.amount;
            debit.balances.post(Leg::Debit, amount).ok_or(Reason::AmountOverflow)?;
            credit.balances.post(Leg::Credit, amount).ok_or(Reason::AmountOverflow)?;
            PendingState::Posted
        } else {
            PendingState::Voided
        };
        let subjects = distinct(transfer.external_ref.clone(), pending.external_ref);
        Ok(Plan { transfer, debit, credit, pending: Some((pending_id, resolved)), subjects })
    }
}

/// Overdue counts as expired even before the expiry is on record.
pub(super) fn still_open(state: PendingState, now: UnixMicros) -> Result<(), Reason> {
    match state {
        PendingState::Open { expires: Some(expires) } if expires <= now => Err(Reason::PendingExpired),
        PendingState::Open { .. } => Ok(()),
        PendingState::Expired => Err(Reason::PendingExpired),
        PendingState::Posted | PendingState::Voided => Err(Reason::PendingAlreadyResolved),
    }
}

pub(super) fn distinct(own: Option<Subject>, pending: Option<Subject>) -> Vec<Subject> {
    if own == pending { Vec::from_iter(own) } else { own.into_iter().chain(pending).collect() }
}
