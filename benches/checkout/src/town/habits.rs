//! What payers are like. Each draws from a chance of their own, so that a seed gives the same town again.

use crate::clock::HOUR_MS;

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64, of: u64) -> Self {
        let mut chance = Self(seed ^ of.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        chance.next();
        chance
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    pub fn hours(&mut self, from: i64, to: i64) -> i64 {
        HOUR_MS * from + self.below((HOUR_MS * (to - from)) as u64) as i64
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    Prompt,
    Late,
    WrongThenRight,
    Guesser,
    Twice,
    FromAnotherPhone,
    Silent,
    Rejects,
    DisputesGoods,
    PaysCash,
    Talks,
}

/// Of a hundred payers.
const SHARES: [(Habit, u64); 11] = [
    (Habit::Prompt, 52),
    (Habit::Late, 10),
    (Habit::WrongThenRight, 8),
    (Habit::Guesser, 2),
    (Habit::Twice, 4),
    (Habit::FromAnotherPhone, 3),
    (Habit::Silent, 7),
    (Habit::Rejects, 3),
    (Habit::DisputesGoods, 4),
    (Habit::PaysCash, 5),
    (Habit::Talks, 2),
];

impl Habit {
    pub fn draw(chance: &mut Chance) -> Self {
        let mut at = chance.below(SHARES.iter().map(|(_, share)| share).sum());
        for (habit, share) in SHARES {
            if at < share {
                return habit;
            }
            at -= share;
        }
        Self::Prompt
    }
}

/// What a payer sends, how long after the challenge, and whether from the enrolled phone.
pub struct Reply {
    pub after_ms: i64,
    pub text: String,
    pub own_phone: bool,
}

/// What a payer of this habit answers to a challenge for which `right` is the code of the row.
pub fn replies(habit: Habit, chance: &mut Chance, right: &str, card: &[String]) -> Vec<Reply> {
    let own = |after_ms, text: &str| Reply { after_ms, text: text.to_owned(), own_phone: true };
    let soon = chance.hours(0, 5);
    let later = soon + chance.hours(1, 4);
    match habit {
        Habit::Prompt => vec![own(soon, right)],
        Habit::Late => vec![own(chance.hours(25, 60), right)],
        Habit::WrongThenRight => vec![own(soon, &wrong(chance, card)), own(later, right)],
        Habit::Guesser => (0..3).map(|n| own(soon + n * 60_000, &wrong(chance, card))).collect(),
        Habit::Twice => vec![own(soon, right), own(later, right)],
        Habit::FromAnotherPhone => {
            let lent = Reply { after_ms: soon, text: right.to_owned(), own_phone: false };
            vec![lent, own(later, right)]
        }
        Habit::Silent | Habit::PaysCash => Vec::new(),
        Habit::Rejects => vec![own(soon, ["0", "否", "NO"][chance.below(3) as usize])],
        Habit::DisputesGoods if chance.percent(50) => vec![own(soon, "ERR")],
        Habit::DisputesGoods => vec![own(soon, right)],
        Habit::Talks => {
            let mut all: Vec<Reply> = (0..9).map(|n| own(soon + n * 60_000, "what is this?")).collect();
            all.push(own(later, right));
            all
        }
    }
}

/// Six digits that stand nowhere on the card.
fn wrong(chance: &mut Chance, card: &[String]) -> String {
    loop {
        let code = format!("{:06}", chance.below(1_000_000));
        if !card.contains(&code) {
            return code;
        }
    }
}
