//! No dead end: from whatever stands, something due, something awaited or a person's action leads on.

use crate::api::shown::Shown;
use crate::collection::{Deduction, State};
use crate::outbox::Effect;
use crate::payer::PayerState;
use crate::sale::{EvidencePolicy, Stage, Step};
use crate::store::View;
use crate::store::due::{Due, DueKind, Queue};
use crate::values::ids::{ChallengeId, PayerId, SaleId};
use crate::verification::challenge::ChallengeState;

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

    fn is_due(&self, kind: DueKind, subject: &[u8]) -> bool {
        self.due.iter().any(|due| due.kind == kind && due.subject == subject)
    }

    fn works_on(&self, sale: SaleId) -> bool {
        self.effects.iter().any(|effect| effect.sales().contains(&sale))
    }

    pub fn of_sale(&self, view: &View, id: SaleId) -> bool {
        let shown = Shown::read(view, id).unwrap();
        let key = id.to_bytes();
        if !shown.attention(EvidencePolicy::RequirePhoto).is_empty() || self.works_on(id) {
            return true;
        }
        match (&shown.sale.stage, &shown.deduction) {
            (Stage::Draft | Stage::PayerOk { .. }, _) => self.is_due(DueKind::GiveUpDraft, &key),
            (Stage::Voided(_), _) => true,
            (Stage::Sold(sold), _) if !matches!(sold.step, Step::Released { .. }) => {
                self.is_due(DueKind::Release, &key)
            }
            (Stage::Sold(_), Some(owed)) => self.of_deduction(view, owed),
            (Stage::Sold(_), None) => false,
        }
    }

    fn of_deduction(&self, view: &View, owed: &Deduction) -> bool {
        let running = |challenge: Option<ChallengeId>| {
            challenge.is_some_and(|id| view.challenge(id).unwrap().state.is_running())
        };
        match &owed.state {
            // It waits for its own challenge, for the end of another one of the payer's, or for the payer.
            State::Queued => {
                let payer = view.payer(owed.payer).unwrap();
                running(payer.open_challenge)
                    || self.is_due(DueKind::Attend, &owed.payer.0)
                    || (payer.state != PayerState::Active && self.of_payer(view, owed.payer))
            }
            State::Challenged => running(owed.asking.challenge),
            // RunSettlement takes it; the status counts it.
            State::Verified => true,
            State::Submitted => {
                let batch = owed.presentment().unwrap().batch;
                self.effects.contains(&Effect::PostBatch { batch })
            }
            State::BadPending(notice) => {
                notice.message.is_some_and(|_| notice.since_heard_ms.is_none())
                    || self.is_due(DueKind::Attend, &owed.payer.0)
                    || self.is_due(DueKind::List, &owed.sale.to_bytes())
            }
            State::BadListed { .. } => self.is_due(DueKind::EndRecord, &owed.sale.to_bytes()),
            state => state.step().is_final(),
        }
    }

    pub fn of_payer(&self, view: &View, id: PayerId) -> bool {
        let payer = view.payer(id).unwrap();
        let running = payer.open_challenge.map(|id| view.challenge(id).unwrap());
        if let Some(open) = running.iter().find(|challenge| challenge.state == ChallengeState::Open)
            && !self.is_due(DueKind::Expire, &open.id.to_bytes())
        {
            return false;
        }
        match payer.state {
            PayerState::Enrolling => self.effects.contains(&Effect::PrintEnrolment { payer: id }),
            PayerState::Pending => {
                running.is_some_and(|challenge| challenge.state.is_running())
                    || payer.needs_person()
                    || self.is_due(DueKind::Attend, &id.0)
            }
            PayerState::Active => true,
            PayerState::Frozen | PayerState::Locked => payer.needs_person(),
            PayerState::Denied => view.has_bad_record(id).unwrap(),
        }
    }
}
