//! Amounts as people read them, and the shop's currency.

use std::path::Path;

use anyhow::{Context as _, ensure};
use chit_proto::money::v1::Money;
use iso_currency::Currency;

const CURRENCY_DEFAULT: &str = "CNY";

/// `[checkout] currency_code`; the rest of that section is checkout's business.
pub fn currency(config: &Path) -> anyhow::Result<String> {
    let place = || format!("cannot read {}", config.display());
    let file: toml::Table =
        std::fs::read_to_string(config).with_context(place)?.parse().with_context(place)?;
    let code = file.get("checkout").and_then(|section| section.get("currency_code"));
    let code = code.and_then(|code| code.as_str()).unwrap_or(CURRENCY_DEFAULT);
    ensure!(
        Currency::from_code(code).is_some(),
        "[checkout] currency_code {code:?} is not an ISO 4217 code such as CNY"
    );
    Ok(code.to_owned())
}

/// "12.50 CNY"
pub fn text(money: Option<&Money>) -> String {
    money.map_or_else(String::new, |money| amount(money.amount_minor, &money.currency_code))
}

pub fn amount(minor: i64, currency: &str) -> String {
    let exponent = Currency::from_code(currency).and_then(|currency| currency.exponent()).unwrap_or(0);
    let digits = format!("{:0width$}", minor.unsigned_abs(), width = usize::from(exponent) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(exponent));
    let sign = if minor < 0 { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction} {currency}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_the_digits_of_its_currency() {
        for (minor, currency, text) in [
            (1250, "CNY", "12.50 CNY"),
            (5, "CNY", "0.05 CNY"),
            (-1999, "EUR", "-19.99 EUR"),
            (500, "JPY", "500 JPY"),
            (1, "KWD", "0.001 KWD"),
        ] {
            assert_eq!(amount(minor, currency), text);
        }
    }

    #[test]
    fn the_currency_comes_from_the_checkout_section() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("chit.toml");
        for (text, expected) in [("", "CNY"), ("[checkout]\ncurrency_code = \"EUR\"\n", "EUR")] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(currency(&file).unwrap(), expected);
        }
        std::fs::write(&file, "[checkout]\ncurrency_code = \"yuan\"\n").unwrap();
        assert!(currency(&file).unwrap_err().to_string().contains("ISO 4217"));
    }
}
