//! `[sms-gateway]` of chit.toml.

use crate::domain::credit::Credit as Amount;
use crate::domain::rate::Caps;
use anyhow::Context as _;
use chit_msisdn::Country;
use chit_runtime::{Section, Shared};
use serde::Deserialize;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// What a GPRS network takes from one SIM.
const MAX_PER_MINUTE_DEFAULT: NonZeroU32 = NonZeroU32::new(30).expect("30 is not 0");

/// Manuals of modems give 120 s for the final answer to a submission.
const ANSWER_TIMEOUT_MIN_S: u64 = 125;

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Serial port of the modem; a name under /dev/serial/by-id survives re-plugging.
    pub port: PathBuf,
    pub baud: u32,
    /// How long the final answer to a submission may take. Modem manuals give up to 120 s.
    pub answer_timeout_s: u64,
    /// Business time after which an unknown CHALLENGE is sent once more.
    pub unknown_resend_after_s: u32,
    /// Submissions in any 60 s; networks and SIM contracts limit it.
    pub max_per_minute: NonZeroU32,
    /// Submissions in any hour, 24 hours and 30 days (the SIM's contract); 0 = no limit.
    pub max_per_hour: u32,
    pub max_per_day: u32,
    pub max_per_month: u32,
    /// Ask the network for status reports.
    pub reports: bool,
    /// File with the SIM's PIN, mode 0600. It is tried once per SIM and PIN, ever. An absolute path.
    pub pin_file: Option<PathBuf>,
    /// The modem's IMEI: if the port is gone, or another modem is there, it is looked for by it.
    pub imei: Option<String>,
    /// Where udev names serial ports for good; the modem is looked for there.
    pub ports_dir: PathBuf,
    /// What is tried with a modem that hangs: "none" or "cfun" (AT+CFUN=1,1, which some modems answer by
    /// leaving the USB for half a minute).
    pub reset: Reset,
    /// ISO 3166 country that a sender without a country code is of: [checkout]'s.
    pub country: String,
    /// Calling codes that may be written to, such as "86"; empty = all.
    pub countries: Vec<String>,
    /// Messages to one number in any 24 hours; 0 = no limit.
    pub max_per_destination_day: u32,
    /// Messages that one user of this machine may queue in any hour; 0 = no limit.
    pub max_per_client_hour: u32,
    /// Users, besides the service's own and root, that may send: checkout's. Others of allow_uids only read.
    #[serde(deserialize_with = "chit_runtime::peer::uids")]
    pub send_uids: Vec<u32>,
    /// Done messages and acknowledged incoming ones are kept so long.
    pub keep_days: u32,
    /// How the operator of a prepaid SIM is asked what is left on it.
    pub credit: Option<Credit>,
    /// More than one modem, or another transport; then the keys above only fill in what a modem leaves out.
    pub modems: Vec<Line>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reset {
    None,
    Cfun,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Modem,
    /// Delivers to nobody. Sandbox only.
    Loopback,
    /// An operator's or provider's SMPP 3.4 or 5.0 server.
    Smpp,
}

/// One of several ways out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Line {
    /// Unique; messages, reports and routes are kept by it.
    pub name: String,
    pub transport: Kind,
    pub port: Option<PathBuf>,
    pub baud: Option<u32>,
    pub pin_file: Option<PathBuf>,
    pub imei: Option<String>,
    pub max_per_minute: Option<NonZeroU32>,
    pub max_per_hour: Option<u32>,
    pub max_per_day: Option<u32>,
    pub max_per_month: Option<u32>,
    pub credit: Option<Credit>,
    pub smpp: Option<Smpp>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credit {
    /// The operator's code, such as `*101#`.
    pub ussd: String,
    /// Words of the answer that stand before the amount; empty: the first amount.
    #[serde(default)]
    pub after: String,
    /// Below it a person is warned, in the operator's unit, such as "5.00".
    pub low: Option<String>,
    #[serde(default = "once_a_day")]
    pub every_h: u16,
}

