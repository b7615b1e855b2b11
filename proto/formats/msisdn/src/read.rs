//! One reading of digits as a number of one country, after the numbering plans of libphonenumber's metadata.
//!
//! The crate's own validity check loses a zero that belongs to the number (Benin, Côte d'Ivoire, Congo), and its parser
//! takes some trunk prefixes for carrier codes (Colombia), so the digits as they stand are looked up first.

use crate::canonical::{Canonical, DIGITS_MAX, DIGITS_MIN};
use crate::country::Country;
use crate::fold;
use phonenumber::Mode;
use phonenumber::metadata::{DATABASE, Metadata};

/// E.164 country codes have one to three digits.
const CODE_DIGITS_MAX: usize = 3;

/// Who answers a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A person. A fixed line is one: some networks deliver to it, and the first challenge proves it.
    Subscriber,
    /// A service, or a number that costs the sender extra.
    Service,
}

/// A number that its country's plan has: country code and national number, without `+`.
#[derive(Clone)]
pub struct Reading {
    pub digits: String,
    pub line: Line,
}

impl Reading {
    pub fn canonical(&self) -> Canonical {
        Canonical::fold(&self.digits)
    }
}

/// `digits` with the country code in front; a trunk zero after it (`+49 (0) 171 …`) is forgiven.
pub fn international(digits: &str) -> Option<Reading> {
    // No country code begins with 0; the crate would take `+00…` for `+…`.
    if digits.starts_with('0') {
        return None;
    }
    planned(digits)
        .or_else(|| planned(&parsed(None, &format!("+{digits}"))?))
        // The old form of two is in no plan any more, so the one that took its place is asked for.
        .or_else(|| planned(&fold::dial(digits)))
        .or_else(|| planned(&fold::with_infix(digits)?))
}

/// `digits` after `00`, which GSM networks write everywhere, or after the country's own international prefix: none, one, or
/// two where that prefix is longer. No national number begins with 00.
pub fn dialled_abroad(digits: &str, country: Country) -> Vec<Reading> {
    let rests = [digits.strip_prefix("00"), country.without_international_prefix(digits)];
    rests.into_iter().flatten().filter_map(international).collect()
}

/// `digits` as dialled in `country`, with or without its trunk prefix.
pub fn national(digits: &str, country: Country) -> Option<Reading> {
    let code = country.calling_code();
    planned(&format!("{code}{digits}"))
        .or_else(|| planned(&parsed(Some(country), digits).filter(|read| read.starts_with(&code))?))
        .or_else(|| planned(&format!("{code}{}", country.without_trunk_prefix(digits)?)))
        .or_else(|| planned(&fold::dial(&format!("{code}{digits}"))))
        .or_else(|| planned(&fold::with_infix(&format!("{code}{digits}"))?))
}

/// The crate's reading, country code first.
fn parsed(country: Option<Country>, text: &str) -> Option<String> {
    let number = phonenumber::parse(country.map(Country::id), text).ok()?;
    if number.extension().is_some() {
        return None;
    }
    Some(number.format().mode(Mode::E164).to_string().strip_prefix('+')?.to_owned())
}

/// The digits, when a plan of their country code has such a number. Some plans' patterns are open at the end (Germany's takes
/// 15 digits after the country code), and no network carries more than E.164 allows.
fn planned(digits: &str) -> Option<Reading> {
    if !(DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) {
        return None;
    }
    let longest = CODE_DIGITS_MAX.min(digits.len().saturating_sub(1));
    // Codes are prefix-free, so at most one length has plans.
    let (plans, national) = (1..=longest).find_map(|length| {
        let code: u16 = digits.get(..length)?.parse().ok()?;
        Some((DATABASE.by_code(&code)?, &digits[length..]))
    })?;
    let line = plans.iter().find_map(|plan| line(plan, national))?;
    Some(Reading { digits: digits.to_owned(), line })
}

/// In libphonenumber's order: what costs the caller differently is looked for first.
fn line(plan: &Metadata, national: &str) -> Option<Line> {
    let kinds = plan.descriptors();
    let is =
        |kind: Option<&phonenumber::metadata::Descriptor>| kind.is_some_and(|kind| kind.is_match(national));
    if !kinds.general().is_match(national) {
        return None;
    }
    if is(kinds.premium_rate()) || is(kinds.toll_free()) || is(kinds.shared_cost()) {
        return Some(Line::Service);
    }
    if is(kinds.mobile()) || is(kinds.fixed_line()) || is(kinds.voip()) || is(kinds.personal_number()) {
        return Some(Line::Subscriber);
    }
    (is(kinds.pager()) || is(kinds.uan()) || is(kinds.voicemail())).then_some(Line::Service)
}
