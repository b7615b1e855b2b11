//! What a payer's reply means for their challenges. A pure decision: the caller stores what it says.
//!
//! A challenge is *live* while a right code still counts for it: it is open or expired, had fewer than three wrong
//! tries, and what it asks still waits. A wrong code is a guess at every live challenge, so it counts on each;
//! otherwise somebody could guess for ever at an expired one.

use crate::payer::code_card::{CodeHash, Row, RowCode};
use crate::values::ids::SaleId;

use super::reply::Reply;

/// Six digits that somebody gave. Without the digits, somebody else has compared them (`Expected::Judged`).
pub struct Given {
    pub code: Option<RowCode>,
    pub hash: CodeHash,
}

/// What a challenge's row says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expected {
    Code(RowCode),
    /// The issuer compared: whether what was given is this row.
    Judged(bool),
}

impl Expected {
    pub fn is(&self, given: &Given) -> bool {
        match self {
            Self::Code(code) => given.code.as_ref().is_some_and(|given| given == code),
            Self::Judged(right) => *right,
        }
    }
}

/// Wrong tries that end a challenge; a new row comes the next morning.
pub const WRONG_TRIES_MAX: u8 = 3;
/// Wrong tries since the last right one that lock the card.
pub const WRONG_SINCE_RIGHT_MAX: u8 = 9;
/// A wrong code is a guess at each live challenge. So many of these chances since the last right one lock the card, too: whoever
/// lets challenges pile up before guessing gets no more than 11 + 8 chances of one in a million.
pub const CHANCES_SINCE_RIGHT_MAX: u8 = 12;
/// Older ones are no longer compared.
pub const LIVE_MAX: usize = 8;
/// Rounds without a right reply before the sale is BAD_PENDING or UNREACHABLE.
pub const ROUNDS_MAX: u8 = 3;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChallengeState {
    Open,
    /// Three wrong tries.
    Over,
    Expired,
    Answered,
    /// Paid otherwise, part-paid, void, or the card was reissued: the text no longer states what is owed.
    Cancelled,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SaleStanding {
    /// Neither verified nor rejected; challenged, notified or bad.
    Waiting,
    /// VERIFIED, SUBMITTED or SETTLED.
    Verified,
    /// Rejected, disputed, void, written off or paid otherwise.
    Gone,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChallengedSale {
    pub id: SaleId,
    pub standing: SaleStanding,
}

/// What a challenge asks, as it stands now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// `waiting`: phone and card are not proven yet.
    Enrolment { waiting: bool },
    /// In the order of the text: `0 2` is the second.
    Sales(Vec<ChallengedSale>),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChallengeFacts {
    pub row: Row,
    pub expected: Expected,
    pub asked: Asked,
    /// Distinct wrong codes so far.
    pub tries: Vec<CodeHash>,
    pub wrong_tries: u8,
    /// When its hours are over, in milliseconds of the heard clock; none until it is submitted.
    pub ends_heard_ms: Option<i64>,
    pub state: ChallengeState,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CardFacts {
    pub wrong_since_right: u8,
    /// Challenges that those tries were compared with, summed up.
    pub chances_since_right: u8,
    /// Codes of rows already answered.
    pub used: Vec<CodeHash>,
    pub locked: bool,
    /// Its rows are worth nothing, so no code is looked at.
    pub lost: bool,
}

/// `challenge` and the numbers in `on`, `over`, `closes` are places in the slice given to [`decide`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Set `wrong_since_right` to 0, remember the code as used.
    Verified {
        challenge: usize,
        sales: Vec<SaleId>,
    },
    /// As Verified, after expiry; `closes` are newer open challenges that ask for one of these sales again.
    LateVerified {
        challenge: usize,
        sales: Vec<SaleId>,
        closes: Vec<usize>,
    },
    /// Count one wrong try and remember the code on each of `on`, and one on the card.
    WrongTry {
        on: Vec<usize>,
        left: u8,
    },
    /// The same, and the challenges in `over` have had their third: a new row the next morning.
    ChallengeOver {
        on: Vec<usize>,
        over: Vec<usize>,
    },
    /// The ninth wrong one since the last right one (`newly`), or any code after that. `on` as in WrongTry.
    CardLocked {
        on: Vec<usize>,
        newly: bool,
    },
    /// `0`: freeze the code, open a dispute. `which` is empty for an enrolment: end it.
    Rejected {
        challenge: usize,
        which: Vec<SaleId>,
    },
    /// `0` or ERR after the right reply: the sale stays as it is, a dispute opens.
    DisputeAfterVerified {
        challenge: usize,
        sales: Vec<SaleId>,
        /// ERR, not `0`.
        wrong_goods: bool,
    },
    /// ERR: dispute over goods or price; the code is not frozen.
    WrongGoodsDispute {
        challenge: usize,
        sales: Vec<SaleId>,
    },
    /// No try.
    SameWrongAgain {
        challenge: usize,
        left: u8,
    },
    /// No try: the row was answered right before.
    UsedCode,
    /// No try: the code is right, but its challenge is over or called off, or nothing it asks for waits any more.
    TooLate,
    /// The code is right, but the payer did not agree to the sum that the issuer asked them about.
    NotAgreed,
    Help,
    Unclear,
    /// A code or an objection while nothing is asked.
    NothingOpen,
    Ignored,
}

impl Outcome {
    /// The challenges at which it counts as a new guess.
    pub fn counts_on(&self) -> Option<&[usize]> {
        match self {
            Self::WrongTry { on, .. }
            | Self::ChallengeOver { on, .. }
            | Self::CardLocked { on, newly: true } => Some(on),
            _ => None,
        }
    }
}

/// `challenges` are all the payer's challenges of the present card, oldest first. `heard_ms` is when the reply reached
/// the modem, on the heard clock. `hash_of` is the card's keyed hash.
pub fn decide(
    challenges: &[ChallengeFacts],
    card: &CardFacts,
    reply: &Reply,
    heard_ms: i64,
    hash_of: impl Fn(&RowCode) -> CodeHash,
) -> Outcome {
    match reply {
        Reply::Code(code) | Reply::RowAndCode { code, .. } => {
            let given = Given { code: Some(code.clone()), hash: hash_of(code) };
            decide_code(challenges, card, &given, heard_ms)
        }
        Reply::RejectAll => object(challenges, Objection::NotMe, None, heard_ms),
        Reply::RejectNth(nth) => object(challenges, Objection::NotMe, Some(*nth), heard_ms),
        Reply::WrongGoods { nth } => object(challenges, Objection::WrongGoods, *nth, heard_ms),
        Reply::Help => Outcome::Help,
        Reply::QuotedProof | Reply::Unclear => Outcome::Unclear,
        // With a serial it is about the card, whoever sends it, and is decided before.
        Reply::Lost { card_serial: None } => Outcome::Unclear,
        Reply::Empty | Reply::Lost { .. } => Outcome::Ignored,
    }
}

pub fn is_live(challenge: &ChallengeFacts) -> bool {
    matches!(challenge.state, ChallengeState::Open | ChallengeState::Expired)
        && challenge.wrong_tries < WRONG_TRIES_MAX
        && waits(challenge)
}

fn waits(challenge: &ChallengeFacts) -> bool {
    match &challenge.asked {
        Asked::Enrolment { waiting } => *waiting,
        Asked::Sales(_) => !in_standing(challenge, SaleStanding::Waiting).is_empty(),
    }
}

/// Its hours are not over, whatever became of it.
fn is_valid(challenge: &ChallengeFacts, heard_ms: i64) -> bool {
    challenge.ends_heard_ms.is_none_or(|ends| heard_ms <= ends)
}

/// The payer may have read it. A reply may overtake the report that an open one is out.
fn was_asked(challenge: &ChallengeFacts) -> bool {
    challenge.state == ChallengeState::Open || challenge.ends_heard_ms.is_some()
}

fn in_standing(challenge: &ChallengeFacts, standing: SaleStanding) -> Vec<SaleId> {
    match &challenge.asked {
        Asked::Enrolment { .. } => Vec::new(),
        Asked::Sales(sales) => {
            sales.iter().filter(|sale| sale.standing == standing).map(|sale| sale.id).collect()
        }
    }
}

/// The newest live challenges, oldest first.
fn live(challenges: &[ChallengeFacts]) -> Vec<usize> {
    let mut live: Vec<usize> = (0..challenges.len()).filter(|at| is_live(&challenges[*at])).collect();
    live.drain(..live.len().saturating_sub(LIVE_MAX));
    live
}

/// The newest live challenge whose code this is. Every one is compared, so time tells nothing.
fn answered_by(challenges: &[ChallengeFacts], live: &[usize], given: &Given) -> Option<usize> {
    let right = live.iter().map(|at| (*at, challenges[*at].expected.is(given)));
    right.fold(None, |found, (at, right)| if right { Some(at) } else { found })
}

/// The same of a code alone, as it is given at the counter or was judged by the issuer.
pub fn decide_code(challenges: &[ChallengeFacts], card: &CardFacts, given: &Given, heard_ms: i64) -> Outcome {
    if card.locked {
        return Outcome::CardLocked { on: Vec::new(), newly: false };
    }
    if card.lost {
        return Outcome::NothingOpen;
    }
    let live = live(challenges);
    if let Some(challenge) = answered_by(challenges, &live, given) {
        return right_code(challenges, challenge, heard_ms);
    }
    if card.used.contains(&given.hash) {
        return Outcome::UsedCode;
    }
    let right_for = |challenge: &ChallengeFacts| challenge.expected.is(given);
    if challenges.iter().any(|challenge| right_for(challenge) && challenge.state == ChallengeState::Answered)
    {
        return Outcome::UsedCode;
    }
    if challenges.iter().any(right_for) {
        return Outcome::TooLate;
    }
    wrong_code(challenges, live, card, given.hash)
}

fn right_code(challenges: &[ChallengeFacts], at: usize, heard_ms: i64) -> Outcome {
    let challenge = &challenges[at];
    let sales = in_standing(challenge, SaleStanding::Waiting);
    if challenge.state == ChallengeState::Open && is_valid(challenge, heard_ms) {
        return Outcome::Verified { challenge: at, sales };
    }
    let asks_again = |other: &ChallengeFacts| match &other.asked {
        Asked::Sales(again) => {
            other.state == ChallengeState::Open && again.iter().any(|sale| sales.contains(&sale.id))
        }
        Asked::Enrolment { .. } => false,
    };
    let newer = challenges.iter().enumerate().skip(at + 1);
    let closes = newer.filter(|(_, other)| asks_again(other)).map(|(other, _)| other).collect();
    Outcome::LateVerified { challenge: at, sales, closes }
}

fn wrong_code(challenges: &[ChallengeFacts], live: Vec<usize>, card: &CardFacts, hash: CodeHash) -> Outcome {
    let Some(newest) = live.last().copied() else { return Outcome::NothingOpen };
    let on: Vec<usize> = live.into_iter().filter(|at| !challenges[*at].tries.contains(&hash)).collect();
    if on.is_empty() {
        let left = WRONG_TRIES_MAX - challenges[newest].wrong_tries;
        return Outcome::SameWrongAgain { challenge: newest, left };
    }
    let chances = usize::from(card.chances_since_right) + on.len();
    if card.wrong_since_right + 1 >= WRONG_SINCE_RIGHT_MAX || chances >= usize::from(CHANCES_SINCE_RIGHT_MAX)
    {
        return Outcome::CardLocked { on, newly: true };
    }
    let wrong_after = |at: usize| challenges[at].wrong_tries + u8::from(on.contains(&at));
    let over: Vec<usize> = on.iter().copied().filter(|at| wrong_after(*at) >= WRONG_TRIES_MAX).collect();
    if over.contains(&newest) {
        Outcome::ChallengeOver { on, over }
    } else {
        let left = WRONG_TRIES_MAX - wrong_after(newest);
        Outcome::WrongTry { on, left }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Objection {
    NotMe,
    WrongGoods,
}

/// An objection belongs to what was asked last: the open challenge; else the newest one while its hours last, answered
/// or not; else the newest that still has something waiting (a notice was sent, or nobody was reached). Never to an
/// older sale that was answered.
fn meant(challenges: &[ChallengeFacts], heard_ms: i64) -> Option<usize> {
    let newest = |wanted: &dyn Fn(&ChallengeFacts) -> bool| challenges.iter().rposition(wanted);
    newest(&|challenge| challenge.state == ChallengeState::Open && is_valid(challenge, heard_ms))
        .or_else(|| {
            let last = newest(&was_asked)?;
            is_valid(&challenges[last], heard_ms).then_some(last)
        })
        .or_else(|| newest(&waits))
}

fn object(challenges: &[ChallengeFacts], objection: Objection, nth: Option<u8>, heard_ms: i64) -> Outcome {
    let Some(challenge) = meant(challenges, heard_ms) else { return Outcome::NothingOpen };
    let facts = &challenges[challenge];
    let sales = match &facts.asked {
        Asked::Sales(sales) => sales,
        // Goods or price cannot be wrong where nothing was bought.
        Asked::Enrolment { waiting: true } if objection == Objection::NotMe => {
            return Outcome::Rejected { challenge, which: Vec::new() };
        }
        Asked::Enrolment { waiting: true } => return Outcome::Unclear,
        Asked::Enrolment { waiting: false } => return Outcome::NothingOpen,
    };
    let (waiting, verified) = match nth {
        None => (in_standing(facts, SaleStanding::Waiting), in_standing(facts, SaleStanding::Verified)),
        Some(nth) => {
            let place = usize::from(nth).checked_sub(1);
            let Some(sale) = place.and_then(|place| sales.get(place)) else { return Outcome::Unclear };
            match sale.standing {
                SaleStanding::Waiting => (vec![sale.id], Vec::new()),
                SaleStanding::Verified => (Vec::new(), vec![sale.id]),
                SaleStanding::Gone => return Outcome::Ignored,
            }
        }
    };
    match objection {
        // Said twice: it was heard the first time.
        _ if waiting.is_empty() && verified.is_empty() => Outcome::Ignored,
        _ if waiting.is_empty() => Outcome::DisputeAfterVerified {
            challenge,
            sales: verified,
            wrong_goods: objection == Objection::WrongGoods,
        },
        Objection::NotMe => Outcome::Rejected { challenge, which: waiting },
        Objection::WrongGoods => Outcome::WrongGoodsDispute { challenge, sales: waiting },
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
