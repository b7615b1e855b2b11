//! A deduction and its record: the domain's types on one side, what the disk keeps on the other.

use iso_currency::Currency;

use super::deduction::{
    Asking, Deduction, Notice, Payment, Refund, RefundIds, SealedEvidence, State, Upheld,
};
use super::presentment::{After, Presentment, Returned};
use super::step::Step;
use super::trace::{Alphabet, SmsTrace, Subject, TraceId};
use crate::outbox::message::{Progress, Purpose};
use crate::store::records::{self, collection as stored, damaged};
use crate::values::ids::{ChallengeId, MessageId, PayerId, SaleId};
use crate::values::refusal::Result;
use crate::values::time;

/// What follows a return; 0 is a person, as an older program left it.
const AFTER_ANNOUNCE: u32 = 1;
const AFTER_AGAIN: u32 = 2;

pub(super) fn to_record(deduction: &Deduction) -> stored::Deduction {
    let asking = &deduction.asking;
    let again = match &deduction.state {
        State::Returned(After::Again { on, message }) => Some((*on, *message)),
        _ => None,
    };
    let (notice, listed) = match &deduction.state {
        State::BadPending(notice) => (Some(notice_record(notice)), None),
        State::BadListed { since, until } => (None, Some((*since, *until))),
        _ => (None, None),
    };
    stored::Deduction {
        payer_id: deduction.payer.0.to_vec(),
        account_id: deduction.account.to_bytes().to_vec(),
        amount_minor: deduction.amount_minor,
        currency_code: deduction.currency.code().to_owned(),
        number: deduction.number.to_string(),
        sold_ms: deduction.sold_at.as_millisecond(),
        day: deduction.day.clone(),
        state: deduction.step() as u32,
        notice,
        listed_ms: listed.map(|(since, _)| since.as_millisecond()),
        listed_until_ms: listed.map(|(_, until)| until.as_millisecond()),
        manifest_sha256: deduction.evidence.map(|sealed| sealed.manifest_sha256.to_vec()).unwrap_or_default(),
        evidence_whole: deduction.evidence.is_some_and(|sealed| sealed.whole),
        challenge_id: records::bytes_of(asking.challenge.map(ChallengeId::to_bytes)),
        rounds: asking.rounds.into(),
        not_before_ms: records::optional_ms(asking.not_before),
        operator_released: asking.released,
        delivered: asking.delivered,
        last_round: asking.last_round,
        held: deduction.held,
        disputes: deduction.disputes.iter().map(|id| id.to_bytes().to_vec()).collect(),
        pending: deduction.pending.to_bytes().to_vec(),
        resolve: deduction.resolve.to_bytes().to_vec(),
        presentments: deduction.presentments.iter().map(presentment_record).collect(),
        payments: deduction.payments.iter().map(payment_record).collect(),
        refunds: deduction.refunds.iter().map(refund_record).collect(),
        sms: deduction.sms.iter().map(trace_record).collect(),
        parked: deduction.parked.clone().unwrap_or_default(),
        upheld: deduction.upheld.as_ref().map(upheld_record),
        debit_on: deduction.debit_on.map(|day| day.to_string()).unwrap_or_default(),
        after_return: match &deduction.state {
            State::Returned(After::Announce) => AFTER_ANNOUNCE,
            State::Returned(After::Again { .. }) => AFTER_AGAIN,
            _ => 0,
        },
        again_on: again.map(|(on, _)| on.to_string()).unwrap_or_default(),
        again_message_id: again.map(|(_, message)| message.to_bytes().to_vec()).unwrap_or_default(),
    }
}

fn upheld_record(upheld: &Upheld) -> stored::Upheld {
    stored::Upheld {
        by: upheld.by.clone(),
        by_rail: upheld.ids.by_rail.to_bytes().to_vec(),
        in_cash: upheld.ids.in_cash.to_bytes().to_vec(),
        notice_job_id: upheld.ids.notice.to_bytes().to_vec(),
    }
}

fn notice_record(notice: &Notice) -> stored::Notice {
    stored::Notice {
        message_id: records::bytes_of(notice.message.map(MessageId::to_bytes)),
        since_heard_ms: notice.since_heard_ms,
        needs_person: notice.needs_person,
    }
}