fn once_a_day() -> u16 {
    24
}

impl Credit {
    pub fn low(&self) -> Option<Amount> {
        self.low.as_deref().and_then(Amount::parse)
    }

    fn check(&self) -> anyhow::Result<()> {
        let code = !self.ussd.is_empty() && self.ussd.len() <= 32;
        let plain = self.ussd.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'*' | b'#'));
        anyhow::ensure!(code && plain, "credit.ussd must be a code of digits, * and #, such as \"*101#\"");
        let readable = self.low.is_none() || self.low().is_some();
        anyhow::ensure!(readable, "credit.low must be an amount such as \"5.00\"");
        anyhow::ensure!(self.every_h > 0, "credit.every_h must be at least 1");
        Ok(())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smpp {
    /// `host:port`.
    pub address: String,
    pub system_id: String,
    /// File with the password, mode 0600. An absolute path.
    pub password_file: PathBuf,
    /// The number the provider gave, in E.164: what payers answer to.
    pub source: String,
    /// The line is encrypted, and the server's certificate is checked against those of `ca_file`.
    #[serde(default)]
    pub tls: bool,
    #[serde(default = "system_certificates")]
    pub ca_file: PathBuf,
}

/// Debian's package ca-certificates.
fn system_certificates() -> PathBuf {
    "/etc/ssl/certs/ca-certificates.crt".into()
}

/// One way out with every setting decided.
#[derive(Debug, Clone)]
pub struct Way {
    pub name: String,
    pub kind: Kind,
    pub port: PathBuf,
    pub baud: u32,
    pub pin_file: Option<PathBuf>,
    pub imei: Option<String>,
    pub ports_dir: PathBuf,
    pub reset: Reset,
    pub caps: Caps,
    pub reports: bool,
    pub answer_timeout: Duration,
    pub credit: Option<Credit>,
    pub smpp: Option<Smpp>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: "/dev/chit-modem".into(),
            baud: 115_200,
            answer_timeout_s: ANSWER_TIMEOUT_MIN_S,
            unknown_resend_after_s: 120,
            max_per_minute: MAX_PER_MINUTE_DEFAULT,
            max_per_hour: 0,
            max_per_day: 0,
            max_per_month: 0,
            reports: true,
            pin_file: None,
            imei: None,
            ports_dir: "/dev/serial/by-id".into(),
            reset: Reset::None,
            country: "CN".into(),
            countries: vec!["86".into()],
            max_per_destination_day: 20,
            max_per_client_hour: 1000,
            send_uids: Vec::new(),
            keep_days: 400,
            credit: None,
            modems: Vec::new(),
        }
    }
}

impl Section for Config {
    fn check(&self, shared: &Shared) -> anyhow::Result<()> {
        self.ways(shared.sandbox)?;
        self.country()?;
        Ok(())
    }
}

impl Config {
    /// Every way out; one modem when no list is given. `sandbox` allows what would be wrong with real payers.
    pub fn ways(&self, sandbox: bool) -> anyhow::Result<Vec<Way>> {
        let patient = sandbox || self.answer_timeout_s >= ANSWER_TIMEOUT_MIN_S;
        anyhow::ensure!(
            patient,
            "answer_timeout_s must be at least {ANSWER_TIMEOUT_MIN_S}: modems take up to 120 s, and what is given up \
             too early is sent twice or held for nothing"
        );
        let single = [Line::default()];
        let lines = if self.modems.is_empty() { &single[..] } else { &self.modems };
        let ways: Vec<Way> = lines.iter().map(|line| self.way(line)).collect();
        for (at, way) in ways.iter().enumerate() {
            anyhow::ensure!(!way.name.is_empty(), "each of [[sms-gateway.modems]] needs a name");
            let twice = ways[..at].iter().any(|other| other.name == way.name);
            anyhow::ensure!(!twice, "two of [[sms-gateway.modems]] have the name {:?}", way.name);
            let loopback = way.kind == Kind::Loopback;
            anyhow::ensure!(sandbox || !loopback, "transport \"loopback\" is for a sandbox only");
            way.credit.as_ref().map_or(Ok(()), Credit::check)?;
            let complete = way.kind != Kind::Smpp || way.smpp.is_some();
            anyhow::ensure!(complete, "modem {:?}: transport \"smpp\" needs an smpp table", way.name);
        }
        Ok(ways)
    }

