//! `[checkout]` of chit.toml.

pub mod bank;

use std::net::SocketAddr;
use std::path::PathBuf;

use chit_runtime::{Tcp, TlsFiles, peer};
use jiff::SignedDuration;
use serde::Deserialize;

use self::bank::{BankConfig, RailName};
use crate::risk::{ActionCodes, RiskResult};
use crate::sale::EvidencePolicy;
use crate::sale::goods;
use crate::staff::device::DeviceKind;

/// Who decides when a challenge goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dispatch {
    #[default]
    Auto,
    Operator,
}

/// Who tells whether a code is the payer's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifierKind {
    /// This shop, which prints its cards.
    #[default]
    Local,
    /// An issuer, whose cards come in envelopes.
    Issuer,
}

/// Goods the handheld knows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueItem {
    pub gtin: String,
    pub description: String,
    pub unit_price_minor: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    pub sale_minor: i64,
    pub payer_minor: i64,
    pub payer_unverified_sales: u32,
    /// 0 = no bound.
    pub payer_day_minor: i64,
    pub till_minor: i64,
    pub oldest_unverified_days: u32,
}

impl Default for LimitsConfig {
    /// DESIGN "Default limits": 200.00 a sale, 500.00 and 3 unverified sales a payer, 500.00 a payer and day, 5,000.00 a
    /// till, oldest 7 days.
    fn default() -> Self {
        Self {
            sale_minor: 20_000,
            payer_minor: 50_000,
            payer_unverified_sales: 3,
            payer_day_minor: 50_000,
            till_minor: 500_000,
            oldest_unverified_days: 7,
        }
    }
}

/// What payers are told of how long evidence is kept; media-capture keeps it so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retention {
    /// At least so many days after the deduction.
    Cn,
    /// Their answer erases the film.
    Eu,
    /// As `Cn`, with days of the shop's own.
    Custom,
}

/// One bit of a RiskResult, by its name.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct RiskName(RiskResult);

impl TryFrom<String> for RiskName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        RiskResult::named(&name).map(Self).ok_or_else(|| {
            format!("{name:?} is no risk; the names are {}", RiskResult::all_names().join(", "))
        })
    }
}

/// What follows from a risk: refused, or left to a supervisor's Approval. What stands in neither list is kept with the
/// sale and nothing more.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RiskConfig {
    pub refuse: Option<Vec<RiskName>>,
    pub approve: Option<Vec<RiskName>>,
}

impl RiskConfig {
    pub fn codes(&self) -> ActionCodes {
        let usual = ActionCodes::default();
        let bits = |names: &Option<Vec<RiskName>>, usual| match names {
            Some(names) => names.iter().fold(RiskResult::NONE, |bits, name| bits.with(name.0)),
            None => usual,
        };
        ActionCodes { refuse: bits(&self.refuse, usual.refuse), approve: bits(&self.approve, usual.approve) }
    }
}

/// Users of this machine that call without a person, by what they are for. They must stand in `allow_uids`, too.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallersConfig {
    #[serde(deserialize_with = "peer::uids")]
    pub till: Vec<u32>,
    #[serde(deserialize_with = "peer::uids")]
    pub timer: Vec<u32>,
    #[serde(deserialize_with = "peer::uids")]
    pub display: Vec<u32>,
}

impl Default for CallersConfig {
    /// The till's user of the Debian package, where there is one.
    fn default() -> Self {
        Self {
            till: peer::find_user("chit-till").into_iter().collect(),
            timer: Vec::new(),
            display: Vec::new(),
        }
    }
}

