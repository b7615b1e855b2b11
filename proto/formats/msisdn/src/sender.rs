//! What a network says a message came from.

use crate::canonical::Canonical;
use crate::country::Country;
use crate::read::{self, Line};

/// Readings are: after an international prefix, with a country code, and national.
pub const CANDIDATES_MAX: usize = 3;
/// Short codes have at most eight digits wherever they are in use.
const SHORT_CODE_DIGITS_MAX: usize = 8;
/// TP-OA has at most 20 semi-octets, SMPP's source_addr 20 octets.
const ADDRESS_CHARS_MAX: usize = 21;

/// Bits 6 to 4 of the type-of-address octet; SMPP's `source_addr_ton` has the same values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeOfNumber {
    Unknown,
    International,
    National,
    NetworkSpecific,
    Subscriber,
    Alphanumeric,
    Abbreviated,
    Reserved,
}

impl TypeOfNumber {
    /// From the three bits; higher ones are ignored.
    pub fn from_bits(bits: u8) -> Self {
        match bits & 0b111 {
            0 => Self::Unknown,
            1 => Self::International,
            2 => Self::National,
            3 => Self::NetworkSpecific,
            4 => Self::Subscriber,
            5 => Self::Alphanumeric,
            6 => Self::Abbreviated,
            _ => Self::Reserved,
        }
    }

    pub fn bits(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::International => 1,
            Self::National => 2,
            Self::NetworkSpecific => 3,
            Self::Subscriber => 4,
            Self::Alphanumeric => 5,
            Self::Abbreviated => 6,
            Self::Reserved => 7,
        }
    }
}

/// Who a message may be from. Only `Candidates` can be a payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// One to [`CANDIDATES_MAX`] different numbers, the likeliest first. It is from a payer when exactly one of them is enrolled.
    Candidates(Vec<Canonical>),
    /// A name, such as a bank's.
    Alphanumeric,
    /// A service's number, such as 10086.
    ShortCode,
    /// Nothing, too much, or signs that no number has.
    Unreadable,
}

impl Sender {
    /// The numbers it may be, none when it can be no subscriber.
    pub fn candidates(&self) -> &[Canonical] {
        match self {
            Self::Candidates(numbers) => numbers,
            Self::Alphanumeric | Self::ShortCode | Self::Unreadable => &[],
        }
    }

    /// The only candidate that `enrolled` knows: `None` when it knows none, and when it knows two.
    pub fn only<T>(&self, mut enrolled: impl FnMut(&Canonical) -> Option<T>) -> Option<T> {
        let mut known = self.candidates().iter().filter_map(&mut enrolled);
        let first = known.next()?;
        known.next().is_none().then_some(first)
    }
}

/// `address` is as the network wrote it, with or without `+`. `hint` orders the candidates and takes none away, except that a
/// name is never a number: whoever may choose a name may choose digits for it.
pub fn sender(address: &str, hint: TypeOfNumber, country: Country) -> Sender {
    let address = address.trim();
    if hint == TypeOfNumber::Alphanumeric {
        return if address.is_empty() { Sender::Unreadable } else { Sender::Alphanumeric };
    }
    let plus = address.starts_with('+');
    let digits = address.trim_start_matches('+');
    if digits.is_empty() || address.chars().count() > ADDRESS_CHARS_MAX {
        return Sender::Unreadable;
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return if digits.chars().any(named) { Sender::Alphanumeric } else { Sender::Unreadable };
    }
    let candidates = candidates(digits, plus || hint == TypeOfNumber::International, country);
    match candidates.len() {
        0 if digits.len() <= SHORT_CODE_DIGITS_MAX => Sender::ShortCode,
        0 => Sender::Unreadable,
        _ => Sender::Candidates(candidates),
    }
}

/// `a`, `b` and `c` are dialling digits (3GPP TS 24.008 table 10.5.118), every other letter is of a name.
fn named(letter: char) -> bool {
    letter.is_alphabetic() && !matches!(letter, 'a'..='c')
}

fn candidates(digits: &str, international_first: bool, country: Country) -> Vec<Canonical> {
    let mut readings = read::dialled_abroad(digits, country);
    // A country's own prefix may begin a national number as well; 00 begins none.
    if readings.is_empty() || !digits.starts_with("00") {
        let whole = read::international(digits);
        let national = read::national(digits, country);
        let (first, second) = if international_first { (whole, national) } else { (national, whole) };
        readings.extend(first.into_iter().chain(second));
    }
    let mut found: Vec<Canonical> = Vec::with_capacity(CANDIDATES_MAX);
    for reading in readings.iter().filter(|reading| reading.line == Line::Subscriber) {
        let number = reading.canonical();
        if !found.contains(&number) {
            found.push(number);
        }
    }
    found
}