fn presentment_record(presentment: &Presentment) -> stored::Presentment {
    stored::Presentment {
        id: presentment.id.to_bytes().to_vec(),
        batch_id: presentment.batch.to_bytes().to_vec(),
        submitted_ms: presentment.submitted_at.as_millisecond(),
        settled_ms: records::optional_ms(presentment.settled_at),
        returned_ms: presentment.returned.as_ref().map(|returned| returned.at.as_millisecond()),
        return_reason: presentment.returned.as_ref().map(|r| r.reason.clone()).unwrap_or_default(),
        amount_minor: presentment.amount_minor,
        collect_on: presentment.collect_on.map(|day| day.to_string()).unwrap_or_default(),
        accepted_ms: records::optional_ms(presentment.accepted_at),
    }
}

fn payment_record(payment: &Payment) -> stored::Payment {
    stored::Payment {
        id: payment.id.to_bytes().to_vec(),
        amount_minor: payment.amount_minor,
        at_ms: payment.at.as_millisecond(),
        by: payment.by.clone(),
    }
}

fn refund_record(refund: &Refund) -> stored::Refund {
    stored::Refund {
        id: refund.id.to_bytes().to_vec(),
        amount_minor: refund.amount_minor,
        at_ms: refund.at.as_millisecond(),
        by: refund.by.clone(),
        notice_job_id: records::bytes_of(refund.notice.map(crate::values::ids::JobId::to_bytes)),
        in_cash: refund.in_cash,
    }
}

fn trace_record(trace: &SmsTrace) -> stored::SmsTrace {
    let (message_id, inbound_seq) = match trace.id {
        TraceId::Ours(id) => (id.to_bytes().to_vec(), 0),
        TraceId::Theirs(seq) => (Vec::new(), seq),
    };
    let purpose = match trace.subject {
        Subject::Sent(purpose) => purpose as u32,
        Subject::Reply => 0,
    };
    stored::SmsTrace {
        message_id,
        inbound_seq,
        progress: trace.progress as u32,
        text_chars: trace.text_chars,
        alphabet: trace.alphabet as u32,
        purpose,
        revision: trace.revision,
    }
}

pub(super) fn from_record(sale: SaleId, record: stored::Deduction) -> Result<Deduction> {
    let state = state(&record)?;
    let evidence = records::optional_fixed(&record.manifest_sha256)?
        .map(|manifest_sha256| SealedEvidence { manifest_sha256, whole: record.evidence_whole });
    Ok(Deduction {
        sale,
        payer: PayerId(records::fixed(&record.payer_id)?),
        account: records::id(&record.account_id)?,
        amount_minor: record.amount_minor,
        currency: currency(&record.currency_code)?,
        number: records::parsed(&record.number, "a sale number")?,
        sold_at: time::from_ms(record.sold_ms),
        day: record.day,
        state,
        evidence,
        asking: Asking {
            challenge: records::optional_id(&record.challenge_id)?,
            rounds: records::small(record.rounds)?,
            not_before: records::optional_time(record.not_before_ms),
            released: record.operator_released,
            delivered: record.delivered,
            last_round: record.last_round,
        },
        held: record.held,
        disputes: records::ids(&record.disputes)?,
        pending: records::id(&record.pending)?,
        resolve: records::id(&record.resolve)?,
        presentments: record.presentments.into_iter().map(presentment).collect::<Result<_>>()?,
        payments: record.payments.into_iter().map(payment).collect::<Result<_>>()?,
        refunds: record.refunds.into_iter().map(refund).collect::<Result<_>>()?,
        upheld: record.upheld.map(upheld).transpose()?,
        sms: record.sms.into_iter().map(trace).collect::<Result<_>>()?,
        parked: records::some_text(record.parked),
        debit_on: records::optional_day(&record.debit_on)?,
    })
}