impl CallersConfig {
    pub fn kind_of(&self, uid: u32) -> Option<DeviceKind> {
        let kinds = [
            (DeviceKind::Till, &self.till),
            (DeviceKind::Timer, &self.timer),
            (DeviceKind::Display, &self.display),
        ];
        kinds.into_iter().find(|(_, uids)| uids.contains(&uid)).map(|(kind, _)| kind)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Name on receipts and in SMS.
    pub shop_name: String,
    /// Name in English SMS; empty = shop_name.
    pub shop_name_en: String,
    /// Up to four lines under the name on receipts.
    pub header_lines: Vec<String>,
    pub till: String,
    /// ISO 4217.
    pub currency_code: String,
    /// ISO 3166 country of numbers typed without `+`.
    pub country: String,
    /// "zh-CN" or "en".
    pub receipt_language: String,
    /// Number that the shop's SMS come from, printed on receipts; empty = not printed.
    pub sms_sender: String,
    /// Issuer number inside payer codes.
    pub issuer: u16,
    pub evidence_policy: EvidencePolicy,
    pub dispatch: Dispatch,
    pub verifier: VerifierKind,
    /// Name under which the issuer knows this shop.
    pub issuer_shop: String,
    /// Key of the issuer's verdicts, 64 hexadecimal digits.
    pub issuer_key: String,
    /// What codes are sealed to, "age1…".
    pub issuer_recipient: String,
    /// The till says aloud that a sale is recorded; needs media-capture's speaker.
    pub announce: bool,
    pub limits: LimitsConfig,
    pub risk: RiskConfig,
    pub code_validity_days: u16,
    pub retention: Retention,
    pub evidence_retention_days: u16,
    pub bad_record_years: u16,
    /// How long the history of changes is kept, in days.
    pub history_days: u16,
    /// The owner works alone: their own PIN approves what they did, marked SELF_APPROVED.
    pub one_person: bool,
    pub callers: CallersConfig,
    pub rail: RailName,
    /// What is charged to payers' accounts is due so many days after the sale.
    pub house_due_days: u8,
    pub bank: BankConfig,
    pub catalogue: Vec<CatalogueItem>,
    /// Where other POS software calls, by mutual TLS; none = nowhere. Port 0: see run_dir/checkout.tcp.
    pub tcp_listen: Option<SocketAddr>,
    /// PEM files, relative to keys_dir; `chit pki init` makes them.
    pub tls_cert: PathBuf,
    pub tls_key: PathBuf,
    pub tls_client_ca: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            shop_name: "惠民便利小店".into(),
            shop_name_en: "HUIMIN SHOPS".into(),
            header_lines: Vec::new(),
            till: "01".into(),
            currency_code: "CNY".into(),
            country: "CN".into(),
            receipt_language: "zh-CN".into(),
            sms_sender: String::new(),
            issuer: 1,
            evidence_policy: EvidencePolicy::default(),
            dispatch: Dispatch::default(),
            verifier: VerifierKind::default(),
            issuer_shop: String::new(),
            issuer_key: String::new(),
            issuer_recipient: String::new(),
            announce: false,
            limits: LimitsConfig::default(),
            risk: RiskConfig::default(),
            code_validity_days: 90,
            retention: Retention::Cn,
            evidence_retention_days: 90,
            bad_record_years: 2,
            // SEPA: a debit may be returned for 13 months.
            history_days: 420,
            one_person: false,
            callers: CallersConfig::default(),
            rail: RailName::default(),
            house_due_days: 30,
            bank: BankConfig::default(),
            catalogue: Vec::new(),
            tcp_listen: None,
            tls_cert: "pki/server.pem".into(),
            tls_key: "pki/server.key".into(),
            tls_client_ca: "pki/ca.pem".into(),
        }
    }
}

impl Config {
    pub fn shop_name(&self, chinese: bool) -> &str {
        if chinese || self.shop_name_en.is_empty() { &self.shop_name } else { &self.shop_name_en }
    }

    pub fn catalogue(&self) -> Vec<goods::CatalogueItem> {
        let item = |item: &CatalogueItem| goods::CatalogueItem {
            gtin: item.gtin.clone(),
            description: item.description.clone(),
            unit_price_minor: item.unit_price_minor,
        };
        self.catalogue.iter().map(item).collect()
    }

    pub fn bad_record_kept(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * 365 * i64::from(self.bad_record_years))
    }

    pub fn tcp(&self, may: chit_runtime::tls::May) -> Option<Tcp> {
        let files = TlsFiles {
            cert: self.tls_cert.clone(),
            key: self.tls_key.clone(),
            client_ca: self.tls_client_ca.clone(),
        };
        Some(Tcp { addr: self.tcp_listen?, files, may })
    }
}
