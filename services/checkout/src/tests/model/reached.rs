//! Where the steps have led: a state that no step reaches is a state that nothing checks.

use std::collections::BTreeSet;

use super::checks::Everything;
use crate::collection::Step;
use crate::dispute::DisputeState;
use crate::payer::PayerState;
use crate::sale::state::SaleState;
use crate::tests::fixture::every_state;
use crate::verification::challenge::ChallengeState;

#[derive(Default)]
pub struct Reached(BTreeSet<String>);

impl Reached {
    pub fn note(&mut self, all: &Everything) {
        for sale in &all.sales {
            let owed = all.owed.iter().find(|owed| owed.sale == sale.id);
            self.0.insert(of_sale(sale.state(owed)));
        }
        self.0.extend(all.owed.iter().map(|owed| of_deduction(owed.step())));
        self.0.extend(all.disputes.iter().map(|dispute| of_dispute(dispute.state)));
        self.0.extend(all.challenges.iter().map(|challenge| of_challenge(challenge.state)));
        self.0.insert(of_payer(all.payer.state));
    }

    pub fn join(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// States of today that were not reached.
    pub fn missing(&self) -> Vec<String> {
        // Papers and seals come at once here.
        let sales = every_state()
            .into_iter()
            .filter(|state| !matches!(state, SaleState::Released | SaleState::Sealed));
        let wanted = sales.map(of_sale).chain(Step::ALL.into_iter().map(of_deduction));
        let wanted = wanted.chain(DisputeState::ALL.into_iter().map(of_dispute));
        let wanted = wanted.chain(ChallengeState::ALL.into_iter().map(of_challenge));
        let wanted = wanted.chain(PayerState::ALL.into_iter().map(of_payer));
        wanted.filter(|state| !self.0.contains(state)).collect()
    }
}

fn of_sale(state: SaleState) -> String {
    format!("a sale that is {state:?}")
}

fn of_deduction(step: Step) -> String {
    format!("a deduction that is {step:?}")
}

fn of_dispute(state: DisputeState) -> String {
    format!("a dispute that is {state:?}")
}

fn of_challenge(state: ChallengeState) -> String {
    format!("a challenge that is {state:?}")
}

fn of_payer(state: PayerState) -> String {
    format!("a payer who is {state:?}")
}
