//! What is about the bank, as the interface shows it.

use chit_proto::checkout::v1;
use iso_currency::Currency;
use jiff::Timestamp;

use super::convert::{id, money, time};
use crate::bank::Tally;
use crate::collection::Batch;
use crate::collection::exceptions::Exception;
use crate::collection::filed::Filed;
use crate::collection::mandate::Mandate;
use crate::store::View;
use crate::values::refusal::Result;
use crate::values::time::{DAY_MS, ms_between};

pub fn batch(view: &View, batch: &Batch) -> Result<v1::SettlementBatch> {
    let file = view.find_filed(batch.id)?.map(|filed| file(&filed, batch.currency));
    Ok(v1::SettlementBatch {
        batch_id: batch.id.to_string(),
        state: batch.state.into(),
        rail: batch.rail.clone(),
        sale_ids: batch.sales.iter().map(ToString::to_string).collect(),
        total: money(batch.total_minor, batch.currency.code()),
        create_time: time(batch.created_at),
        file,
    })
}

pub fn file(filed: &Filed, currency: Currency) -> v1::BankFile {
    let code = currency.code();
    v1::BankFile {
        state: filed.state as i32,
        name: filed.file_name.clone(),
        sha256: filed.sha256.map(Vec::from).unwrap_or_default(),
        write_time: filed.written_at.and_then(time),
        answer_time: filed.answered_at.and_then(time),
        duplicate: filed.duplicate,
        debits: u32::try_from(filed.debits()).unwrap_or(u32::MAX),
        open: filed.open,
        received: money(filed.received_minor, code),
        refused: money(filed.refused_minor, code),
        returned: money(filed.returned_minor, code),
        hand_over: filed.hand_over as i32,
        hand_over_tries: filed.hand_over_tries,
    }
}

pub fn mandate(mandate: &Mandate) -> v1::Mandate {
    v1::Mandate {
        mandate_id: mandate.id.to_string(),
        payer_id: mandate.payer.to_string(),
        signed_on: mandate.signed_on.to_string(),
        iban_last4: mandate.account.last4(),
        notice_days: mandate.notice_days.into(),
        used: mandate.first.is_some(),
        used_on: id(mandate.used_on),
        expires_on: mandate.expires_on().to_string(),
        blocked: mandate.blocked.clone().unwrap_or_default(),
    }
}

pub fn exception(exception: &Exception, currency: Currency, now: Timestamp) -> v1::BankException {
    let (found, closed) = (&exception.found, exception.closed.as_ref());
    let code = if found.reported_currency.is_empty() { currency.code() } else { &found.reported_currency };
    let age = ms_between(exception.raised_at, closed.map_or(now, |closed| closed.at)) / DAY_MS;
    v1::BankException {
        exception_id: exception.id.to_string(),
        kind: found.kind.into(),
        action: found.kind.action() as i32,
        sale_id: id(found.sale),
        batch_id: id(found.batch),
        payer_id: id(found.payer),
        file_sha256: found.file.map(Vec::from).unwrap_or_default(),
        reference: found.reference.clone(),
        expected: found.expected_minor.and_then(|minor| money(minor, currency.code())),
        reported: found.reported_minor.and_then(|minor| money(minor, code)),
        reason: found.reason.clone(),
        raise_time: time(exception.raised_at),
        age_days: u32::try_from(age).unwrap_or_default(),
        owner: exception.owner.clone().unwrap_or_default(),
        close_time: closed.and_then(|closed| time(closed.at)),
        closed_by: closed.map(|closed| closed.by.clone()).unwrap_or_default(),
        note: closed.map(|closed| closed.note.clone()).unwrap_or_default(),
    }
}

pub fn tally(tally: Tally) -> v1::ImportTally {
    v1::ImportTally {
        accepted: tally.accepted,
        received: tally.received,
        refused: tally.refused,
        returned: tally.returned,
        repeated: tally.repeated,
        others: tally.others,
        exceptions: tally.exceptions,
    }
}
