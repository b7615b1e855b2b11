//! What a committed sale left owed.

use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::events::Since;
use super::v2;
use super::work::{Import, optional, since};
use crate::collection::{
    After, Alphabet, Asking, Deduction, Notice, Payment, Presentment, Refund, Returned, SealedEvidence,
    SmsTrace, State, Step, Subject, TraceId, currency,
};
use crate::outbox::message::{Progress, Purpose};
use crate::sale::state::SaleState;
use crate::store::records::{self, damaged};
use crate::values::ids::{DisputeId, PayerId, SaleId, TransferId};
use crate::values::name::Named;
use crate::values::refusal::Result;
use crate::values::time;

/// Effects of the older program that post a payment in cash.
const POST_OTHER_PAYMENT: i32 = 12;
const POST_RECOVERED: i32 = 13;
const DAY_CHARACTERS: usize = 8;

pub fn from_old(import: &Import<'_>, id: SaleId, old: &v2::Sale, known: Option<&Since>) -> Result<Deduction> {
    let payer: PayerId = records::parsed(&old.payer_id, "the payer")?;
    let disputes: Result<Vec<DisputeId>> =
        old.dispute_ids.iter().map(|id| records::parsed(id, "a dispute")).collect();
    let state = state(import, old)?;
    Ok(Deduction {
        sale: id,
        payer,
        account: import.tx.payer(payer)?.account,
        amount_minor: old.total_minor,
        currency: currency(&old.currency_code)?,
        number: records::parsed(&old.short_no, "the sale's number")?,
        sold_at: time::from_ms(old.commit_ms),
        day: old
            .receipt_no
            .get(..DAY_CHARACTERS)
            .ok_or_else(|| damaged("the receipt number has no day"))?
            .into(),
        evidence: evidence(old, &state)?,
        state,
        asking: Asking {
            challenge: optional(&old.challenge_id, "the challenge")?,
            rounds: records::small(old.rounds)?,
            not_before: since(old.not_before_ms),
            released: old.dispatch_released || import.facts.asks_by_itself,
            delivered: old.challenge_delivered,
            last_round: old.last_round,
        },
        held: old.held_by_dispute,
        disputes: disputes?,
        pending: old.pending(id)?,
        resolve: records::parsed(&old.resolve_transfer_id, "the transfer")?,
        presentments: presentment(import, old, known)?.into_iter().collect(),
        payments: payment(import, id, old, known)?.into_iter().collect(),
        refunds: refund(old)?.into_iter().collect(),
        sms: old.sms.iter().map(trace).collect::<Result<_>>()?,
        parked: None,
        debit_on: None,
        upheld: None,
    })
}

fn state(import: &Import<'_>, old: &v2::Sale) -> Result<State> {
    // Up to SEALED the sale itself is what is shown.
    let step = Step::ALL.into_iter().find(|step| i32::from(*step) == old.state).unwrap_or(Step::Forming);
    Ok(match step {
        Step::Forming => State::Forming,
        Step::Queued => State::Queued,
        Step::Challenged => State::Challenged,
        Step::Verified => State::Verified,
        Step::Submitted => State::Submitted,
        Step::Settled => State::Settled,
        Step::Voided => State::Voided,
        Step::Rejected => State::Rejected,
        Step::Unreachable => State::Unreachable,
        Step::BadPending => State::BadPending(Notice {
            message: optional(&old.notice_message_id, "the notice")?,
            since_heard_ms: match old.notice_ms {
                0 => None,
                since => Some(import.heard_ms(since)?),
            },
            needs_person: old.listing_needs_person,
        }),
        Step::BadListed => {
            let since = time::from_ms(old.listed_ms);
            State::BadListed { since, until: since + import.facts.bad_record_kept }
        }
        Step::Cleared => State::Cleared,
        Step::Expired => State::Expired,
        Step::WrittenOff => State::WrittenOff,
        Step::PaidOtherwise => State::PaidOtherwise,
        Step::Returned => State::Returned(After::Person),
    })
}

