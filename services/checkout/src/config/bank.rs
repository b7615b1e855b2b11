//! `[checkout.bank]`: the shop's account, and how files go to its bank.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use chit_iso20022::csv_profile::Profile;
use chit_iso20022::pain008::{Creditor, Version, check_creditor};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::collection::rail::{BankFile, Calendar};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind};

/// How what payers confirm is collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RailName {
    #[default]
    House,
    BankFile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
pub enum FormatName {
    #[serde(rename = "pain.008.001.02")]
    Pain00802,
    #[default]
    #[serde(rename = "pain.008.001.08")]
    Pain00808,
    #[serde(rename = "csv")]
    Csv,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BankConfig {
    pub creditor_name: String,
    pub creditor_id: String,
    pub iban: String,
    pub bic: String,
    pub instrument: String,
    pub format: FormatName,
    pub cut_off: String,
    pub lead_days: u8,
    pub notice_days: u8,
    pub again_days: u8,
    pub answer_days: u8,
    pub drop_dir: PathBuf,
    pub hand_over: Vec<String>,
    pub hand_over_timeout_s: u32,
    pub csv: Profile,
}

impl Default for BankConfig {
    fn default() -> Self {
        Self {
            creditor_name: String::new(),
            creditor_id: String::new(),
            iban: String::new(),
            bic: String::new(),
            instrument: "CORE".into(),
            format: FormatName::default(),
            cut_off: "14:00".into(),
            lead_days: 1,
            notice_days: 14,
            again_days: 3,
            answer_days: 2,
            drop_dir: PathBuf::new(),
            hand_over: Vec::new(),
            hand_over_timeout_s: 300,
            csv: Profile::default(),
        }
    }
}

#[derive(Clone, Copy)]
pub enum Format {
    Xml(Version),
    /// As `csv` of the bank says.
    Csv,
}

/// The command that brings a file to the bank.
pub struct Carrier {
    pub program: PathBuf,
    /// In front of the file's path.
    pub arguments: Vec<String>,
    pub timeout: Duration,
}

/// The same, checked.
pub struct Bank {
    pub creditor: Creditor,
    pub format: Format,
    pub drop_dir: PathBuf,
    /// None: another program takes files from the folder.
    pub carrier: Option<Carrier>,
    /// Tables for the bank and from it.
    pub csv: Profile,
}

const LEAD_DAYS_MAX: u8 = 10;
const NOTICE_DAYS_MAX: u8 = 14;
const AGAIN_DAYS_MAX: u8 = 30;
const ANSWER_DAYS_MAX: u8 = 30;
const HAND_OVER_S_MAX: u32 = 3_600;

impl BankConfig {
    /// None without a creditor: the shop has no bank.
    pub fn bank(&self) -> anyhow::Result<Option<Bank>> {
        if self.creditor_id.is_empty() {
            return Ok(None);
        }
        let creditor = Creditor {
            name: self.creditor_name.clone(),
            iban: self.iban.replace(' ', ""),
            bic: (!self.bic.is_empty()).then(|| self.bic.clone()),
            creditor_id: self.creditor_id.clone(),
            instrument: self.instrument.clone(),
        };
        check_creditor(&creditor).context("[checkout.bank]")?;
        anyhow::ensure!(
            self.drop_dir.is_absolute(),
            "[checkout.bank] drop_dir: give the absolute path of the folder from which the bank's program takes files"
        );
        let format = match self.format {
            FormatName::Pain00802 => Format::Xml(Version::V02),
            FormatName::Pain00808 => Format::Xml(Version::V08),
            FormatName::Csv => Format::Csv,
        };
        let (drop_dir, csv, carrier) = (self.drop_dir.clone(), self.csv.clone(), self.carrier()?);
        Ok(Some(Bank { creditor, format, drop_dir, carrier, csv }))
    }

    fn carrier(&self) -> anyhow::Result<Option<Carrier>> {
        let Some((program, arguments)) = self.hand_over.split_first() else { return Ok(None) };
        let program = PathBuf::from(program);
        anyhow::ensure!(
            program.is_absolute(),
            "[checkout.bank] hand_over: begin with the absolute path of a program, such as [\"/usr/local/bin/to-bank\"]"
        );
        anyhow::ensure!(
            (1..=HAND_OVER_S_MAX).contains(&self.hand_over_timeout_s),
            "[checkout.bank] hand_over_timeout_s: give 1 to {HAND_OVER_S_MAX} seconds"
        );
        let timeout = Duration::from_secs(self.hand_over_timeout_s.into());
        Ok(Some(Carrier { program, arguments: arguments.to_vec(), timeout }))
    }

    pub fn rail(&self, zone: TimeZone) -> anyhow::Result<BankFile> {
        let cut_off: Time =
            self.cut_off.parse().context("[checkout.bank] cut_off: give a time such as \"14:00\"")?;
        for (key, days, max) in [
            ("lead_days", self.lead_days, LEAD_DAYS_MAX),
            ("notice_days", self.notice_days, NOTICE_DAYS_MAX),
            ("again_days", self.again_days, AGAIN_DAYS_MAX),
            ("answer_days", self.answer_days, ANSWER_DAYS_MAX),
        ] {
            anyhow::ensure!((1..=max).contains(&days), "[checkout.bank] {key}: give 1 to {max} days");
        }
        Ok(BankFile {
            calendar: Calendar { zone, cut_off, lead_days: self.lead_days },
            notice_days: self.notice_days,
            again_days: self.again_days,
            answer_days: self.answer_days,
            extension: if self.format == FormatName::Csv { "csv" } else { "xml" },
        })
    }
}

pub fn no_bank() -> Refusal {
    let message = "the shop has no bank: set creditor_id and what goes with it in [checkout.bank]";
    Refusal::new(RefusalKind::WrongState, Reason::NO_BANK, message)
}
