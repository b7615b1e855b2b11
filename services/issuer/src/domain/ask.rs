//! The payer is asked by the issuer itself before a right row collects: the sum in this text is what the shop claims, and the number
//! in it is told to nobody else. A shop that asked for another sum is found out by the payer before anything is collected.

use std::fmt;

use chit_verdict::{Claim, Outcome};

use super::Refusal;

/// Wrong numbers that end an ask: a shop that writes under the payer's number has two chances of a hundred thousand.
const WRONG_MAX: u8 = 2;

/// Five digits, so that a shop that gets them by mistake does not take them for a row. Redacted in Debug (invariant I12).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Number(u32);

impl Number {
    pub const DIGITS: usize = 5;
    const COUNT: u32 = 100_000;

    pub fn from_random(random: u64) -> Self {
        let number = random % u64::from(Self::COUNT);
        Self(u32::try_from(number).expect("below 10^5"))
    }

    pub fn new(number: u32) -> Option<Self> {
        (number < Self::COUNT).then_some(Self(number))
    }

    /// For the sealed store.
    pub fn get(self) -> u32 {
        self.0
    }

    /// For the payer's text.
    pub fn reveal(self) -> String {
        format!("{:05}", self.0)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Number(redacted)")
    }
}

/// A right row that collects nothing yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    /// The store's key of the request that waits for the verdict, and the id of the SMS.
    pub id: [u8; 16],
    /// Of that request.
    pub fingerprint: [u8; 32],
    pub request_id: [u8; 16],
    pub claim: Claim,
    pub number: Number,
    pub wrong: u8,
    /// The gateway has the text.
    pub handed: bool,
    pub asked_ms: i64,
}

/// What a payer wrote to the issuer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    Number(Number),
    No,
    /// Nothing that an ask understands.
    Other,
}

impl Reply {
    /// Full-width digits and signs around the number are forgiven; two numbers are none.
    pub fn parse(text: &str) -> Self {
        let folded: String = text.chars().map(fold).collect();
        let mut words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let refuses = |word: &str| matches!(word, "0" | "o" | "no") || word.starts_with(['否', '不', '非']);
        if words.next().is_some_and(refuses) {
            return Self::No;
        }
        let is_digit = |c: char| c.is_ascii_digit();
        let groups: Vec<&str> = folded.split(|c| !is_digit(c)).filter(|group| !group.is_empty()).collect();
        match groups[..] {
            [group] if group.len() == Number::DIGITS => {
                group.parse().ok().and_then(Number::new).map_or(Self::Other, Self::Number)
            }
            _ => Self::Other,
        }
    }
}

fn fold(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
        _ => c.to_ascii_lowercase(),
    }
}

/// How the payer's asks end, those that do, by their places; the others are changed. A number that is nobody's is a guess at each.
pub fn hear(asks: &mut [Ask], reply: Reply) -> Vec<(usize, Outcome)> {
    match reply {
        Reply::Other => Vec::new(),
        Reply::No => (0..asks.len()).map(|at| (at, Outcome::Refused)).collect(),
        Reply::Number(number) => {
            if let Some(at) = asks.iter().position(|ask| ask.number == number) {
                return vec![(at, Outcome::Agreed)];
            }
            for ask in asks.iter_mut() {
                ask.wrong = ask.wrong.saturating_add(1);
            }
            let over = asks.iter().enumerate().filter(|(_, ask)| ask.wrong >= WRONG_MAX);
            over.map(|(at, _)| (at, Outcome::NotAgreed)).collect()
        }
    }
}

/// What the claim takes from the payer; an issuer that asks needs a sum that it can name.
pub fn total_minor(claim: &Claim) -> Result<i64, Refusal> {
    let mut total = 0_i64;
    for sale in &claim.sales {
        let amount = Some(sale.amount_minor).filter(|amount| *amount > 0);
        total = amount.and_then(|amount| total.checked_add(amount)).ok_or(Refusal::AmountClaimed)?;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::domain::ask_text::tests::claim;

    fn ask(number: u32) -> Ask {
        Ask {
            id: [1; 16],
            fingerprint: [3; 32],
            request_id: [4; 16],
            claim: claim(&[1_250]),
            number: Number::new(number).unwrap(),
            wrong: 0,
            handed: true,
            asked_ms: 0,
        }
    }

    fn number(number: u32) -> Reply {
        Reply::Number(Number::new(number).unwrap())
    }

    #[test]
    fn a_reply_is_a_number_or_a_no_however_it_is_written() {
        for text in ["48151", " 48151. ", "４８１５１", "ok 48151", "同意48151"] {
            assert_eq!(Reply::parse(text), number(48_151), "{text}");
        }
        assert_eq!(Reply::parse("00007"), number(7));
        for text in ["0", "０", "No!", "否", "0 2", "不是我", "非本人"] {
            assert_eq!(Reply::parse(text), Reply::No, "{text}");
        }
        for text in ["", "4815", "481516", "48151 16234", "yes", "LOST 48151623"] {
            assert_eq!(Reply::parse(text), Reply::Other, "{text}");
        }
    }

    #[test]
    fn the_number_agrees_to_its_own_ask_only_and_no_refuses_all() {
        let mut asks = [ask(11_111), ask(22_222)];
        assert_eq!(hear(&mut asks, number(22_222)), [(1, Outcome::Agreed)]);
        assert_eq!(hear(&mut asks, Reply::Other), []);
        assert_eq!(hear(&mut asks, Reply::No), [(0, Outcome::Refused), (1, Outcome::Refused)]);
    }

    #[test]
    fn the_second_wrong_number_ends_what_it_was_a_guess_at() {
        let mut asks = vec![ask(11_111)];
        assert_eq!(hear(&mut asks, number(1)), []);
        asks.push(ask(22_222));
        assert_eq!(hear(&mut asks, number(2)), [(0, Outcome::NotAgreed)]);
        assert_eq!((asks[0].wrong, asks[1].wrong), (2, 1));
    }

    #[test]
    fn a_sum_that_cannot_be_named_is_refused() {
        assert_eq!(total_minor(&claim(&[1_250, 300])), Ok(1_550));
        for bad in [&[0][..], &[-5], &[i64::MAX, 1]] {
            assert_eq!(total_minor(&claim(bad)), Err(Refusal::AmountClaimed));
        }
    }

    #[test]
    fn a_number_never_shows_in_debug_output() {
        assert!(!format!("{:?}", ask(48_151)).contains("48151"));
        assert_eq!(Number::from_random(u64::from(u32::MAX)).reveal().len(), Number::DIGITS);
    }
}
