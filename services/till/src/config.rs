//! `[till]` of chit.toml.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::words::Lang;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the pages are served; port 0 takes any free one and keeps it over a restart.
    pub listen: SocketAddr,
    /// Language of a browser that has not chosen one: "zh-CN" or "en".
    pub language: Lang,
    /// Host names besides 127.0.0.1, ::1 and localhost under which the pages may be asked for.
    pub allowed_hosts: Vec<String>,
    /// A session without a touch ends after this time.
    pub idle_minutes: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8470)),
            language: Lang::Zh,
            allowed_hosts: Vec::new(),
            idle_minutes: 30,
        }
    }
}
