//! An amount as a person reads it.

use std::fmt;

use iso_currency::Currency;

/// `minor` counts the currency's smallest unit: fen, cent, yen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The number alone, with as many decimals as ISO 4217 gives the currency: `5000.00`, `128500` for yen.
    pub fn digits(&self) -> String {
        let exponent = usize::from(self.currency.exponent().unwrap_or(0));
        let sign = if self.minor < 0 { "-" } else { "" };
        let all = format!("{:0width$}", self.minor.unsigned_abs(), width = exponent + 1);
        let (whole, part) = all.split_at(all.len() - exponent);
        if exponent == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
    }

    /// `5000.00元`; other currencies by their code in front, `USD5000.00`.
    pub fn chinese(&self) -> String {
        match self.currency {
            Currency::CNY => format!("{}元", self.digits()),
            other => format!("{}{}", other.code(), self.digits()),
        }
    }
}

/// `CNY 5000.00`
impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.currency.code(), self.digits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_the_decimals_of_its_currency() {
        let shown = |minor, currency| Money::new(minor, currency).to_string();
        assert_eq!(shown(500_000, Currency::CNY), "CNY 5000.00");
        assert_eq!(shown(5, Currency::EUR), "EUR 0.05");
        assert_eq!(shown(128_500, Currency::JPY), "JPY 128500");
        assert_eq!(shown(1_234, Currency::KWD), "KWD 1.234");
        assert_eq!(shown(-70, Currency::CNY), "CNY -0.70");
        assert_eq!(shown(i64::MIN, Currency::CNY), "CNY -92233720368547758.08");
    }

    #[test]
    fn chinese_texts_say_yuan() {
        assert_eq!(Money::new(12_850, Currency::CNY).chinese(), "128.50元");
        assert_eq!(Money::new(12_850, Currency::USD).chinese(), "USD128.50");
    }
}
