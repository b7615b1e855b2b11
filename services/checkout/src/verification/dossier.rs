//! A payer's records as the pure decision sees them.

use super::challenge::{Asks, Challenge, ChallengeState};
use super::decide::{
    self, Asked, CardFacts, ChallengeFacts, ChallengedSale, Expected, Given, Outcome, SaleStanding,
};
use super::reply::Reply;
use super::verifier::{Judge, PayerVerifier};
use crate::collection::{Deduction, State};
use crate::payer::code_card::{CodeHash, RowCode};
use crate::payer::{Payer, PayerState};
use crate::store::View;
use crate::values::ids::ChallengeId;
use crate::values::refusal::Result;

/// A payer with all that a reply may concern.
pub struct Dossier {
    pub payer: Payer,
    pub judge: Judge,
    /// Oldest first; those of the present card only: an older card's rows count for nothing.
    pub challenges: Vec<Challenge>,
    pub facts: Vec<ChallengeFacts>,
    pub card: CardFacts,
}

impl Dossier {
    pub fn read(view: &View, verifier: &dyn PayerVerifier, payer: Payer) -> Result<Self> {
        Self::judged(view, verifier, payer, None)
    }

    /// The same when the issuer has said whose row a code is: this challenge's, or none's.
    pub fn judged(
        view: &View,
        verifier: &dyn PayerVerifier,
        payer: Payer,
        right: Option<ChallengeId>,
    ) -> Result<Self> {
        let judge = verifier.judge(&payer);
        let card = view.card_ref(payer.card.serial);
        let mut challenges = view.challenges_of(payer.id)?;
        challenges.retain(|challenge| challenge.card == card);
        let facts: Result<Vec<ChallengeFacts>> =
            challenges.iter().map(|challenge| facts(view, &payer, &judge, right, challenge)).collect();
        let card = CardFacts {
            wrong_since_right: payer.wrong_since_right,
            chances_since_right: payer.chances_since_right,
            used: payer.card.used.clone(),
            locked: payer.state == PayerState::Locked,
            lost: payer.card.lost,
        };
        Ok(Self { payer, judge, challenges, facts: facts?, card })
    }

    /// What the reply means, and the hash of the code in it.
    pub fn decide(&self, view: &View, reply: &Reply, heard_ms: i64) -> (Outcome, Option<CodeHash>) {
        let hash_of = |code: &_| self.hash_of(view, code);
        let outcome = decide::decide(&self.facts, &self.card, reply, heard_ms, hash_of);
        let code = match reply {
            Reply::Code(code) | Reply::RowAndCode { code, .. } => Some(hash_of(code)),
            _ => None,
        };
        (outcome, code)
    }

    pub fn given(&self, view: &View, code: &RowCode) -> Given {
        Given { code: Some(code.clone()), hash: self.hash_of(view, code) }
    }

    fn hash_of(&self, view: &View, code: &RowCode) -> CodeHash {
        match &self.judge {
            Judge::Here(key) => key.code_hash(code),
            Judge::Issuer { .. } => view.code_ref(&self.payer, code),
        }
    }
}

fn facts(
    view: &View,
    payer: &Payer,
    judge: &Judge,
    right: Option<ChallengeId>,
    challenge: &Challenge,
) -> Result<ChallengeFacts> {
    let asked = match &challenge.asks {
        Asks::Enrolment => {
            let waiting = matches!(payer.state, PayerState::Pending | PayerState::Enrolling);
            Asked::Enrolment { waiting }
        }
        Asks::Sales(sales) => {
            let standing = |sale| Ok(ChallengedSale { id: sale, standing: standing(&view.deduction(sale)?) });
            Asked::Sales(sales.iter().copied().map(standing).collect::<Result<_>>()?)
        }
    };
    Ok(ChallengeFacts {
        row: challenge.row,
        expected: match judge {
            Judge::Here(key) => Expected::Code(key.row_code(challenge.row)),
            Judge::Issuer { .. } => Expected::Judged(right == Some(challenge.id)),
        },
        asked,
        tries: challenge.wrong_codes.clone(),
        wrong_tries: challenge.wrong_tries,
        ends_heard_ms: challenge.ends_heard_ms,
        state: match challenge.state {
            // A reply may overtake the report that our message is out.
            ChallengeState::Sending | ChallengeState::Open => decide::ChallengeState::Open,
            ChallengeState::Answered => decide::ChallengeState::Answered,
            ChallengeState::Over => decide::ChallengeState::Over,
            ChallengeState::Expired => decide::ChallengeState::Expired,
            ChallengeState::Cancelled => decide::ChallengeState::Cancelled,
        },
    })
}

fn standing(deduction: &Deduction) -> SaleStanding {
    match deduction.state {
        State::Verified | State::Submitted | State::Settled => SaleStanding::Verified,
        _ if deduction.held => SaleStanding::Gone,
        _ if deduction.step().awaits_answer() => SaleStanding::Waiting,
        _ => SaleStanding::Gone,
    }
}
