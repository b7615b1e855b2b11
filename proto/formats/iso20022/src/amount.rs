//! Sums of money between the decimals of a file and minor units.

use iso_currency::Currency;

/// An amount as Chit counts it: minor units of a currency that it knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

/// Of an amount and of a control sum (ISO 20022: 18 digits, 5 of them behind the point, or 17).
const DIGITS_MAX: usize = 18;

impl Money {
    /// Reads an amount with a currency beside it.
    pub fn parse(text: &str, code: &str) -> Result<Self, String> {
        let currency =
            Currency::from_code(code).ok_or_else(|| format!("{code:?} is no currency of ISO 4217"))?;
        let minor = minor_units(text.trim_ascii(), exponent(currency)).ok_or_else(|| {
            format!("{text:?} cannot be paid in {code}: too long, or a part of its smallest unit")
        })?;
        Ok(Self { minor, currency })
    }

    /// As a file has it: "128.50".
    pub fn decimal(self) -> String {
        decimal(self.minor.into(), self.currency)
    }
}

fn exponent(currency: Currency) -> usize {
    usize::from(currency.exponent().unwrap_or(0))
}

/// A sum of any length in decimals: that of a file may be more than one amount can be.
pub(crate) fn decimal(minor: i128, currency: Currency) -> String {
    let digits = exponent(currency);
    let (sign, number) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs().to_string());
    if digits == 0 {
        return format!("{sign}{number}");
    }
    let padded = format!("{number:0>width$}", width = digits + 1);
    let (whole, part) = padded.split_at(padded.len() - digits);
    format!("{sign}{whole}.{part}")
}

fn minor_units(text: &str, exponent: usize) -> Option<i64> {
    is_amount(text).then_some(())?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = part.trim_end_matches('0');
    if part.len() > exponent {
        return None;
    }
    format!("{whole}{part:0<exponent$}").parse().ok()
}

/// At least 0, at most 18 digits, at most 5 behind the point.
pub(crate) fn is_amount(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let count = whole.trim_start_matches('0').len() + part.trim_end_matches('0').len();
    digits(whole)
        && digits(part)
        && !(whole.is_empty() && part.is_empty())
        && count <= DIGITS_MAX
        && part.len() <= 5
}

pub(crate) fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let count = whole.len() + part.len();
    digits(whole) && digits(part) && (1..=DIGITS_MAX).contains(&count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_amount_is_read_by_the_smallest_unit_of_its_currency() {
        let read = |text, code| Money::parse(text, code).map(|money| money.minor);
        assert_eq!(read("128.50", "EUR"), Ok(12_850));
        assert_eq!(read("128.5", "EUR"), Ok(12_850));
        assert_eq!(read("128", "EUR"), Ok(12_800));
        assert_eq!(read("128.50000", "EUR"), Ok(12_850));
        assert_eq!(read("1000.00", "JPY"), Ok(1000));
        assert_eq!(read("1.234", "BHD"), Ok(1234));
        for (text, code) in
            [("128.505", "EUR"), ("1.5", "JPY"), ("-1", "EUR"), ("1e3", "EUR"), ("", "EUR"), (".", "EUR")]
        {
            assert!(read(text, code).is_err(), "{text} {code}");
        }
        assert!(read("1", "ZZZ").is_err_and(|why| why.contains("ISO 4217")));
        assert!(read("999999999999999999", "EUR").is_err(), "more than can be counted");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(minor in 0_i64..1_000_000_000_000_000, code in "EUR|CNY|JPY|BHD") {
            let money = Money { minor, currency: Currency::from_code(&code).expect("one of the four") };
            prop_assert_eq!(Money::parse(&money.decimal(), &code), Ok(money));
        }
    }
}
