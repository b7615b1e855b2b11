//! What a person must see to, most urgent first. Whatever waits for a person says so here: no state is a dead end.

use super::sale::{EvidencePolicy, ReceiptState, Sale, Stage, Step};
use crate::collection::{After, Deduction, State};
use crate::payer::{Payer, PayerState};

/// The numbers are the interface's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attention {
    PrintBlocked = 1,
    PrintUnknown = 2,
    EvidenceMissing = 3,
    Release = 4,
    SmsUnknown = 5,
    Dispatch = 6,
    Listing = 7,
    Unreachable = 8,
    Stuck = 9,
    CodeFrozen = 10,
    CardLocked = 11,
    NoRows = 12,
    Dispute = 13,
    Returned = 14,
}

/// What is known beside the sale itself.
#[derive(Clone, Copy, Default)]
pub struct Around<'a> {
    pub deduction: Option<&'a Deduction>,
    pub payer: Option<&'a Payer>,
    /// A dispute is open, also about what is paid already.
    pub disputed: bool,
    /// Another service refuses what comes next.
    pub refused: bool,
}

pub fn of(sale: &Sale, around: Around<'_>, policy: EvidencePolicy) -> Vec<Attention> {
    let mut items = Vec::new();
    items.extend(at_the_counter(sale, policy));
    if let Some(deduction) = around.deduction {
        items.extend(of_deduction(deduction, around));
    }
    if around.refused || around.deduction.is_some_and(|deduction| deduction.parked.is_some()) {
        items.push(Attention::Stuck);
    }
    items
}

fn at_the_counter(sale: &Sale, policy: EvidencePolicy) -> Option<Attention> {
    let Stage::Sold(sold) = &sale.stage else { return None };
    if !matches!(sold.step, Step::Committed | Step::Printing) {
        return None;
    }
    match sold.receipt.state {
        ReceiptState::InDoubt => Some(Attention::PrintUnknown),
        ReceiptState::Blocked | ReceiptState::Failed => Some(Attention::PrintBlocked),
        ReceiptState::Printed if sale.evidence_missing(policy) => Some(Attention::EvidenceMissing),
        ReceiptState::Printed => Some(Attention::Release),
        ReceiptState::None | ReceiptState::Waiting | ReceiptState::Printing => None,
    }
}

fn of_deduction(deduction: &Deduction, around: Around<'_>) -> Vec<Attention> {
    let mut items = Vec::new();
    if matches!(deduction.state, State::Queued | State::Challenged | State::BadPending(_))
        && deduction.has_unknown_sms()
    {
        items.push(Attention::SmsUnknown);
    }
    if deduction.state == State::Queued && !deduction.asking.released && !deduction.held {
        items.push(Attention::Dispatch);
    }
    if deduction.notice().is_some_and(|notice| notice.needs_person) {
        items.push(Attention::Listing);
    }
    if deduction.state == State::Unreachable {
        items.push(Attention::Unreachable);
    }
    if deduction.state == State::Returned(After::Person) {
        items.push(Attention::Returned);
    }
    if deduction.held || deduction.state == State::Rejected || around.disputed {
        items.push(Attention::Dispute);
    }
    match deduction.state {
        State::Queued if !deduction.held => {
            items.extend(around.payer.and_then(|payer| why_not_asked(payer, deduction)));
        }
        // The days before the deny list stand still until the lock is opened.
        State::BadPending(_) if around.payer.is_some_and(|payer| payer.state == PayerState::Locked) => {
            items.push(Attention::CardLocked);
        }
        _ => {}
    }
    items
}

/// The payer cannot be asked before a person has seen to them.
fn why_not_asked(payer: &Payer, deduction: &Deduction) -> Option<Attention> {
    match payer.state {
        _ if payer.card.lost => Some(Attention::CodeFrozen),
        PayerState::Locked => Some(Attention::CardLocked),
        PayerState::Frozen if !deduction.asking.last_round => Some(Attention::CodeFrozen),
        _ if payer.card.burned.remaining() == 0 && payer.open_challenge.is_none() => Some(Attention::NoRows),
        _ => None,
    }
}
