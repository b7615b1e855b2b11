//! Recomputes the ledger from its journal alone, without the rules' helpers reading stored balances.

use std::collections::BTreeMap;

use super::{Account, AccountId, Change, Kind, Leg, Record, Stamp, Transfer, TransferId};

/// The journal contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayFault {
    #[error("sequence numbers have a gap or repeat")]
    Sequence,
    #[error("journal time runs backwards")]
    Time,
    #[error("an account is created twice or has sums at birth")]
    Account,
    #[error("an id is used twice")]
    Spent,
    #[error("a transfer names an account that does not exist")]
    UnknownAccount,
    #[error("a transfer and its accounts have different currencies")]
    Currency,
    #[error("a resolution names no open pending transfer")]
    NotOpen,
    #[error("a resolution differs from its pending transfer in accounts, currency or by too high an amount")]
    Resolution,
    #[error("a pending transfer expires before its time")]
    Early,
    #[error("a sum leaves its range")]
    Range,
}

/// State after the records read so far. Holds all accounts and the open pending transfers, nothing else.
#[derive(Debug, Default)]
pub struct Replay {
    newest: Stamp,
    accounts: BTreeMap<AccountId, Account>,
    open: BTreeMap<TransferId, (Transfer, Stamp)>,
}

impl Replay {
    pub fn accounts(&self) -> &BTreeMap<AccountId, Account> {
        &self.accounts
    }

    /// Ids of pending transfers that nothing has resolved.
    pub fn open(&self) -> impl Iterator<Item = TransferId> {
        self.open.keys().copied()
    }

    pub fn apply(&mut self, record: &Record) -> Result<(), ReplayFault> {
        if record.stamp.seq != self.newest.seq + 1 {
            return Err(ReplayFault::Sequence);
        }
        if record.stamp.time < self.newest.time {
            return Err(ReplayFault::Time);
        }
        self.newest = record.stamp;
        match &record.change {
            Change::AccountCreated(account) => self.create(*account),
            Change::Transferred(transfer) => self.transfer(transfer),
            Change::Expired(id) => self.expire(*id),
            Change::Refused(..) | Change::FactRecorded(_) => Ok(()),
        }
    }

    fn create(&mut self, account: Account) -> Result<(), ReplayFault> {
        if account != Account::opened(account.terms, self.newest.time) {
            return Err(ReplayFault::Account);
        }
        match self.accounts.insert(account.terms.id, account) {
            None => Ok(()),
            Some(_) => Err(ReplayFault::Account),
        }
    }

    fn transfer(&mut self, transfer: &Transfer) -> Result<(), ReplayFault> {
        let movement = transfer.movement;
        for (id, leg) in [(movement.debit, Leg::Debit), (movement.credit, Leg::Credit)] {
            let account = self.accounts.get_mut(&id).ok_or(ReplayFault::UnknownAccount)?;
            if account.terms.currency != movement.currency {
                return Err(ReplayFault::Currency);
            }
            match transfer.kind {
                Kind::Posted | Kind::PostPending => account.balances.post(leg, movement.amount),
                Kind::Pending => account.balances.hold(leg, movement.amount),
                Kind::VoidPending => Some(()),
            }
            .ok_or(ReplayFault::Range)?;
        }
        if transfer.kind == Kind::Pending {
            self.open.insert(transfer.id, (transfer.clone(), self.newest));
        }
        match transfer.pending_id {
            None => Ok(()),
            Some(pending_id) => {
                let (pending, _) = self.release(pending_id)?;
                let same = pending.movement.debit == movement.debit
                    && pending.movement.credit == movement.credit
                    && pending.movement.amount >= movement.amount;
                if same { Ok(()) } else { Err(ReplayFault::Resolution) }
            }
        }
    }

    fn expire(&mut self, id: TransferId) -> Result<(), ReplayFault> {
        let (pending, created) = self.release(id)?;
        match pending.expires(created.time) {
            Some(expires) if expires <= self.newest.time => Ok(()),
            _ => Err(ReplayFault::Early),
        }
    }

    fn release(&mut self, id: TransferId) -> Result<(Transfer, Stamp), ReplayFault> {
        let (pending, created) = self.open.remove(&id).ok_or(ReplayFault::NotOpen)?;
        let movement = pending.movement;
        for (id, leg) in [(movement.debit, Leg::Debit), (movement.credit, Leg::Credit)] {
            let account = self.accounts.get_mut(&id).ok_or(ReplayFault::UnknownAccount)?;
            account.balances.release(leg, movement.amount).ok_or(ReplayFault::Range)?;
        }
        Ok((pending, created))
    }
}
