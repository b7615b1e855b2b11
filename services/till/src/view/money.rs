//! Amounts as people read and write them; nothing is rounded but a line's total (half up, as checkout does).

use chit_proto::checkout::v1::BasketLine;
use chit_proto::money::v1::Money;
use iso_currency::Currency;

const DIGITS: u32 = 2;
const MILLI_DIGITS: u32 = 3;
const MILLI: i64 = 1000;

/// "1,280.50".
pub fn amount(minor: i64, currency_code: &str) -> String {
    let digits = digits_of(currency_code);
    let unit = 10_u64.pow(digits);
    let (whole, part) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    let sign = if minor < 0 { "−" } else { "" };
    let grouped = grouped(whole);
    match digits {
        0 => format!("{sign}{grouped}"),
        digits => format!("{sign}{grouped}.{part:0width$}", width = digits as usize),
    }
}

fn digits_of(currency_code: &str) -> u32 {
    Currency::from_code(currency_code).and_then(|currency| currency.exponent()).map_or(DIGITS, u32::from)
}

fn grouped(whole: u64) -> String {
    let digits = whole.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub fn of(money: Option<&Money>) -> String {
    money.map(|money| amount(money.amount_minor, &money.currency_code)).unwrap_or_default()
}

/// "¥" of CNY; the code itself where no sign is known.
pub fn sign(currency_code: &str) -> String {
    Currency::from_code(currency_code).map_or_else(|| currency_code.to_owned(), |c| c.symbol().to_string())
}

/// "2", "0.35".
pub fn quantity(milli: i64) -> String {
    let (whole, part) = (milli / MILLI, milli % MILLI);
    if part == 0 { whole.to_string() } else { format!("{whole}.{part:03}").trim_end_matches('0').to_owned() }
}

/// Minor units of a price with at most as many digits after the point as the currency has.
pub fn parse(text: &str, currency_code: &str) -> Option<i64> {
    decimal(text, digits_of(currency_code))
}

/// Thousandths of a quantity with at most three digits after the point; more than nothing.
pub fn parse_milli(text: &str) -> Option<i64> {
    decimal(text, MILLI_DIGITS).filter(|milli| *milli > 0)
}

fn decimal(text: &str, digits: u32) -> Option<i64> {
    let text = text.trim();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && part.is_empty()) || !plain(whole) || !plain(part) || part.len() > digits as usize
    {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // With no digits after the point there is nothing to fill up.
    let part: i64 = format!("{part:0<width$}", width = digits as usize).parse().unwrap_or_default();
    whole.checked_mul(10_i64.pow(digits))?.checked_add(part)
}

pub fn line_total(line: &BasketLine) -> Option<i64> {
    line.quantity_milli.checked_mul(line.unit_price_minor).map(|milli| (milli + MILLI / 2) / MILLI)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_keep_their_digits() {
        assert_eq!(amount(1_680, "CNY"), "16.80");
        assert_eq!(amount(123_456_789, "CNY"), "1,234,567.89");
        assert_eq!(amount(-5, "CNY"), "−0.05");
        assert_eq!(amount(1_200, "JPY"), "1,200");
    }

    #[test]
    fn what_people_type_is_taken_exactly_or_not_at_all() {
        assert_eq!(parse("12.8", "CNY"), Some(1_280));
        assert_eq!(parse(" 3 ", "CNY"), Some(300));
        assert_eq!(parse(".5", "CNY"), Some(50));
        assert_eq!((parse("1200", "JPY"), parse("1.5", "JPY")), (Some(1_200), None));
        assert_eq!((parse_milli("2"), parse_milli("0.35")), (Some(2_000), Some(350)));
        for refused in ["", ".", "1.234", "-1", "1,5", "1e3", "99999999999999999999"] {
            assert_eq!(parse(refused, "CNY"), None, "{refused}");
        }
        assert_eq!(parse_milli("0"), None);
    }

    #[test]
    fn a_quantity_shows_no_needless_zeros() {
        assert_eq!(
            (quantity(2_000), quantity(350), quantity(1_500)),
            ("2".into(), "0.35".into(), "1.5".into())
        );
    }
}
