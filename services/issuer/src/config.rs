//! `[issuer]` of chit.toml.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chit_code_card::ROWS;
use chit_runtime::{ConfigError, Section, Shared};
use chit_verdict::SHOP_LEN_MAX;
use serde::Deserialize;
use signed_note::{StandardVerifier, Verifier as _};

use crate::domain::NAME_CHARS_MAX;

/// A shop's challenge waits no longer for a payer who does not answer the issuer.
const AGREE_HOURS_MAX: u8 = 72;

/// A shop that may ask.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShopConfig {
    /// 1 to 64 bytes.
    pub name: String,
    /// Its receipt key, 64 hexadecimal digits; `chit keys` prints it.
    pub key: String,
    /// What payers are told; empty = the name.
    #[serde(default)]
    pub called: String,
    /// Of its ledger, as `chit ledger key` prints it; empty = not witnessed.
    #[serde(default)]
    pub ledger_key: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Rows of a card that a shop gets at a time.
    pub rows_a_time: u8,
    /// The issuer's own SMS gateway; unset = payers are not asked, and a verdict proves the card only.
    pub sms_socket: Option<PathBuf>,
    /// How its texts begin, 1 to 16 characters.
    pub name: String,
    /// Hours from the text's leaving in which a payer may agree.
    pub agree_hours: u8,
    pub shops: Vec<ShopConfig>,
}

impl Default for Config {
    /// Five shops share a card, or one asks twelve times before it asks for more.
    fn default() -> Self {
        Self { rows_a_time: 12, sms_socket: None, name: "ISSUER".into(), agree_hours: 24, shops: Vec::new() }
    }
}

#[derive(Clone, Debug)]
pub struct KnownShop {
    pub key: [u8; 32],
    /// What payers are told.
    pub called: String,
}

/// Keys of witnessed ledgers by their origin.
pub type Logs = BTreeMap<String, String>;

/// By name.
pub type Shops = BTreeMap<String, KnownShop>;

impl Section for Config {
    fn check(&self, _: &Shared) -> anyhow::Result<()> {
        self.shops()?;
        self.logs()?;
        Ok(())
    }
}

impl Config {
    pub fn shops(&self) -> Result<Shops, ConfigError> {
        if !(1..=ROWS).contains(&self.rows_a_time) {
            return Err(wrong(format!("rows_a_time must be 1 to {ROWS}")));
        }
        if !(1..=AGREE_HOURS_MAX).contains(&self.agree_hours) {
            return Err(wrong(format!("agree_hours must be 1 to {AGREE_HOURS_MAX}")));
        }
        if !(1..=NAME_CHARS_MAX).contains(&self.name.chars().count()) {
            return Err(wrong(format!("name must have 1 to {NAME_CHARS_MAX} characters")));
        }
        let mut shops = Shops::new();
        for shop in &self.shops {
            if shop.name.is_empty() || shop.name.len() > SHOP_LEN_MAX {
                return Err(wrong(format!("a shop's name must have 1 to {SHOP_LEN_MAX} bytes")));
            }
            let key = hex::decode(&shop.key).ok().and_then(|key| key.try_into().ok());
            let key = key.ok_or_else(|| {
                wrong(format!(
                    "the key of shop {:?} is not the 64 digits that its `chit keys` prints",
                    shop.name
                ))
            })?;
            let called = if shop.called.is_empty() { &shop.name } else { &shop.called };
            if called.len() > SHOP_LEN_MAX || called.chars().any(char::is_control) {
                return Err(wrong(format!(
                    "called of shop {:?} has at most {SHOP_LEN_MAX} bytes",
                    shop.name
                )));
            }
            let known = KnownShop { key, called: called.clone() };
            if shops.insert(shop.name.clone(), known).is_some() {
                return Err(wrong(format!("two shops are named {:?}", shop.name)));
            }
        }
        Ok(shops)
    }
}

impl Config {
    pub fn logs(&self) -> Result<Logs, ConfigError> {
        let mut logs = Logs::new();
        for shop in self.shops.iter().filter(|shop| !shop.ledger_key.is_empty()) {
            let key = StandardVerifier::new(&shop.ledger_key).map_err(|error| {
                let name = &shop.name;
                wrong(format!(
                    "ledger_key of shop {name:?} is not what its `chit ledger key` prints: {error}"
                ))
            })?;
            logs.insert(key.name().to_owned(), shop.ledger_key.clone());
        }
        Ok(logs)
    }
}

fn wrong(message: String) -> ConfigError {
    ConfigError::Value { section: "issuer".into(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop(name: &str, key: &str) -> ShopConfig {
        ShopConfig { name: name.into(), key: key.into(), called: String::new(), ledger_key: String::new() }
    }

    #[test]
    fn a_shop_has_a_name_of_its_own_and_a_key() {
        let key = "ab".repeat(32);
        let checked = |shops: Vec<ShopConfig>| Config { shops, ..Config::default() }.shops();
        assert_eq!(checked(vec![shop("a", &key), shop("b", &key)]).unwrap().len(), 2);
        for bad in [vec![shop("", &key)], vec![shop("a", "ab")], vec![shop("a", &key), shop("a", &key)]] {
            assert!(checked(bad).is_err());
        }
        assert!(Config { rows_a_time: 61, ..Config::default() }.shops().is_err());
        assert!(Config { agree_hours: 0, ..Config::default() }.shops().is_err());
        assert!(Config { name: "a name of 17 chars".into(), ..Config::default() }.shops().is_err());
        let unreadable = ShopConfig { ledger_key: "no key".into(), ..shop("a", &key) };
        assert!(Config { shops: vec![unreadable], ..Config::default() }.logs().is_err());
        let named = ShopConfig { called: "Huimin".into(), ..shop("a", &key) };
        let shops = checked(vec![named, shop("b", &key)]).unwrap();
        assert_eq!((shops["a"].called.as_str(), shops["b"].called.as_str()), ("Huimin", "b"));
    }
}
