//! `[till]` of chit.toml.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use chit_runtime::{Section, Shared};
use serde::Deserialize;

use crate::words::Lang;

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the pages are served; port 0 takes any free one and keeps it over a restart.
    pub listen: SocketAddr,
    /// Language of a browser that has not chosen one: "zh-CN" or "en".
    pub language: Lang,
    /// Host names besides the address itself under which the pages may be asked for.
    pub allowed_hosts: Vec<String>,
    /// A session without a touch ends after this time.
    pub idle_minutes: u32,
}

/// A loopback address that no other server has: browsers send a cookie to every port of a host.
const OWN_ADDRESS: [u8; 4] = [127, 67, 72, 84];

impl Section for Config {
    /// Pages and PINs go over plain HTTP, so they stay on this machine; a proxy with TLS may stand before them.
    fn check(&self, _: &Shared) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.listen.ip().is_loopback(),
            "[till] listen = \"{}\" would send PINs through the network in clear; listen on a loopback address \
             and put a proxy with TLS before it (docs/operations.md)",
            self.listen
        );
        Ok(())
    }
}

impl Config {
    /// The hosts under which the pages may be asked for. Another name of this machine is another site for a browser.
    pub fn own_hosts(&self) -> Vec<String> {
        let ip = self.listen.ip();
        let own = if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() };
        let usual = [IpAddr::from([127, 0, 0, 1]), IpAddr::from(Ipv6Addr::LOCALHOST)].contains(&ip);
        let localhost = usual.then(|| "localhost".to_owned());
        [own].into_iter().chain(localhost).chain(self.allowed_hosts.iter().cloned()).collect()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((OWN_ADDRESS, 8470)),
            language: Lang::Zh,
            allowed_hosts: Vec::new(),
            idle_minutes: 30,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(listen: &str) -> Config {
        Config { listen: listen.parse().unwrap(), ..Config::default() }
    }

    #[test]
    fn pins_do_not_go_through_the_network_in_clear() {
        assert!(
            Config::default().check(&Shared::default()).is_ok()
                && at("[::1]:8470").check(&Shared::default()).is_ok()
        );
        let refused = at("0.0.0.0:8470").check(&Shared::default()).unwrap_err().to_string();
        assert!(refused.contains("proxy with TLS"), "{refused}");
        assert!(at("192.168.1.5:8470").check(&Shared::default()).is_err());
    }

    #[test]
    fn at_an_address_of_its_own_no_other_name_of_the_machine_is_served() {
        assert_eq!(Config::default().own_hosts(), ["127.67.72.84"]);
        assert_eq!(at("127.0.0.1:1").own_hosts(), ["127.0.0.1", "localhost"]);
        assert_eq!(at("[::1]:1").own_hosts(), ["[::1]", "localhost"]);
    }
}
