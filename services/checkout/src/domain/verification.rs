//! What a payer's reply means for his challenges. A pure decision: the caller stores what it says.
//!
//! A challenge is *live* while a right code still counts for it: it is open or expired, had fewer than three wrong
//! tries, and one of its sales still waits (an enrolment's first challenge has none). A wrong code is a guess at every live challenge, so it counts on each;
//! otherwise somebody could guess for ever at an expired one.

use jiff::Timestamp;
use ulid::Ulid;

use super::code_card::{CardSerial, CodeHash, Row, RowCode};
use super::reply::Reply;

/// Wrong tries that end a challenge; a new row comes the next morning.
pub const WRONG_TRIES_MAX: u8 = 3;
/// Wrong tries since the last right one that lock the card: an observer's chance stays below 9 × 10⁻⁶ a challenge.
pub const WRONG_SINCE_RIGHT_MAX: u8 = 9;
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
    pub id: Ulid,
    pub standing: SaleStanding,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChallengeFacts {
    pub row: Row,
    pub expected: RowCode,
    /// In the order of the text: `0 2` is the second. Empty for an enrolment's first challenge.
    pub sales: Vec<ChallengedSale>,
    /// Distinct wrong codes so far.
    pub tries: Vec<CodeHash>,
    pub wrong_tries: u8,
    pub submitted_at: Timestamp,
    pub expires_at: Timestamp,
    pub state: ChallengeState,
    pub round: u8,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CardFacts {
    pub serial: Option<CardSerial>,
    pub wrong_since_right: u8,
    /// Codes of rows already answered.
    pub used: Vec<CodeHash>,
    pub locked: bool,
}

/// `challenge` and the numbers in `on`, `over`, `closes` are places in the slice given to [`decide`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Set `wrong_since_right` to 0, remember the code as used.
    Verified {
        challenge: usize,
        sales: Vec<Ulid>,
    },
    /// As Verified, after expiry; `closes` are newer open challenges that ask for one of these sales again.
    LateVerified {
        challenge: usize,
        sales: Vec<Ulid>,
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
        which: Vec<Ulid>,
    },
    /// `0` or ERR after the right reply: the sale stays as it is, a dispute opens.
    DisputeAfterVerified {
        challenge: usize,
        sales: Vec<Ulid>,
        /// ERR, not `0`.
        wrong_goods: bool,
    },
    /// ERR: dispute over goods or price; the code is not frozen.
    WrongGoodsDispute {
        challenge: usize,
        sales: Vec<Ulid>,
    },
    /// No try.
    SameWrongAgain {
        challenge: usize,
        left: u8,
    },
    /// No try: the row was answered before, or its challenge is over or cancelled.
    UsedCode,
    /// A right code from another number: no try; ask the enrolled number.
    Held {
        challenge: usize,
    },
    /// LOST with this card's serial: freeze, answer nothing.
    Frozen,
    Help,
    Unclear,
    /// A code while nothing is asked.
    NothingOpen,
    Ignored,
}

/// `challenges` are all the payer's challenges, oldest first. `received_at` is when the reply reached the modem.
/// `hash_of` is the card's keyed hash.
pub fn decide(
    challenges: &[ChallengeFacts],
    card: &CardFacts,
    reply: &Reply,
    received_at: Timestamp,
    from_enrolled: bool,
    hash_of: impl Fn(&RowCode) -> CodeHash,
) -> Outcome {
    if let Reply::Lost { card_serial } = reply {
        return lost(card, *card_serial, from_enrolled);
    }
    match (reply, from_enrolled) {
        (Reply::Code(code) | Reply::RowAndCode { code, .. }, true) => {
            decide_code(challenges, card, code, hash_of(code), received_at)
        }
        (Reply::Code(code) | Reply::RowAndCode { code, .. }, false) => held(challenges, card, code),
        (_, false) => Outcome::Ignored,
        (Reply::RejectAll, _) => object(challenges, Objection::NotMe, None),
        (Reply::RejectNth(nth), _) => object(challenges, Objection::NotMe, Some(*nth)),
        (Reply::WrongGoods { nth }, _) => object(challenges, Objection::WrongGoods, *nth),
        (Reply::Help, _) => Outcome::Help,
        (Reply::QuotedProof | Reply::Unclear, _) => Outcome::Unclear,
        (Reply::Empty | Reply::Lost { .. }, _) => Outcome::Ignored,
    }
}

/// Without a serial, or with another one, nothing freezes: anybody may send LOST.
fn lost(card: &CardFacts, serial: Option<CardSerial>, from_enrolled: bool) -> Outcome {
    match serial {
        Some(serial) if card.serial == Some(serial) => Outcome::Frozen,
        None if from_enrolled => Outcome::Unclear,
        _ => Outcome::Ignored,
    }
}

fn is_live(challenge: &ChallengeFacts) -> bool {
    matches!(challenge.state, ChallengeState::Open | ChallengeState::Expired)
        && challenge.wrong_tries < WRONG_TRIES_MAX
        && (is_enrolment(challenge) || has(challenge, SaleStanding::Waiting))
}

