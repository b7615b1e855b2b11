//! Tables for banks that take no ISO 20022: which column is which is the shop's to configure.

use std::io::{BufRead, Write};

use iso_currency::Currency;
use serde::Deserialize;

use crate::amount::Money;
use crate::pain008::{Debit, WriteError};
use crate::reader::Summary;
use crate::record::{Level, Message, Record, Status};
use crate::refused::Refused;
use crate::source::{Limits, Source};

/// What a column of the table for the bank holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    MessageId,
    InstructionId,
    EndToEndId,
    Amount,
    AmountMinor,
    Currency,
    CollectOn,
    MandateId,
    MandateSigned,
    DebtorName,
    DebtorAccount,
    DebtorBank,
    Remittance,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// One character, "," or ";".
    pub delimiter: char,
    /// In their order: the name in the first line, and what it holds.
    pub debits: Vec<(String, Field)>,
    pub statuses: StatusColumns,
}

/// Names of the columns in what the bank sends back, and what its words mean.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatusColumns {
    pub end_to_end_id: String,
    pub status: String,
    /// May be missing from the table, as the next two may.
    pub reason: String,
    pub amount: String,
    pub currency: String,
    /// The bank's words for money that came, for a debit that it refused, and for one that it has only taken in.
    pub settled: Vec<String>,
    pub rejected: Vec<String>,
    pub accepted: Vec<String>,
}

impl Default for Profile {
    fn default() -> Self {
        use Field::*;
        let columns = [
            ("message_id", MessageId),
            ("instruction_id", InstructionId),
            ("end_to_end_id", EndToEndId),
            ("amount", Amount),
            ("currency", Currency),
            ("collect_on", CollectOn),
            ("mandate_id", MandateId),
            ("mandate_signed", MandateSigned),
            ("debtor_name", DebtorName),
            ("debtor_account", DebtorAccount),
            ("remittance", Remittance),
        ];
        let debits = columns.map(|(name, field)| (name.to_owned(), field)).to_vec();
        Self { delimiter: ',', debits, statuses: StatusColumns::default() }
    }
}

impl Default for StatusColumns {
    fn default() -> Self {
        Self {
            end_to_end_id: "end_to_end_id".into(),
            status: "status".into(),
            reason: "reason".into(),
            amount: "amount".into(),
            currency: "currency".into(),
            settled: vec!["SETTLED".into()],
            rejected: vec!["REJECTED".into()],
            accepted: vec!["ACCEPTED".into()],
        }
    }
}

/// A table of debits, written as they come.
pub struct Table<'a, W: Write> {
    out: csv::Writer<W>,
    profile: &'a Profile,
    message_id: &'a str,
    currency: Currency,
}

impl<'a, W: Write> Table<'a, W> {
    pub fn begin(
        out: W,
        profile: &'a Profile,
        message_id: &'a str,
        currency: Currency,
    ) -> Result<Self, WriteError> {
        let mut out = csv::WriterBuilder::new().delimiter(delimiter(profile)?).from_writer(out);
        out.write_record(profile.debits.iter().map(|(name, _)| name)).map_err(std::io::Error::from)?;
        Ok(Self { out, profile, message_id, currency })
    }

    pub fn debit(&mut self, debit: &Debit<'_>, collect_on: jiff::civil::Date) -> Result<(), WriteError> {
        let money = Money { minor: debit.amount_minor, currency: self.currency };
        let cells = self.profile.debits.iter().map(|(_, field)| match field {
            Field::MessageId => self.message_id.to_owned(),
            Field::InstructionId => debit.instruction_id.to_owned(),
            Field::EndToEndId => debit.end_to_end_id.to_owned(),
            Field::Amount => money.decimal(),
            Field::AmountMinor => debit.amount_minor.to_string(),
            Field::Currency => self.currency.code().to_owned(),
            Field::CollectOn => collect_on.to_string(),
            Field::MandateId => debit.mandate_id.to_owned(),
            Field::MandateSigned => debit.mandate_signed.to_string(),
            Field::DebtorName => unformulaic(debit.debtor_name),
            Field::DebtorAccount => debit.debtor_iban.to_owned(),
            Field::DebtorBank => debit.debtor_bic.unwrap_or_default().to_owned(),
            Field::Remittance => unformulaic(debit.remittance),
        });
        Ok(self.out.write_record(cells).map_err(std::io::Error::from)?)
    }

