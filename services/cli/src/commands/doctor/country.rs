//! Checkout and the SMS gateway must read a number without a country code as one of the same country, or a payer who is
//! enrolled is a stranger when they answer.

use std::path::Path;

use super::{Check, Level, setting};

const COUNTRY_DEFAULT: &str = "CN";
const SECTIONS: [&str; 2] = ["checkout", "sms-gateway"];

pub fn check(config: &Path) -> Check {
    let [checkout, gateway] = SECTIONS
        .map(|section| setting(config, section, "country").unwrap_or_else(|| COUNTRY_DEFAULT.to_owned()));
    if checkout.eq_ignore_ascii_case(&gateway) {
        return Check::ok("country", checkout);
    }
    let found = format!("{checkout} in [checkout], {gateway} in [sms-gateway]");
    let step = "set `country` in both to the shop's: else the answers of payers are taken for strangers'";
    Check::new(Level::Fail, "country", found, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_countries_fail_and_one_alone_differs_from_the_default() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("chit.toml");
        for (text, level) in [
            ("", Level::Ok),
            ("[checkout]\ncountry = \"DE\"\n[sms-gateway]\ncountry = \"de\"\n", Level::Ok),
            ("[checkout]\ncountry = \"DE\"\n", Level::Fail),
            ("[checkout]\ncountry = \"DE\"\n[sms-gateway]\ncountry = \"AT\"\n", Level::Fail),
            ("[sms-gateway]\ncountry = \"CN\"\n", Level::Ok),
        ] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(check(&file).level, level, "{text}");
        }
    }
}
