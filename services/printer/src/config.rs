//! `[printer]` of chit.toml.

use std::time::Duration;

use serde::Deserialize;

use crate::device::actor::{ProcessIds, Profile};
use crate::domain::document::Language;

/// Font A on the narrowest paper that is still sold, and on the widest that ESC/POS printers take.
const COLUMNS: std::ops::RangeInclusive<usize> = 24..=64;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// host:port of a printer on TCP ("raw", usually port 9100).
    address: String,
    /// 48 for 80 mm paper, 32 for 58 mm.
    columns: usize,
    /// Whether the printer echoes process ids: true, false or "auto".
    process_id: ProcessIdKey,
    /// Whether a code card may travel to a printer on the network.
    code_card_over_network: bool,
    /// Copies a person may ask of one document.
    copies_max: u32,
    connect_timeout_ms: u64,
    /// A fit printer that has not confirmed a paper for this long has lost it.
    fence_timeout_s: u64,
    /// "zh-CN" or "en", for documents that do not say.
    language: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ProcessIdKey {
    Known(bool),
    Word(String),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: "127.0.0.1:9100".to_owned(),
            columns: crate::domain::layout::COLUMNS_80_MM,
            process_id: ProcessIdKey::Word("auto".to_owned()),
            code_card_over_network: false,
            copies_max: 3,
            connect_timeout_ms: 2_000,
            fence_timeout_s: 10,
            language: "zh-CN".to_owned(),
        }
    }
}

/// The section, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    pub address: String,
    pub profile: Profile,
    pub code_card_over_network: bool,
    pub copies_max: u32,
    pub connect_timeout: Duration,
    pub language: Language,
}

impl Config {
    pub fn check(self) -> Result<Settings, chit_runtime::ConfigError> {
        if !COLUMNS.contains(&self.columns) {
            return refuse(format!("columns is {}; 80 mm paper has 48, 58 mm has 32", self.columns));
        }
        let process_ids = match &self.process_id {
            ProcessIdKey::Known(true) => ProcessIds::Yes,
            ProcessIdKey::Known(false) => ProcessIds::No,
            ProcessIdKey::Word(word) if word == "auto" => ProcessIds::Auto,
            ProcessIdKey::Word(_) => return refuse("process_id is true, false or \"auto\"".to_owned()),
        };
        let language = match self.language.as_str() {
            "zh-CN" => Language::ZhCn,
            "en" => Language::En,
            other => return refuse(format!("language {other:?} is not \"zh-CN\" or \"en\"")),
        };
        if self.fence_timeout_s == 0 || self.connect_timeout_ms == 0 {
            return refuse("fence_timeout_s and connect_timeout_ms must be at least 1".to_owned());
        }
        Ok(Settings {
            address: self.address,
            profile: Profile {
                columns: self.columns,
                process_ids,
                fence_timeout: Duration::from_secs(self.fence_timeout_s),
            },
            code_card_over_network: self.code_card_over_network,
            copies_max: self.copies_max,
            connect_timeout: Duration::from_millis(self.connect_timeout_ms),
            language,
        })
    }
}

fn refuse<T>(message: String) -> Result<T, chit_runtime::ConfigError> {
    Err(chit_runtime::ConfigError::Value { section: "printer".to_owned(), message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(keys: &str) -> Result<Settings, String> {
        let config: Config = toml::from_str(keys).map_err(|error| error.message().to_owned())?;
        config.check().map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_section_is_an_eighty_millimetre_printer_on_this_host() {
        let settings = check("").unwrap();
        assert_eq!((settings.address.as_str(), settings.profile.columns), ("127.0.0.1:9100", 48));
        assert_eq!(settings.profile.process_ids, ProcessIds::Auto);
        assert!(!settings.code_card_over_network);
    }

    #[test]
    fn a_wrong_value_is_refused_with_the_right_ones() {
        assert_eq!(check("process_id = true").unwrap().profile.process_ids, ProcessIds::Yes);
        assert!(check("process_id = \"maybe\"").unwrap_err().contains("\"auto\""));
        assert!(check("columns = 12").unwrap_err().contains("48"));
        assert!(check("language = \"fr\"").unwrap_err().contains("zh-CN"));
        assert!(check("fence_timeout_s = 0").is_err());
        assert!(check("adress = \"x\"").unwrap_err().starts_with("unknown field"));
    }
}