    pub fn finish(self) -> Result<W, WriteError> {
        self.out.into_inner().map_err(|error| WriteError::Io(error.into_error()))
    }
}

fn delimiter(profile: &Profile) -> Result<u8, WriteError> {
    let remedy = "give one ASCII character, such as , or ;";
    u8::try_from(profile.delimiter)
        .ok()
        .filter(u8::is_ascii)
        .ok_or(WriteError::Field { field: "csv.delimiter", remedy })
}

/// A spreadsheet must not take a payer's name for a formula.
fn unformulaic(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text.to_owned() }
}

/// Reads a table of statuses; `message_id` names it, since the table does not.
pub fn read(
    input: impl BufRead,
    profile: &Profile,
    message_id: &str,
    limits: &Limits,
    mut found: impl FnMut(Record),
) -> Result<Summary, Refused> {
    let refuse = |line: u64, reason: String| Refused { line, path: String::new(), reason };
    let delimiter = delimiter(profile).map_err(|error| refuse(1, error.to_string()))?;
    let source = Source::new(input, limits.bytes);
    let mut table = csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(source);
    let heads = table.headers().map_err(|error| refuse(1, error.to_string()))?.clone();
    let columns = Columns::find(&heads, &profile.statuses).map_err(|reason| refuse(1, reason))?;
    let (mut row, mut records) = (csv::StringRecord::new(), 0);
    loop {
        table.get_mut().next_piece();
        match table.read_record(&mut row) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let line = error.position().map_or(records + 2, csv::Position::line);
                return Err(refuse(line, error.to_string()));
            }
        }
        let line = row.position().map_or(records + 2, csv::Position::line);
        let status = columns.status(&row, &profile.statuses).map_err(|reason| refuse(line, reason))?;
        records += 1;
        if records > limits.records {
            return Err(refuse(line, format!("more than {} records", limits.records)));
        }
        found(Record::Status(status));
    }
    Ok(Summary { message: Message::Csv, message_id: message_id.to_owned(), records })
}

struct Columns {
    end_to_end_id: usize,
    status: usize,
    reason: Option<usize>,
    money: Option<(usize, usize)>,
}

impl Columns {
    fn find(heads: &csv::StringRecord, names: &StatusColumns) -> Result<Self, String> {
        let at = |name: &str| heads.iter().position(|head| head == name);
        let needed =
            |name: &str| at(name).ok_or_else(|| format!("no column {name:?}; see csv.statuses in chit.toml"));
        Ok(Self {
            end_to_end_id: needed(&names.end_to_end_id)?,
            status: needed(&names.status)?,
            reason: at(&names.reason),
            money: at(&names.amount).zip(at(&names.currency)),
        })
    }

    fn status(&self, row: &csv::StringRecord, names: &StatusColumns) -> Result<Status, String> {
        let cell = |at: usize| row.get(at).unwrap_or_default();
        let end_to_end_id = cell(self.end_to_end_id);
        if !(1..=35).contains(&end_to_end_id.chars().count()) {
            return Err(format!("{}: give 1 to 35 characters", names.end_to_end_id));
        }
        let word = cell(self.status);
        let is = |words: &[String]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
        let status = match () {
            () if is(&names.settled) => "ACSC",
            () if is(&names.rejected) => "RJCT",
            () if is(&names.accepted) => "ACCP",
            () => return Err(format!("{}: {word:?} is none of the configured words", names.status)),
        };
        let amount = match self.money {
            Some((amount, currency)) => Some(Money::parse(cell(amount), cell(currency))?),
            None => None,
        };
        let reason = self.reason.map(cell).filter(|reason| !reason.is_empty());
        if reason.is_some_and(|reason| reason.chars().count() > 35) {
            return Err(format!("{}: more than 35 characters", names.reason));
        }
        Ok(Status {
            level: Level::Debit,
            message_id: String::new(),
            group_id: None,
            instruction_id: None,
            end_to_end_id: Some(end_to_end_id.to_owned()),
            status: Some(status.into()),
            reasons: reason.map(str::to_owned).into_iter().collect(),
            amount,
        })
    }
}
