//! Applies what the journal says was decided: after a start (what the index has not yet seen) and on an import.
//!
//! Double entry, currencies and the one resolution of a pending transfer are checked again. Account rules are not: they
//! were checked when the record was made, and a later Chit may have other ones.

use super::draft::{Plan, release};
use super::rules::{distinct, still_open};
use super::{
    Books, Change, Draft, Kind, LedgerError, Leg, PendingState, Record, ReplayFault, StorageError, Subject,
    Transfer,
};

/// Why a record cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum RedoFault {
    #[error(transparent)]
    Contradiction(#[from] ReplayFault),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl<B: Books + ?Sized> Draft<'_, B> {
    /// Appends the record unchanged.
    pub fn redo(&mut self, record: Record) -> Result<(), RedoFault> {
        let newest = self.newest()?;
        if record.stamp.seq != newest.seq + 1 {
            return Err(ReplayFault::Sequence.into());
        }
        if record.stamp.time < newest.time {
            return Err(ReplayFault::Time.into());
        }
        self.set_now(record.stamp.time);
        let actor = &record.actor;
        match record.change {
            Change::AccountCreated(account) => {
                if self.account(account.terms.id)?.is_some() {
                    return Err(ReplayFault::Account.into());
                }
                match self.create_account(actor, account.terms) {
                    Ok(opened) if opened == account => Ok(()),
                    Ok(_) | Err(LedgerError::Refused(_)) => Err(ReplayFault::Account.into()),
                    Err(LedgerError::Storage(error)) => Err(error.into()),
                }
            }
            Change::Transferred(transfer) => {
                self.unspent(transfer.id)?;
                let plan = match transfer.pending_id {
                    None => self.redo_movement(transfer)?,
                    Some(_) => self.redo_resolution(transfer)?,
                };
                self.carry_out(actor, plan);
                Ok(())
            }
            Change::Refused(request, reason) => {
                self.unspent(request.id)?;
                self.refuse(actor, &request, reason);
                Ok(())
            }
            Change::Expired(id) => {
                if self.expire(id)? {
                    Ok(())
                } else {
                    Err(ReplayFault::Early.into())
                }
            }
            Change::FactRecorded(fact) => {
                if self.fact(fact.id)?.is_some() {
                    return Err(ReplayFault::Spent.into());
                }
                match self.record_fact(actor, fact) {
                    Ok(_) => Ok(()),
                    Err(LedgerError::Refused(_)) => Err(ReplayFault::Spent.into()),
                    Err(LedgerError::Storage(error)) => Err(error.into()),
                }
            }
        }
    }

    /// Appends all records, or none if one does not follow from those before it: then its sequence number is returned.
    pub fn redo_all(&mut self, records: Vec<Record>) -> Result<Result<(), (u64, ReplayFault)>, StorageError> {
        let mut batch = Draft::new(&*self, self.now())?;
        for record in records {
            let seq = record.stamp.seq;
            match batch.redo(record) {
                Ok(()) => {}
                Err(RedoFault::Contradiction(fault)) => return Ok(Err((seq, fault))),
                Err(RedoFault::Storage(error)) => return Err(error),
            }
        }
        let changes = batch.into_changes();
        self.absorb(changes);
        Ok(Ok(()))
    }

    fn unspent(&self, id: super::TransferId) -> Result<(), RedoFault> {
        if self.transfer(id)?.is_some() { Err(ReplayFault::Spent.into()) } else { Ok(()) }
    }

    fn redo_movement(&self, transfer: Transfer) -> Result<Plan, RedoFault> {
        let movement = transfer.movement;
        let mut debit = self.account(movement.debit)?.ok_or(ReplayFault::UnknownAccount)?;
        let mut credit = self.account(movement.credit)?.ok_or(ReplayFault::UnknownAccount)?;
        for (account, leg) in [(&mut debit, Leg::Debit), (&mut credit, Leg::Credit)] {
            if account.terms.currency != movement.currency || movement.debit == movement.credit {
                return Err(ReplayFault::Currency.into());
            }
            match transfer.kind {
                Kind::Pending => account.balances.hold(leg, movement.amount),
                _ => account.balances.post(leg, movement.amount),
            }
            .ok_or(ReplayFault::Range)?;
        }
        let state = PendingState::Open { expires: transfer.expires(self.now()) };
        let pending = (transfer.kind == Kind::Pending).then_some((transfer.id, state));
        let subjects = Vec::from_iter(transfer.external_ref.clone());
        Ok(Plan { transfer, debit, credit, pending, subjects })
    }

    fn redo_resolution(&self, transfer: Transfer) -> Result<Plan, RedoFault> {
        let pending_id = transfer.pending_id.ok_or(ReplayFault::NotOpen)?;
        let pending = self.accepted_transfer(pending_id)?.ok_or(ReplayFault::NotOpen)?;
        let state = self.pending_state(pending_id)?.ok_or(ReplayFault::NotOpen)?;
        still_open(state, self.now()).map_err(|_resolved| ReplayFault::NotOpen)?;
        let (held, moved) = (pending.movement, transfer.movement);
        let same = (held.debit, held.credit, held.currency) == (moved.debit, moved.credit, moved.currency);
        let whole = transfer.kind == Kind::PostPending || held.amount == moved.amount;
        if !same || !whole || moved.amount > held.amount {
            return Err(ReplayFault::Resolution.into());
        }
        let (mut debit, mut credit) = self.accounts_of(&pending).map_err(|error| match error {
            LedgerError::Refused(_) => RedoFault::from(ReplayFault::UnknownAccount),
            LedgerError::Storage(error) => error.into(),
        })?;
        release(&mut debit, &mut credit, &pending)?;
        let resolved = match transfer.kind {
            Kind::PostPending => {
                debit.balances.post(Leg::Debit, moved.amount).ok_or(ReplayFault::Range)?;
                credit.balances.post(Leg::Credit, moved.amount).ok_or(ReplayFault::Range)?;
                PendingState::Posted
            }
            _ => PendingState::Voided,
        };
        let subjects: Vec<Subject> = distinct(transfer.external_ref.clone(), pending.external_ref);
        Ok(Plan { transfer, debit, credit, pending: Some((pending_id, resolved)), subjects })
    }
}
