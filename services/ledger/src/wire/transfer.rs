//! Transfers: as asked for (API, refused ones in the journal) and as accepted (journal, answers).

use chit_proto::ledger::v1 as pb;
use chit_proto::money::v1::Money;

use super::{FieldFault, MICROS, account_id, currency, fault, optional_subject, timestamp, transfer_id};
use crate::domain::{
    Action, AmountMinor, Currency, Kind, Movement, PendingState, Resolution, Stamp, Subject, TIMEOUT_US_MAX,
    Transfer, TransferRequest,
};

fn kind_to_pb(kind: Kind) -> i32 {
    match kind {
        Kind::Posted => pb::TransferKind::Posted as i32,
        Kind::Pending => pb::TransferKind::Pending as i32,
        Kind::PostPending => pb::TransferKind::PostPending as i32,
        Kind::VoidPending => pb::TransferKind::VoidPending as i32,
    }
}

fn kind(transfer: &pb::Transfer) -> Result<Kind, FieldFault> {
    match pb::TransferKind::try_from(transfer.kind) {
        Ok(pb::TransferKind::Posted) => Ok(Kind::Posted),
        Ok(pb::TransferKind::Pending) => Ok(Kind::Pending),
        Ok(pb::TransferKind::PostPending) => Ok(Kind::PostPending),
        Ok(pb::TransferKind::VoidPending) => Ok(Kind::VoidPending),
        Ok(pb::TransferKind::Unspecified) | Err(_) => {
            Err(fault("transfer.kind", "must be set to a known kind"))
        }
    }
}

/// The journal's form: without what the record around it says (sequence number, time) and without later state.
pub fn transfer_to_pb(transfer: &Transfer) -> pb::Transfer {
    let movement = &transfer.movement;
    pb::Transfer {
        transfer_id: transfer.id.to_string(),
        kind: kind_to_pb(transfer.kind),
        debit_account_id: movement.debit.to_string(),
        credit_account_id: movement.credit.to_string(),
        amount: Some(money(movement.amount.get(), movement.currency)),
        pending_transfer_id: transfer.pending_id.map(|id| id.to_string()).unwrap_or_default(),
        timeout: transfer.timeout_us.map(duration),
        code: u32::from(transfer.code),
        external_ref: text(transfer.external_ref.as_ref()),
        ..pb::Transfer::default()
    }
}

/// The answer's form.
pub fn stamped_transfer_to_pb(
    transfer: &Transfer,
    stamp: Stamp,
    pending: Option<PendingState>,
) -> pb::Transfer {
    let pending_state = match pending {
        None => pb::PendingState::Unspecified,
        Some(PendingState::Open { .. }) => pb::PendingState::Pending,
        Some(PendingState::Posted) => pb::PendingState::Posted,
        Some(PendingState::Voided) => pb::PendingState::Voided,
        Some(PendingState::Expired) => pb::PendingState::Expired,
    };
    pb::Transfer {
        pending_state: pending_state as i32,
        journal_seq: stamp.seq,
        create_time: Some(timestamp(stamp.time)),
        ..transfer_to_pb(transfer)
    }
}

pub fn request_to_pb(request: &TransferRequest) -> pb::Transfer {
    let mut transfer = pb::Transfer {
        transfer_id: request.id.to_string(),
        kind: kind_to_pb(request.kind()),
        code: u32::from(request.code),
        external_ref: text(request.external_ref.as_ref()),
        ..pb::Transfer::default()
    };
    match &request.action {
        Action::Post(movement) | Action::Hold { movement, .. } => {
            transfer.debit_account_id = movement.debit.to_string();
            transfer.credit_account_id = movement.credit.to_string();
            transfer.amount = Some(money(movement.amount.get(), movement.currency));
        }
        Action::PostPending(resolution) | Action::VoidPending(resolution) => {
            transfer.pending_transfer_id = resolution.pending_id.to_string();
            let currency_code = resolution.currency.map(|c| c.code().to_owned()).unwrap_or_default();
            let amount_minor = resolution.amount.map_or(0, AmountMinor::get);
            transfer.amount = Some(Money { amount_minor, currency_code });
        }
    }
    if let Action::Hold { timeout_us, .. } = &request.action {
        transfer.timeout = timeout_us.map(duration);
    }
    transfer
}

