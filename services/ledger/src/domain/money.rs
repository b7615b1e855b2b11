//! Amounts in minor units and ISO 4217 currencies.

use std::fmt;

/// Largest amount of one transfer: what an IEEE double holds exactly, so that no client rounds it.
pub const AMOUNT_MINOR_MAX: i64 = 9_007_199_254_740_991;

/// An amount of one transfer, 1 to [`AMOUNT_MINOR_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AmountMinor(i64);

impl AmountMinor {
    pub const fn new(minor: i64) -> Option<Self> {
        if minor > 0 && minor <= AMOUNT_MINOR_MAX { Some(Self(minor)) } else { None }
    }

    pub const fn get(self) -> i64 {
        self.0
    }
}

/// A currency that has minor units, kept as its ISO 4217 numeric code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(u16);

impl Currency {
    /// Metals, test and "no currency" codes have no exponent and are refused: an amount in them means nothing. So is
    /// a code whose number belongs to another one.
    pub fn parse(alphabetic: &str) -> Option<Self> {
        let known = iso_currency::Currency::from_code(alphabetic)?;
        known.exponent()?;
        let currency = Self(known.numeric());
        (currency.code() == alphabetic).then_some(currency)
    }

    /// ISO 4217 numeric code.
    pub const fn numeric(self) -> u16 {
        self.0
    }

    pub fn from_numeric(numeric: u16) -> Option<Self> {
        iso_currency::Currency::from_numeric(numeric).and_then(|known| Self::parse(known.code()))
    }

    pub fn code(self) -> &'static str {
        iso_currency::Currency::from_numeric(self.0)
            .expect("a Currency is only made from a known ISO 4217 code")
            .code()
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_currencies_with_minor_units_are_known() {
        assert_eq!(Currency::parse("CNY").map(Currency::code), Some("CNY"));
        assert_eq!(Currency::parse("JPY").map(Currency::code), Some("JPY"));
        for unknown in ["cny", "XXX", "XAU", "ZZZ", "", "156"] {
            assert!(Currency::parse(unknown).is_none(), "{unknown}");
        }
    }

    #[test]
    fn an_amount_is_positive_and_exact_in_a_double() {
        assert!(AmountMinor::new(0).is_none());
        assert!(AmountMinor::new(-1).is_none());
        assert!(AmountMinor::new(AMOUNT_MINOR_MAX).is_some());
        assert!(AmountMinor::new(AMOUNT_MINOR_MAX + 1).is_none());
    }
}
