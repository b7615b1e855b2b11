//! `[scanner]` of chit.toml.

use std::path::PathBuf;

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Serial port of the handheld, best as `/dev/serial/by-id/…`: that name survives replugging. Unset = no handheld.
    pub port: Option<PathBuf>,
    /// Bits a second; USB handhelds ignore it.
    pub baud: u32,
    /// The same code again within this time is dropped. 0 = never: two equal goods are scanned twice on purpose.
    pub debounce_ms: u32,
    /// Whether codes are read from the camera too.
    pub camera: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { port: None, baud: 115_200, debounce_ms: 0, camera: true }
    }
}