pub fn transfer_request(transfer: &pb::Transfer) -> Result<TransferRequest, FieldFault> {
    let kind = kind(transfer)?;
    let timeout_us = transfer.timeout.as_ref().map(timeout_us).transpose()?;
    if timeout_us.is_some() && kind != Kind::Pending {
        return Err(fault("transfer.timeout", "must be unset unless the transfer is pending"));
    }
    let action = match kind {
        Kind::Posted => Action::Post(movement(transfer)?),
        Kind::Pending => Action::Hold { movement: movement(transfer)?, timeout_us },
        Kind::PostPending => Action::PostPending(resolution(transfer)?),
        Kind::VoidPending => Action::VoidPending(resolution(transfer)?),
    };
    if matches!(action, Action::VoidPending(Resolution { amount: Some(_), .. })) {
        return Err(fault("transfer.amount", "must be 0 for a void: it releases the whole pending amount"));
    }
    let is_movement = matches!(action, Action::Post(_) | Action::Hold { .. });
    if is_movement && !transfer.pending_transfer_id.is_empty() {
        return Err(fault(
            "transfer.pending_transfer_id",
            "must be empty unless a pending transfer is resolved",
        ));
    }
    Ok(TransferRequest {
        id: transfer_id("transfer.transfer_id", &transfer.transfer_id)?,
        action,
        code: transfer_code(transfer)?,
        external_ref: optional_subject("transfer.external_ref", &transfer.external_ref)?,
    })
}

/// Reads an accepted transfer back from the journal.
pub fn accepted_transfer(transfer: &pb::Transfer) -> Result<Transfer, FieldFault> {
    let kind = kind(transfer)?;
    let resolves = matches!(kind, Kind::PostPending | Kind::VoidPending);
    let pending_id = if resolves {
        Some(transfer_id("transfer.pending_transfer_id", &transfer.pending_transfer_id)?)
    } else {
        None
    };
    Ok(Transfer {
        id: transfer_id("transfer.transfer_id", &transfer.transfer_id)?,
        kind,
        movement: movement(transfer)?,
        pending_id,
        timeout_us: transfer.timeout.as_ref().map(timeout_us).transpose()?,
        code: transfer_code(transfer)?,
        external_ref: optional_subject("transfer.external_ref", &transfer.external_ref)?,
    })
}

fn movement(transfer: &pb::Transfer) -> Result<Movement, FieldFault> {
    let money = transfer.amount.as_ref().ok_or(fault("transfer.amount", "must be set"))?;
    let remedy = "must be 1 to 9007199254740991 minor units";
    let amount = AmountMinor::new(money.amount_minor).ok_or(FieldFault {
        field: "transfer.amount",
        reason: "AMOUNT_NOT_POSITIVE",
        remedy,
    })?;
    Ok(Movement {
        debit: account_id("transfer.debit_account_id", &transfer.debit_account_id)?,
        credit: account_id("transfer.credit_account_id", &transfer.credit_account_id)?,
        amount,
        currency: currency("transfer.amount.currency_code", &money.currency_code)?,
    })
}

fn resolution(transfer: &pb::Transfer) -> Result<Resolution, FieldFault> {
    if !transfer.debit_account_id.is_empty() || !transfer.credit_account_id.is_empty() {
        return Err(fault(
            "transfer.debit_account_id",
            "must be empty: the pending transfer has the accounts",
        ));
    }
    let money = transfer.amount.clone().unwrap_or_default();
    let amount = match money.amount_minor {
        0 => None,
        minor => Some(AmountMinor::new(minor).ok_or(FieldFault {
            field: "transfer.amount",
            reason: "AMOUNT_NOT_POSITIVE",
            remedy: "must be 0 (the whole pending amount) or 1 to 9007199254740991 minor units",
        })?),
    };
    let code = money.currency_code.as_str();
    let currency = match (code.is_empty(), amount) {
        (true, Some(_)) => return Err(fault("transfer.amount.currency_code", "must be set with an amount")),
        (true, None) => None,
        (false, _) => Some(currency("transfer.amount.currency_code", code)?),
    };
    let pending_id = transfer_id("transfer.pending_transfer_id", &transfer.pending_transfer_id)?;
    Ok(Resolution { pending_id, amount, currency })
}

fn transfer_code(transfer: &pb::Transfer) -> Result<u16, FieldFault> {
    u16::try_from(transfer.code).map_err(|_| fault("transfer.code", "must be 0 to 65535"))
}

fn timeout_us(timeout: &prost_types::Duration) -> Result<i64, FieldFault> {
    let micros =
        timeout.seconds.checked_mul(MICROS).and_then(|s| s.checked_add(i64::from(timeout.nanos) / 1000));
    micros
        .filter(|us| (1..=TIMEOUT_US_MAX).contains(us))
        .ok_or(fault("transfer.timeout", "must be 1 microsecond to 10 years"))
}

fn duration(us: i64) -> prost_types::Duration {
    let nanos = i32::try_from(us % MICROS * 1000).expect("less than a second in nanoseconds");
    prost_types::Duration { seconds: us / MICROS, nanos }
}

fn money(amount_minor: i64, currency: Currency) -> Money {
    Money { amount_minor, currency_code: currency.code().to_owned() }
}

fn text(subject: Option<&Subject>) -> String {
    subject.map(|s| s.as_str().to_owned()).unwrap_or_default()
}
