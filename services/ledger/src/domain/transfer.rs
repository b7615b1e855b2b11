//! Transfers: as asked for, and as accepted.

use super::{AccountId, AmountMinor, Currency, Reason, Stamp, Subject, TransferId, UnixMicros};

/// Longest lifetime of a pending transfer: ten years, in microseconds.
pub const TIMEOUT_US_MAX: i64 = 10 * 366 * 86_400 * 1_000_000;

/// What a transfer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Posted,
    Pending,
    PostPending,
    VoidPending,
}

/// Money from the credit account's to the debit account's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movement {
    pub debit: AccountId,
    pub credit: AccountId,
    pub amount: AmountMinor,
    pub currency: Currency,
}

/// How a pending transfer is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    pub pending_id: TransferId,
    /// `None` = the whole pending amount.
    pub amount: Option<AmountMinor>,
    /// Checked against the pending transfer when given.
    pub currency: Option<Currency>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Post(Movement),
    Hold {
        movement: Movement,
        /// Lifetime in microseconds, 1 to [`TIMEOUT_US_MAX`]; `None` = for ever.
        timeout_us: Option<i64>,
    },
    PostPending(Resolution),
    VoidPending(Resolution),
}

/// A transfer as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRequest {
    pub id: TransferId,
    pub action: Action,
    pub code: u16,
    pub external_ref: Option<Subject>,
}

/// An accepted transfer, immutable: resolutions carry the accounts of their pending transfer and the amount that was
/// posted or released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub id: TransferId,
    pub kind: Kind,
    pub movement: Movement,
    pub pending_id: Option<TransferId>,
    pub timeout_us: Option<i64>,
    pub code: u16,
    pub external_ref: Option<Subject>,
}

impl Transfer {
    /// When a pending transfer accepted at `created` runs out of time.
    pub fn expires(&self, created: UnixMicros) -> Option<UnixMicros> {
        self.timeout_us.map(|us| UnixMicros(created.0.saturating_add(us)))
    }

    /// Name of the first field in which the accepted transfer differs from another request for its id, whose pending
    /// transfer (if any) is `pending`.
    pub fn differing_field(&self, asked: &TransferRequest, pending: Option<&Self>) -> Option<&'static str> {
        if self.kind != asked.kind() {
            return Some("transfer.kind");
        }
        if self.pending_id != asked.pending_id() {
            return Some("transfer.pending_transfer_id");
        }
        let Ok(other) = asked.accepted(pending) else { return Some("transfer.amount") };
        let (m, o) = (&self.movement, &other.movement);
        first_difference([
            ("transfer.debit_account_id", m.debit != o.debit),
            ("transfer.credit_account_id", m.credit != o.credit),
            ("transfer.amount", m.amount != o.amount || m.currency != o.currency),
            ("transfer.timeout", self.timeout_us != other.timeout_us),
            ("transfer.code", self.code != other.code),
            ("transfer.external_ref", self.external_ref != other.external_ref),
        ])
    }
}

impl TransferRequest {
    pub fn kind(&self) -> Kind {
        match self.action {
            Action::Post(_) => Kind::Posted,
            Action::Hold { .. } => Kind::Pending,
            Action::PostPending(_) => Kind::PostPending,
            Action::VoidPending(_) => Kind::VoidPending,
        }
    }

    pub fn pending_id(&self) -> Option<TransferId> {
        self.resolution().map(|r| r.pending_id)
    }

    fn resolution(&self) -> Option<&Resolution> {
        match &self.action {
            Action::PostPending(r) | Action::VoidPending(r) => Some(r),
            Action::Post(_) | Action::Hold { .. } => None,
        }
    }

    fn movement(&self) -> Option<(&Movement, Option<i64>)> {
        match &self.action {
            Action::Post(movement) => Some((movement, None)),
            Action::Hold { movement, timeout_us } => Some((movement, *timeout_us)),
            Action::PostPending(_) | Action::VoidPending(_) => None,
        }
    }

    /// The transfer as it is stored when accepted. `pending` is the pending transfer of a resolution.
    pub fn accepted(&self, pending: Option<&Transfer>) -> Result<Transfer, Reason> {
        let (movement, timeout_us) = match &self.action {
            Action::Post(movement) => (*movement, None),
            Action::Hold { movement, timeout_us } => (*movement, *timeout_us),
            Action::PostPending(resolution) | Action::VoidPending(resolution) => {
                (resolution.of(pending.ok_or(Reason::PendingNotFound)?)?, None)
            }
        };
        Ok(Transfer {
            id: self.id,
            kind: self.kind(),
            movement,
            pending_id: self.pending_id(),
            timeout_us,
            code: self.code,
            external_ref: self.external_ref.clone(),
        })
    }

    /// Name of the first field in which another request for the same id differs.
    pub fn differing_field(&self, other: &Self) -> Option<&'static str> {
        if self.kind() != other.kind() {
            return Some("transfer.kind");
        }
        if self.pending_id() != other.pending_id() {
            return Some("transfer.pending_transfer_id");
        }
        let (movement, others) = (self.movement().map(|m| m.0), other.movement().map(|m| m.0));
        let timeout = |r: &Self| r.movement().and_then(|m| m.1);
        let money = |r: &Self| {
            let whole = r.resolution().map(|r| (r.amount, r.currency));
            (r.movement().map(|(m, _)| (m.amount, m.currency)), whole)
        };
        first_difference([
            ("transfer.debit_account_id", movement.map(|m| m.debit) != others.map(|m| m.debit)),
            ("transfer.credit_account_id", movement.map(|m| m.credit) != others.map(|m| m.credit)),
            ("transfer.amount", money(self) != money(other)),
            ("transfer.timeout", timeout(self) != timeout(other)),
            ("transfer.code", self.code != other.code),
            ("transfer.external_ref", self.external_ref != other.external_ref),
        ])
    }
}

impl Resolution {
    fn of(&self, pending: &Transfer) -> Result<Movement, Reason> {
        if self.currency.is_some_and(|currency| currency != pending.movement.currency) {
            return Err(Reason::CurrencyMismatch);
        }
        let amount = self.amount.unwrap_or(pending.movement.amount);
        if amount > pending.movement.amount {
            return Err(Reason::AmountExceedsPending);
        }
        Ok(Movement { amount, ..pending.movement })
    }
}

fn first_difference<const N: usize>(fields: [(&'static str, bool); N]) -> Option<&'static str> {
    fields.into_iter().find_map(|(field, differs)| differs.then_some(field))
}

/// State of a pending transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingState {
    Open {
        /// `None` = never expires.
        expires: Option<UnixMicros>,
    },
    Posted,
    Voided,
    Expired,
}

/// What became of a transfer id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted(Transfer),
    Refused(TransferRequest, Reason),
}

/// A spent transfer id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferEntry {
    pub stamp: Stamp,
    pub outcome: Outcome,
}
