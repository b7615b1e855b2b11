//! No dead end: whatever is not at its end has somebody who leads it on.

use crate::api::shown::Shown;
use crate::collection::{After, Deduction, State};
use crate::dispute::{Dispute, DisputeState};
use crate::outbox::Effect;
use crate::payer::PayerState;
use crate::sale::{EvidencePolicy, Stage, Step};
use crate::store::View;
use crate::store::due::{Due, DueKind, Queue};
use crate::values::ids::{ChallengeId, PayerId, SaleId};
use crate::verification::challenge::ChallengeState;

/// Who makes the next step.
#[derive(Debug)]
pub enum Owner {
    /// The schedule, at a time that stands in it.
    Due,
    /// The outbox, by an entry that stands in it.
    Outbox,
    /// The payer, whom a running challenge asks.
    Payer,
    /// The bank, which has a file: a file that it never answers is on the list of exceptions.
    Bank,
    /// A person, who sees it: on the sale, or in the status (a payer in need, an open dispute, sales that may be settled).
    Person,
    /// Nobody: it is at its end.
    End,
}

/// Everything that leads on by itself.
pub struct Exits {
    effects: Vec<Effect>,
    due: Vec<Due>,
}

impl Exits {
    pub fn read(view: &View) -> Self {
        let effects = view.outbox_after(0, usize::MAX).unwrap().into_iter().map(|(_, effect)| effect);
        let queues = [Queue::Counter, Queue::Dialogue, Queue::Heard];
        let due = queues.into_iter().flat_map(|queue| view.due(queue, usize::MAX).unwrap());
        Self { effects: effects.collect(), due: due.collect() }
    }

    fn due(&self, kind: DueKind, subject: &[u8]) -> Option<Owner> {
        self.due.iter().any(|due| due.kind == kind && due.subject == subject).then_some(Owner::Due)
    }

    fn outbox(&self, does: impl Fn(&Effect) -> bool) -> Option<Owner> {
        self.effects.iter().any(does).then_some(Owner::Outbox)
    }

    pub fn of_sale(&self, view: &View, id: SaleId) -> Option<Owner> {
        let shown = Shown::read(view, id).unwrap();
        let key = id.to_bytes();
        if !shown.attention(EvidencePolicy::RequirePhoto).is_empty() {
            return Some(Owner::Person);
        }
        if let Some(working) = self.outbox(|effect| effect.sales().contains(&id)) {
            return Some(working);
        }
        match (&shown.sale.stage, &shown.deduction) {
            (Stage::Draft | Stage::PayerOk { .. }, _) => self.due(DueKind::GiveUpDraft, &key),
            (Stage::Voided(_), _) => Some(Owner::End),
            (Stage::Sold(sold), _) if !matches!(sold.step, Step::Released { .. }) => {
                self.due(DueKind::Release, &key)
            }
            (Stage::Sold(_), Some(owed)) => self.of_deduction(view, owed),
            (Stage::Sold(_), None) => None,
        }
    }

    fn of_deduction(&self, view: &View, owed: &Deduction) -> Option<Owner> {
        match &owed.state {
            // It waits for its own challenge, for the end of another one of the payer's, or for the payer.
            State::Queued => {
                let payer = view.payer(owed.payer).unwrap();
                let waits_for_payer = || self.of_payer(view, owed.payer);
                running(view, payer.open_challenge)
                    .or_else(|| self.due(DueKind::Attend, &owed.payer.0))
                    .or_else(|| (payer.state != PayerState::Active).then(waits_for_payer).flatten())
            }
            State::Challenged => running(view, owed.asking.challenge),
            // RunSettlement takes it; the status counts it.
            State::Verified => Some(Owner::Person),
            State::Submitted => {
                let batch = owed.presentment().unwrap().batch;
                let works = [Effect::PostBatch { batch }, Effect::WriteFile { batch }];
                let at_bank = || view.find_filed(batch).unwrap().filter(|filed| filed.open > 0);
                self.outbox(|effect| works.contains(effect)).or_else(|| at_bank().map(|_| Owner::Bank))
            }
            State::Returned(After::Announce) => self.due(DueKind::Attend, &owed.payer.0),
            // RunSettlement takes it on its day.
            State::Returned(After::Again { .. }) => Some(Owner::Person),
            State::BadPending(notice) => {
                let on_its_way = notice.message.is_some() && notice.since_heard_ms.is_none();
                on_its_way
                    .then_some(Owner::Outbox)
                    .or_else(|| self.due(DueKind::Attend, &owed.payer.0))
                    .or_else(|| self.due(DueKind::List, &owed.sale.to_bytes()))
            }
            State::BadListed { .. } => self.due(DueKind::EndRecord, &owed.sale.to_bytes()),
            state => state.step().is_final().then_some(Owner::End),
        }
    }

    pub fn of_payer(&self, view: &View, id: PayerId) -> Option<Owner> {
        let payer = view.payer(id).unwrap();
        if let Some(open) = payer.open_challenge.map(|id| view.challenge(id).unwrap())
            && open.state == ChallengeState::Open
        {
            self.due(DueKind::Expire, &open.id.to_bytes())?;
        }
        let in_need = payer.needs_person() && view.payers_in_need(usize::MAX).unwrap().contains(&payer);
        match payer.state {
            PayerState::Enrolling => self.outbox(|effect| *effect == Effect::PrintEnrolment { payer: id }),
            PayerState::Pending => running(view, payer.open_challenge)
                .or_else(|| in_need.then_some(Owner::Person))
                .or_else(|| self.due(DueKind::Attend, &id.0)),
            PayerState::Active | PayerState::Erased => Some(Owner::End),
            PayerState::Frozen | PayerState::Locked => in_need.then_some(Owner::Person),
            // Its records end by themselves.
            PayerState::Denied => view.has_bad_record(id).unwrap().then_some(Owner::Due),
        }
    }

    pub fn of_dispute(&self, view: &View, dispute: &Dispute) -> Option<Owner> {
        match dispute.state {
            DisputeState::Open => {
                let open = view.newest_disputes(true, usize::MAX).unwrap();
                open.iter().any(|known| known.id == dispute.id).then_some(Owner::Person)
            }
            _ => Some(Owner::End),
        }
    }
}

fn running(view: &View, challenge: Option<ChallengeId>) -> Option<Owner> {
    let challenge = view.challenge(challenge?).unwrap();
    challenge.state.is_running().then_some(Owner::Payer)
}
