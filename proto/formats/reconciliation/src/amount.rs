//! Minor units as people write them.

use iso_currency::Currency;

const DIGITS: u32 = 2;

/// "1280.50", as spreadsheets count it.
pub fn plain(minor: i64, currency: &str) -> String {
    let (sign, whole, part) = parts(minor, currency);
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// "1,280.50"
pub fn grouped(minor: i64, currency: &str) -> String {
    let (sign, whole, part) = parts(minor, currency);
    let mut text = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if part.is_empty() { text } else { format!("{text}.{part}") }
}

fn parts(minor: i64, currency: &str) -> (&'static str, String, String) {
    let digits = Currency::from_code(currency).and_then(|known| known.exponent()).map_or(DIGITS, u32::from);
    let unit = 10_u64.pow(digits);
    let (whole, part) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    let part = if digits == 0 { String::new() } else { format!("{part:0width$}", width = digits as usize) };
    (if minor < 0 { "-" } else { "" }, whole.to_string(), part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_the_digits_of_its_currency() {
        assert_eq!(
            (plain(123_456_789, "CNY"), grouped(123_456_789, "CNY")),
            ("1234567.89".into(), "1,234,567.89".into())
        );
        assert_eq!((plain(-5, "EUR"), grouped(1_200, "JPY")), ("-0.05".into(), "1,200".into()));
    }
}