    pub fn country(&self) -> anyhow::Result<Country> {
        Country::from_iso(&self.country).context("country of [sms-gateway]")
    }

    fn way(&self, line: &Line) -> Way {
        let port = line.port.clone().unwrap_or_else(|| self.port.clone());
        let name = if self.modems.is_empty() { port.display().to_string() } else { line.name.clone() };
        Way {
            name,
            kind: line.transport,
            port,
            baud: line.baud.unwrap_or(self.baud),
            pin_file: line.pin_file.clone().or_else(|| self.pin_file.clone()),
            imei: line.imei.clone().or_else(|| self.imei.clone().filter(|_| self.modems.is_empty())),
            ports_dir: self.ports_dir.clone(),
            reset: self.reset,
            caps: Caps {
                per_minute: line.max_per_minute.unwrap_or(self.max_per_minute).get(),
                per_hour: line.max_per_hour.unwrap_or(self.max_per_hour),
                per_day: line.max_per_day.unwrap_or(self.max_per_day),
                per_month: line.max_per_month.unwrap_or(self.max_per_month),
            },
            reports: self.reports,
            answer_timeout: Duration::from_secs(self.answer_timeout_s),
            credit: line.credit.clone().or_else(|| self.credit.clone()),
            smpp: line.smpp.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(text: &str) -> anyhow::Result<Vec<Way>> {
        toml::from_str::<Config>(text)?.ways(false)
    }

    #[test]
    fn real_payers_are_not_served_by_a_loopback_nor_by_an_impatient_driver() {
        assert_eq!(ways("").unwrap()[0].answer_timeout, Duration::from_secs(125));
        for text in ["answer_timeout_s = 124", "[[modems]]\nname = \"l\"\ntransport = \"loopback\""] {
            assert!(ways(text).is_err(), "{text}");
            assert!(toml::from_str::<Config>(text).unwrap().ways(true).is_ok(), "{text}");
        }
    }

    #[test]
    fn without_a_list_the_port_is_the_one_modem() {
        let ways = ways("port = \"/dev/x\"\nmax_per_day = 100").unwrap();
        assert_eq!((ways.len(), ways[0].name.as_str(), ways[0].caps.per_day), (1, "/dev/x", 100));
    }

    #[test]
    fn a_list_has_unique_names_and_inherits_what_it_leaves_out() {
        let two = "baud = 9600\n[[modems]]\nname = \"a\"\n[[modems]]\nname = \"b\"\nbaud = 115200";
        let found = ways(two).unwrap();
        assert_eq!((found[0].baud, found[1].baud), (9600, 115_200));
        assert!(ways("[[modems]]\nname = \"a\"\n[[modems]]\nname = \"a\"").is_err());
        assert!(ways("[[modems]]\nport = \"/dev/x\"").is_err());
        assert!(ways("[credit]\nussd = \"*101#\"\nlow = \"5\"").is_ok());
        for wrong in
            ["ussd = \"\"", "ussd = \"1\\\"\"", "ussd = \"*1#\"\nlow = \"x\"", "ussd = \"*1#\"\nevery_h = 0"]
        {
            assert!(ways(&format!("[credit]\n{wrong}")).is_err(), "{wrong}");
        }
        assert!(ways("[[modems]]\nname = \"s\"\ntransport = \"smpp\"").is_err());
    }
}