/// Once the ledger has witnessed it.
fn evidence(old: &v2::Sale, state: &State) -> Result<Option<SealedEvidence>> {
    if matches!(state, State::Forming | State::Voided) {
        return Ok(None);
    }
    let whole = old.evidence.state == crate::sale::EvidenceState::Sealed as i32
        && old.evidence.override_by.is_empty();
    let manifest_sha256 = records::optional_fixed(&old.evidence.manifest_sha256)?.unwrap_or_default();
    Ok(Some(SealedEvidence { manifest_sha256, whole }))
}

fn presentment(import: &Import<'_>, old: &v2::Sale, known: Option<&Since>) -> Result<Option<Presentment>> {
    let Some(batch) = optional(&old.settlement_batch_id, "the batch")? else { return Ok(None) };
    let record: Option<v2::Batch> = import.old.find("batches", &old.settlement_batch_id)?;
    let record = record.ok_or_else(|| damaged("its batch is not there"))?;
    // Why the bank returned it was not kept.
    let returned = old.is(SaleState::Returned).then(|| Returned {
        at: time::from_ms(known.map_or(old.settle_ms, |since| since.at_ms)),
        reason: String::new(),
    });
    Ok(Some(Presentment {
        id: records::parsed(&old.resolve_transfer_id, "the transfer")?,
        batch,
        submitted_at: time::from_ms(record.create_ms),
        amount_minor: 0,
        collect_on: None,
        accepted_at: None,
        settled_at: since(old.settle_ms),
        returned,
    }))
}

/// The whole sum: the older program knew no parts.
fn payment(
    import: &Import<'_>,
    id: SaleId,
    old: &v2::Sale,
    known: Option<&Since>,
) -> Result<Option<Payment>> {
    let effect = if old.is(SaleState::PaidOtherwise) {
        POST_OTHER_PAYMENT
    } else if old.is(SaleState::Cleared) {
        POST_RECOVERED
    } else {
        return Ok(None);
    };
    let waiting = import.old.pending_id(effect, &id.to_string())?;
    let posted = match waiting {
        Some(transfer) => records::parsed(transfer, "the payment")?,
        None => unrecorded(id),
    };
    Ok(Some(Payment {
        id: posted,
        amount_minor: old.total_minor,
        at: time::from_ms(known.map_or(old.commit_ms, |since| since.at_ms)),
        by: known.map_or_else(|| "system".into(), |since| since.by.clone()),
    }))
}

/// Which transfer posted a payment was not kept once the ledger had it; this names it here alone.
fn unrecorded(sale: SaleId) -> TransferId {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(b"chit/imported-payment\0")
        .chain_update(sale.to_bytes())
        .finalize()
        .into();
    TransferId(Ulid::from_bytes(std::array::from_fn(|at| hash[at])))
}

fn refund(old: &v2::Sale) -> Result<Option<Refund>> {
    let Some(id) = optional(&old.refund_transfer_id, "the refund")? else { return Ok(None) };
    Ok(Some(Refund {
        id,
        amount_minor: old.total_minor,
        at: time::from_ms(old.undo_ms),
        by: old.undo_by.clone(),
        notice: optional(&old.undo_job_id, "the job of the notice")?,
        in_cash: old.is(SaleState::PaidOtherwise) || old.is(SaleState::Cleared),
    }))
}

fn trace(old: &v2::SmsTrace) -> Result<SmsTrace> {
    let id = match old.message_id.strip_prefix("in-") {
        Some(seq) => TraceId::Theirs(records::parsed(seq, "the number of a payer's message")?),
        None => TraceId::Ours(records::parsed(&old.message_id, "a message")?),
    };
    let purpose = Purpose::ALL.into_iter().find(|purpose| purpose.name() == old.purpose);
    let progress = Progress::ALL.into_iter().find(|progress| progress.name() == old.state);
    Ok(SmsTrace {
        id,
        subject: purpose.map_or(Subject::Reply, Subject::Sent),
        // Not reported yet.
        progress: progress.unwrap_or(Progress::Queued),
        text_chars: old.text_chars,
        alphabet: match old.encoding.as_str() {
            "GSM7" => Alphabet::Gsm7,
            "UCS2" => Alphabet::Ucs2,
            "8BIT" => Alphabet::Octets,
            _ => Alphabet::Unknown,
        },
        revision: old.revision,
    })
}