fn state(record: &stored::Deduction) -> Result<State> {
    let step = Step::ALL.into_iter().find(|step| *step as u32 == record.state);
    Ok(match step.ok_or_else(|| damaged("a deduction's state is unknown"))? {
        Step::Forming => State::Forming,
        Step::Queued => State::Queued,
        Step::Challenged => State::Challenged,
        Step::Verified => State::Verified,
        Step::Submitted => State::Submitted,
        Step::Settled => State::Settled,
        Step::Voided => State::Voided,
        Step::Rejected => State::Rejected,
        Step::Unreachable => State::Unreachable,
        Step::BadPending => {
            let notice = record.notice.clone().unwrap_or_default();
            State::BadPending(Notice {
                message: records::optional_id(&notice.message_id)?,
                since_heard_ms: notice.since_heard_ms,
                needs_person: notice.needs_person,
            })
        }
        Step::BadListed => State::BadListed {
            since: time::from_ms(record.listed_ms.unwrap_or_default()),
            until: time::from_ms(record.listed_until_ms.unwrap_or(i64::MAX)),
        },
        Step::Cleared => State::Cleared,
        Step::Expired => State::Expired,
        Step::WrittenOff => State::WrittenOff,
        Step::PaidOtherwise => State::PaidOtherwise,
        Step::Returned => State::Returned(after(record)?),
    })
}

fn after(record: &stored::Deduction) -> Result<After> {
    Ok(match record.after_return {
        AFTER_ANNOUNCE => After::Announce,
        AFTER_AGAIN => After::Again {
            on: records::parsed(&record.again_on, "a day")?,
            message: records::id(&record.again_message_id)?,
        },
        _ => After::Person,
    })
}

fn presentment(record: stored::Presentment) -> Result<Presentment> {
    Ok(Presentment {
        id: records::id(&record.id)?,
        batch: records::id(&record.batch_id)?,
        submitted_at: time::from_ms(record.submitted_ms),
        amount_minor: record.amount_minor,
        collect_on: records::optional_day(&record.collect_on)?,
        accepted_at: records::optional_time(record.accepted_ms),
        settled_at: records::optional_time(record.settled_ms),
        returned: record
            .returned_ms
            .map(|at| Returned { at: time::from_ms(at), reason: record.return_reason }),
    })
}

fn payment(record: stored::Payment) -> Result<Payment> {
    Ok(Payment {
        id: records::id(&record.id)?,
        amount_minor: record.amount_minor,
        at: time::from_ms(record.at_ms),
        by: record.by,
    })
}

fn refund(record: stored::Refund) -> Result<Refund> {
    Ok(Refund {
        id: records::id(&record.id)?,
        amount_minor: record.amount_minor,
        at: time::from_ms(record.at_ms),
        by: record.by,
        notice: records::optional_id(&record.notice_job_id)?,
        in_cash: record.in_cash,
    })
}

fn upheld(record: stored::Upheld) -> Result<Upheld> {
    let ids = RefundIds {
        by_rail: records::id(&record.by_rail)?,
        in_cash: records::id(&record.in_cash)?,
        notice: records::id(&record.notice_job_id)?,
    };
    Ok(Upheld { by: record.by, ids })
}

fn trace(record: stored::SmsTrace) -> Result<SmsTrace> {
    let id = match records::optional_id::<MessageId>(&record.message_id)? {
        Some(id) => TraceId::Ours(id),
        None => TraceId::Theirs(record.inbound_seq),
    };
    let purpose = Purpose::ALL.into_iter().find(|purpose| *purpose as u32 == record.purpose);
    let progress = Progress::ALL.into_iter().find(|progress| *progress as u32 == record.progress);
    let alphabet = Alphabet::ALL.into_iter().find(|alphabet| *alphabet as u32 == record.alphabet);
    Ok(SmsTrace {
        id,
        subject: purpose.map_or(Subject::Reply, Subject::Sent),
        progress: progress.ok_or_else(|| damaged("a message's progress is unknown"))?,
        text_chars: record.text_chars,
        alphabet: alphabet.unwrap_or_default(),
        revision: record.revision,
    })
}

pub fn currency(code: &str) -> Result<Currency> {
    Currency::from_code(code).ok_or_else(|| damaged("a currency is unknown"))
}
