//! The kinds of text in a message, each as narrow as the schema's.

use jiff::civil::Date;

use crate::account;
use crate::amount;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// 1 to this many characters.
    Text(usize),
    Date,
    DateTime,
    /// With a currency in its attribute.
    Amount,
    Decimal,
    Count,
    Bool,
    Currency,
    Country,
    Bic,
    Iban,
    OneOf(&'static [&'static str]),
}

impl Kind {
    /// By its name in the schema files.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "amount" => Self::Amount,
            "decimal" => Self::Decimal,
            "count" => Self::Count,
            "bool" => Self::Bool,
            "ccy" => Self::Currency,
            "country" => Self::Country,
            "bic" => Self::Bic,
            "iban" => Self::Iban,
            "direction" => Self::OneOf(&["CRDT", "DBIT"]),
            "entry_status" => Self::OneOf(&["BOOK", "PDNG", "INFO"]),
            "copy" => Self::OneOf(&["CODU", "COPY", "DUPL"]),
            "sequence" => Self::OneOf(&["FRST", "RCUR", "FNAL", "OOFF", "RPRE"]),
            "debit" => Self::OneOf(&["DD"]),
            _ => Self::Text(name.strip_prefix('t')?.parse().ok()?),
        })
    }

    /// Says what is wrong, or nothing.
    pub(crate) fn check(self, text: &str) -> Result<(), String> {
        let trimmed = text.trim_ascii();
        let good = match self {
            Self::Text(max) => {
                let chars = text.chars().count();
                return match chars {
                    0 => Err("it is empty".to_owned()),
                    _ if chars > max => Err(format!("it has {chars} characters, more than {max}")),
                    _ => Ok(()),
                };
            }
            Self::Date => date(trimmed).is_some(),
            Self::DateTime => is_date_time(trimmed),
            Self::Amount => amount::is_amount(trimmed),
            Self::Decimal => amount::is_decimal(trimmed),
            Self::Count => (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Bool => matches!(trimmed, "true" | "false" | "1" | "0"),
            Self::Currency => letters(text, 3),
            Self::Country => letters(text, 2),
            Self::Bic => account::is_bic(text),
            Self::Iban => account::looks_like_iban(text),
            Self::OneOf(words) => words.contains(&text),
        };
        if good { Ok(()) } else { Err(format!("{:?} is no {}", shortened(text), self.word())) }
    }

    fn word(self) -> String {
        match self {
            Self::Text(_) => "text".into(),
            Self::Date => "date such as 2026-11-24".into(),
            Self::DateTime => "time such as 2026-11-24T18:05:00Z".into(),
            Self::Amount => "amount such as 128.50".into(),
            Self::Decimal => "number".into(),
            Self::Count => "count of at most 15 digits".into(),
            Self::Bool => "true or false".into(),
            Self::Currency => "currency of three letters".into(),
            Self::Country => "country of two letters".into(),
            Self::Bic => "BIC".into(),
            Self::Iban => "IBAN".into(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
        }
    }
}

fn letters(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A stranger's text in a message of ours.
fn shortened(text: &str) -> String {
    const SHOWN_MAX: usize = 40;
    if text.chars().count() <= SHOWN_MAX {
        return text.to_owned();
    }
    text.chars().take(SHOWN_MAX).chain("…".chars()).collect()
}

/// xs:date: a zone may follow, which says nothing of the day as the bank means it.
pub(crate) fn date(text: &str) -> Option<Date> {
    let (day, zone) = text.split_at_checked(10)?;
    is_zone(zone).then_some(())?;
    civil_date(day)
}

fn civil_date(day: &str) -> Option<Date> {
    let bytes = day.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i16> {
        day.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
    };
    let (month, day) = (i8::try_from(number(5, 7)?).ok()?, i8::try_from(number(8, 10)?).ok()?);
    Date::new(number(0, 4)?, month, day).ok()
}

/// The day of an xs:date or xs:dateTime.
pub(crate) fn day(text: &str) -> Option<Date> {
    civil_date(text.trim_ascii().get(..10)?)
}

fn is_date_time(text: &str) -> bool {
    let Some((day, rest)) = text.split_at_checked(10) else { return false };
    let Some(rest) = rest.strip_prefix('T') else { return false };
    let Some((clock, rest)) = rest.split_at_checked(8) else { return false };
    let fraction = rest.strip_prefix('.').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    if rest.starts_with('.') && !rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    civil_date(day).is_some() && is_clock(clock) && is_zone(fraction.unwrap_or(rest))
}

fn is_clock(clock: &str) -> bool {
    let two = |at: usize, max: u8| {
        let part = clock.get(at..at + 2).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        part.and_then(|part| part.parse::<u8>().ok()).is_some_and(|number| number <= max)
    };
    let bytes = clock.as_bytes();
    let shaped = bytes.len() == 8 && bytes[2] == b':' && bytes[5] == b':';
    // xs:dateTime knows midnight as 24:00:00.
    shaped && ((two(0, 23) && two(3, 59) && two(6, 59)) || clock == "24:00:00")
}

fn is_zone(zone: &str) -> bool {
    if zone.is_empty() || zone == "Z" {
        return true;
    }
    let Some(offset) = zone.strip_prefix(['+', '-']) else { return false };
    let bytes = offset.as_bytes();
    let digits = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    bytes.len() == 5
        && bytes[2] == b':'
        && [0, 1, 3, 4].into_iter().all(digits)
        && offset <= "14:00"
        && offset[3..] <= *"59"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_those_of_the_schema() {
        for good in ["2026-11-24", "2028-02-29", "2026-11-24Z", "2026-11-24+08:00"] {
            assert!(date(good).is_some(), "{good}");
        }
        for bad in
            ["", "2026-13-01", "2027-02-29", "24.11.2026", "2026-11-24 ", "2026-11-24+8", "２０２６-11-24"]
        {
            assert!(date(bad).is_none(), "{bad}");
        }
        for good in ["2026-11-24T18:05:00", "2026-11-24T18:05:00.123Z", "2026-11-24T24:00:00-14:00"] {
            assert!(is_date_time(good), "{good}");
        }
        for bad in [
            "2026-11-24",
            "2026-11-24T18:05",
            "2026-11-24T25:00:00",
            "2026-11-24T18:05:00.",
            "2026-11-24T18:05:00+14:60",
        ] {
            assert!(!is_date_time(bad), "{bad}");
        }
    }

    #[test]
    fn a_text_counts_characters_and_says_how_many_are_too_many() {
        assert!(Kind::Text(3).check("号号号").is_ok());
        assert!(Kind::Text(3).check("abcd").is_err_and(|why| why.contains("4 characters")));
        assert!(Kind::Text(3).check("").is_err());
    }
}
