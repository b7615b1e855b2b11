//! A payer's records as the pure decision sees them.

use jiff::Timestamp;
use ulid::Ulid;

use crate::domain::code_card::{CardKey, CardSerial, CodeHash, Row};
use crate::domain::dialogue::{Challenge, ChallengeState};
use crate::domain::people::{Payer, PayerState};
use crate::domain::refusal::{Refusal, Result};
use crate::domain::sale::{Sale, SaleState};
use crate::domain::verification::{self, CardFacts, ChallengeFacts, ChallengedSale, SaleStanding};
use crate::store::Rows;

/// A payer with all that a reply may concern.
pub struct Dossier {
    pub payer: Payer,
    pub key: CardKey,
    /// Oldest first; those of the present card only: an older card's rows count for nothing.
    pub challenges: Vec<Challenge>,
    pub facts: Vec<ChallengeFacts>,
    pub card: CardFacts,
}

pub fn card_key(master: &[u8; 32], payer: &Payer) -> Result<CardKey> {
    let id = payer.payer_id.parse().map_err(|_damaged| Refusal::internal("a stored payer id is damaged"))?;
    Ok(CardKey::derive(master, id, card_serial(payer)?))
}

fn card_serial(payer: &Payer) -> Result<CardSerial> {
    payer.card_serial.parse().map_err(|_damaged| Refusal::internal("a stored card serial is damaged"))
}

impl Dossier {
    pub fn read(rows: &impl Rows, master: &[u8; 32], payer: Payer) -> Result<Self> {
        let key = card_key(master, &payer)?;
        let mut challenges = rows.challenges_of(&payer.payer_id)?;
        challenges.retain(|challenge| challenge.card_serial == payer.card_serial);
        challenges.sort_by(|left, right| left.challenge_id.cmp(&right.challenge_id));
        let facts: Result<Vec<ChallengeFacts>> =
            challenges.iter().map(|challenge| challenge_facts(rows, &payer, &key, challenge)).collect();
        let card = CardFacts {
            serial: Some(card_serial(&payer)?),
            wrong_since_right: small(payer.wrong_since_right),
            used: payer.used_code_hashes.iter().filter_map(|hash| code_hash(hash)).collect(),
            locked: payer.state() == PayerState::Locked,
        };
        Ok(Self { payer, key, challenges, facts: facts?, card })
    }
}

fn challenge_facts(
    rows: &impl Rows,
    payer: &Payer,
    key: &CardKey,
    challenge: &Challenge,
) -> Result<ChallengeFacts> {
    let row =
        Row::new(small(challenge.row)).map_err(|_damaged| Refusal::internal("a stored row is damaged"))?;
    Ok(ChallengeFacts {
        row,
        expected: key.row_code(row),
        sales: challenged_sales(rows, payer, challenge)?,
        tries: challenge.wrong_hashes.iter().filter_map(|hash| code_hash(hash)).collect(),
        wrong_tries: small(challenge.wrong_replies),
        submitted_at: timestamp(challenge.submit_ms)?,
        expires_at: timestamp(challenge.expire_ms + challenge.paused_ms)?,
        state: match challenge.state() {
            // A reply may overtake the report that our message is out.
            ChallengeState::Unspecified | ChallengeState::Sending | ChallengeState::Open => {
                verification::ChallengeState::Open
            }
            ChallengeState::Answered => verification::ChallengeState::Answered,
            ChallengeState::Over => verification::ChallengeState::Over,
            ChallengeState::Expired => verification::ChallengeState::Expired,
            ChallengeState::Cancelled => verification::ChallengeState::Cancelled,
        },
        round: small(challenge.round),
    })
}

/// An enrolment's first challenge asks for no sale: it stands for itself, and waits while the payer is PENDING.
fn challenged_sales(rows: &impl Rows, payer: &Payer, challenge: &Challenge) -> Result<Vec<ChallengedSale>> {
    if challenge.sale_ids.is_empty() {
        let standing = match payer.state() {
            PayerState::Pending | PayerState::Enrolling => SaleStanding::Waiting,
            _ => SaleStanding::Gone,
        };
        return Ok(vec![ChallengedSale { id: ulid(&challenge.challenge_id)?, standing }]);
    }
    challenge
        .sale_ids
        .iter()
        .map(|id| Ok(ChallengedSale { id: ulid(id)?, standing: standing(&rows.sale(id)?) }))
        .collect()
}

fn standing(sale: &Sale) -> SaleStanding {
    match sale.state() {
        SaleState::Verified | SaleState::Submitted | SaleState::Settled => SaleStanding::Verified,
        _ if sale.held_by_dispute => SaleStanding::Gone,
        SaleState::Queued | SaleState::Challenged | SaleState::Unreachable | SaleState::BadPending => {
            SaleStanding::Waiting
        }
        _ => SaleStanding::Gone,
    }
}

pub fn ulid(id: &str) -> Result<Ulid> {
    Ulid::from_string(id).map_err(|_damaged| Refusal::internal("a stored id is damaged"))
}

pub fn timestamp(ms: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(ms).map_err(|_damaged| Refusal::internal("a stored time is damaged"))
}

/// Counters that never pass 255; a damaged larger one stays large.
fn small(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

fn code_hash(bytes: &[u8]) -> Option<CodeHash> {
    bytes.try_into().ok().map(CodeHash)
}
