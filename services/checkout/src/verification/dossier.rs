//! A payer's records as the pure decision sees them.

use super::challenge::{Asks, Challenge, ChallengeState};
use super::decide::{self, Asked, CardFacts, ChallengeFacts, ChallengedSale, Outcome, SaleStanding};
use super::reply::Reply;
use crate::collection::{Deduction, State};
use crate::payer::code_card::{CardKey, CodeHash};
use crate::payer::{Payer, PayerState};
use crate::store::View;
use crate::values::refusal::Result;

/// A payer with all that a reply may concern.
pub struct Dossier {
    pub payer: Payer,
    pub key: CardKey,
    /// Oldest first; those of the present card only: an older card's rows count for nothing.
    pub challenges: Vec<Challenge>,
    pub facts: Vec<ChallengeFacts>,
    pub card: CardFacts,
}

/// K_card of the payer's present card.
pub fn card_key(master: &[u8; 32], payer: &Payer) -> CardKey {
    CardKey::derive(master, payer.id, payer.card.serial)
}

impl Dossier {
    pub fn read(view: &View, master: &[u8; 32], payer: Payer) -> Result<Self> {
        let key = card_key(master, &payer);
        let card = view.card_ref(payer.card.serial);
        let mut challenges = view.challenges_of(payer.id)?;
        challenges.retain(|challenge| challenge.card == card);
        let facts: Result<Vec<ChallengeFacts>> =
            challenges.iter().map(|challenge| facts(view, &payer, &key, challenge)).collect();
        let card = CardFacts {
            wrong_since_right: payer.wrong_since_right,
            chances_since_right: payer.chances_since_right,
            used: payer.card.used.clone(),
            locked: payer.state == PayerState::Locked,
            lost: payer.card.lost,
        };
        Ok(Self { payer, key, challenges, facts: facts?, card })
    }

    /// What the reply means, and the hash of the code in it.
    pub fn decide(&self, reply: &Reply, heard_ms: i64) -> (Outcome, Option<CodeHash>) {
        let hash_of = |code: &_| self.key.code_hash(code);
        let outcome = decide::decide(&self.facts, &self.card, reply, heard_ms, hash_of);
        let code = match reply {
            Reply::Code(code) | Reply::RowAndCode { code, .. } => Some(hash_of(code)),
            _ => None,
        };
        (outcome, code)
    }
}

fn facts(view: &View, payer: &Payer, key: &CardKey, challenge: &Challenge) -> Result<ChallengeFacts> {
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
        expected: key.row_code(challenge.row),
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