/// An enrolment's first challenge asks for no sale.
fn is_enrolment(challenge: &ChallengeFacts) -> bool {
    challenge.sales.is_empty()
}

fn has(challenge: &ChallengeFacts, standing: SaleStanding) -> bool {
    challenge.sales.iter().any(|sale| sale.standing == standing)
}

fn in_standing(challenge: &ChallengeFacts, standing: SaleStanding) -> Vec<Ulid> {
    challenge.sales.iter().filter(|sale| sale.standing == standing).map(|sale| sale.id).collect()
}

/// The newest live challenge whose code this is. Every challenge is compared, so time tells nothing.
fn answered_by(challenges: &[ChallengeFacts], code: &RowCode) -> Option<usize> {
    let right = challenges.iter().map(|challenge| challenge.expected == *code && is_live(challenge));
    right.enumerate().fold(None, |found, (at, right)| if right { Some(at) } else { found })
}

fn held(challenges: &[ChallengeFacts], card: &CardFacts, code: &RowCode) -> Outcome {
    match answered_by(challenges, code) {
        Some(challenge) if !card.locked => Outcome::Held { challenge },
        _ => Outcome::Ignored,
    }
}

fn decide_code(
    challenges: &[ChallengeFacts],
    card: &CardFacts,
    code: &RowCode,
    hash: CodeHash,
    received_at: Timestamp,
) -> Outcome {
    if card.locked {
        return Outcome::CardLocked { on: Vec::new(), newly: false };
    }
    if let Some(challenge) = answered_by(challenges, code) {
        return right_code(challenges, challenge, received_at);
    }
    let of_a_dead_challenge = challenges.iter().any(|challenge| challenge.expected == *code);
    if of_a_dead_challenge || card.used.contains(&hash) {
        return Outcome::UsedCode;
    }
    wrong_code(challenges, card, hash)
}

fn right_code(challenges: &[ChallengeFacts], at: usize, received_at: Timestamp) -> Outcome {
    let challenge = &challenges[at];
    let sales = in_standing(challenge, SaleStanding::Waiting);
    if challenge.state == ChallengeState::Open && received_at <= challenge.expires_at {
        return Outcome::Verified { challenge: at, sales };
    }
    let asks_again = |other: &ChallengeFacts| {
        other.state == ChallengeState::Open && other.sales.iter().any(|sale| sales.contains(&sale.id))
    };
    let newer = challenges.iter().enumerate().skip(at + 1);
    let closes = newer.filter(|(_, other)| asks_again(other)).map(|(other, _)| other).collect();
    Outcome::LateVerified { challenge: at, sales, closes }
}

fn wrong_code(challenges: &[ChallengeFacts], card: &CardFacts, hash: CodeHash) -> Outcome {
    let live: Vec<usize> = (0..challenges.len()).filter(|at| is_live(&challenges[*at])).collect();
    let Some(newest) = live.last().copied() else { return Outcome::NothingOpen };
    let on: Vec<usize> = live.into_iter().filter(|at| !challenges[*at].tries.contains(&hash)).collect();
    if on.is_empty() {
        let left = WRONG_TRIES_MAX - challenges[newest].wrong_tries;
        return Outcome::SameWrongAgain { challenge: newest, left };
    }
    if card.wrong_since_right + 1 >= WRONG_SINCE_RIGHT_MAX {
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

/// An objection goes to the newest challenge that has a sale waiting, whatever became of the challenge itself:
/// hearing a payer who objects is always safe. When all are verified it becomes a dispute.
fn object(challenges: &[ChallengeFacts], objection: Objection, nth: Option<u8>) -> Outcome {
    let newest = |wanted: &dyn Fn(&ChallengeFacts) -> bool| challenges.iter().rposition(wanted);
    let found = newest(&|challenge| has(challenge, SaleStanding::Waiting))
        .or_else(|| newest(&|challenge| is_enrolment(challenge) && is_live(challenge)))
        .or_else(|| newest(&|challenge| has(challenge, SaleStanding::Verified)));
    let Some(challenge) = found else { return Outcome::NothingOpen };
    if is_enrolment(&challenges[challenge]) {
        return match objection {
            Objection::NotMe => Outcome::Rejected { challenge, which: Vec::new() },
            Objection::WrongGoods => Outcome::Unclear,
        };
    }
    let facts = &challenges[challenge];
    let (waiting, verified) = match nth {
        None => (in_standing(facts, SaleStanding::Waiting), in_standing(facts, SaleStanding::Verified)),
        Some(nth) => {
            let place = usize::from(nth).checked_sub(1);
            let Some(sale) = place.and_then(|place| facts.sales.get(place)) else { return Outcome::Unclear };
            match sale.standing {
                SaleStanding::Waiting => (vec![sale.id], Vec::new()),
                SaleStanding::Verified => (Vec::new(), vec![sale.id]),
                SaleStanding::Gone => return Outcome::Ignored,
            }
        }
    };
    match objection {
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
#[path = "verification_tests.rs"]
mod tests;
