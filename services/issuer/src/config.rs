//! `[issuer]` of chit.toml.

use std::collections::BTreeMap;

use chit_code_card::ROWS;
use chit_runtime::{ConfigError, Section, Shared};
use chit_verdict::SHOP_LEN_MAX;
use serde::Deserialize;

/// A shop that may ask.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShopConfig {
    /// 1 to 64 bytes.
    pub name: String,
    /// Its receipt key, 64 hexadecimal digits; `chit keys` prints it.
    pub key: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Rows of a card that a shop gets at a time.
    pub rows_a_time: u8,
    pub shops: Vec<ShopConfig>,
}

impl Default for Config {
    /// Five shops share a card, or one asks twelve times before it asks for more.
    fn default() -> Self {
        Self { rows_a_time: 12, shops: Vec::new() }
    }
}

/// Names of shops with their public keys.
pub type Shops = BTreeMap<String, [u8; 32]>;

impl Section for Config {
    fn check(&self, _: &Shared) -> anyhow::Result<()> {
        self.shops()?;
        Ok(())
    }
}

impl Config {
    pub fn shops(&self) -> Result<Shops, ConfigError> {
        if !(1..=ROWS).contains(&self.rows_a_time) {
            return Err(wrong(format!("rows_a_time must be 1 to {ROWS}")));
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
            if shops.insert(shop.name.clone(), key).is_some() {
                return Err(wrong(format!("two shops are named {:?}", shop.name)));
            }
        }
        Ok(shops)
    }
}

fn wrong(message: String) -> ConfigError {
    ConfigError::Value { section: "issuer".into(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop(name: &str, key: &str) -> ShopConfig {
        ShopConfig { name: name.into(), key: key.into() }
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
    }
}
