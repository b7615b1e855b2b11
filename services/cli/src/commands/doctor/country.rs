//! Checkout and the SMS gateway must read a number without a country code as one of the same country, or a payer who is
//! enrolled is a stranger when they answer.

use std::path::Path;

use super::{Check, Level};

const COUNTRY_DEFAULT: &str = "CN";
const SECTIONS: [&str; 2] = ["checkout", "sms-gateway"];

/// A file that cannot be read was refused before.
pub fn check(config: &Path) -> Option<Check> {
    let file: toml::Table = std::fs::read_to_string(config).ok()?.parse().ok()?;
    let [checkout, gateway] = SECTIONS.map(|section| {
        let country = file.get(section).and_then(|section| section.get("country"));
        country.and_then(|country| country.as_str()).unwrap_or(COUNTRY_DEFAULT).to_owned()
    });
    if checkout.eq_ignore_ascii_case(&gateway) {
        return Some(Check::ok("country", checkout));
    }
    let found = format!("{checkout} in [checkout], {gateway} in [sms-gateway]");
    let step = "set `country` in both to the shop's: else the answers of payers are taken for strangers'";
    Some(Check::new(Level::Fail, "country", found, step))
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
            assert_eq!(check(&file).unwrap().level, level, "{text}");
        }
    }
}
