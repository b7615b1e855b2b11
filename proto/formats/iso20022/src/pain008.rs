//! pain.008: direct debits for the bank, written as they come. Numbers and sums stand at the top of the file and of each
//! group, so the caller says them first, and what follows has to agree.

use std::io::{self, Write};

use iso_currency::Currency;
use jiff::Timestamp;
use jiff::civil::Date;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::account::{is_bic, is_creditor_id, is_iban};
use crate::amount::{Money, decimal};
use crate::text;

/// Of a name (EPC 130-08: 70 characters) and of a remittance text.
const NAME_CHARS_MAX: usize = 70;
const REMITTANCE_CHARS_MAX: usize = 140;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// pain.008.001.02, of 2009.
    V02,
    /// pain.008.001.08, of 2019.
    V08,
}

/// The first debit of a mandate, or a later one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sequence {
    First,
    Recurrent,
}

/// Who collects, into which account, under which scheme.
#[derive(Clone, Debug)]
pub struct Creditor {
    pub name: String,
    pub iban: String,
    /// `None`: the bank finds it by the IBAN.
    pub bic: Option<String>,
    pub creditor_id: String,
    /// CORE or B2B.
    pub instrument: String,
}

#[derive(Clone, Copy, Debug)]
pub struct Totals {
    pub debits: u64,
    pub minor: i128,
}

pub struct Group<'a> {
    pub id: &'a str,
    pub sequence: Sequence,
    pub collect_on: Date,
    pub totals: Totals,
}

pub struct Debit<'a> {
    pub instruction_id: &'a str,
    pub end_to_end_id: &'a str,
    pub amount_minor: i64,
    pub mandate_id: &'a str,
    pub mandate_signed: Date,
    pub debtor_name: &'a str,
    pub debtor_iban: &'a str,
    pub debtor_bic: Option<&'a str>,
    pub remittance: &'a str,
}

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("the file cannot be written: {0}")]
    Io(#[from] io::Error),
    #[error("{field}: {remedy}")]
    Field { field: &'static str, remedy: &'static str },
    #[error("{0} does not agree with what was announced at its top")]
    Totals(&'static str),
}

pub struct File<'a, W: Write> {
    out: Writer<W>,
    version: Version,
    creditor: &'a Creditor,
    currency: Currency,
    file_left: Totals,
    group_left: Option<Totals>,
}

type Done = Result<(), WriteError>;

impl<'a, W: Write> File<'a, W> {
    /// Writes the top. `message_id` is the batch's for ever: the bank knows a file that comes twice by it.
    pub fn begin(
        out: W,
        version: Version,
        message_id: &str,
        created: Timestamp,
        creditor: &'a Creditor,
        currency: Currency,
        totals: Totals,
    ) -> Result<Self, WriteError> {
        check_creditor(creditor)?;
        check(text::is_id(message_id), "message_id", "give 1 to 35 of SEPA's characters")?;
        check(totals.debits > 0, "totals", "a file holds at least one debit")?;
        let out = Writer::new(out);
        let mut file = Self { out, version, creditor, currency, file_left: totals, group_left: None };
        file.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let name = match version {
            Version::V02 => "urn:iso:std:iso:20022:tech:xsd:pain.008.001.02",
            Version::V08 => "urn:iso:std:iso:20022:tech:xsd:pain.008.001.08",
        };
        file.event(Event::Start(BytesStart::new("Document").with_attributes([("xmlns", name)])))?;
        file.open("CstmrDrctDbtInitn")?;
        file.open("GrpHdr")?;
        file.leaf("MsgId", message_id)?;
        file.leaf("CreDtTm", &created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())?;
        file.totals(totals)?;
        file.open("InitgPty")?;
        file.leaf("Nm", &text::sepa(&creditor.name, NAME_CHARS_MAX))?;
        file.close("InitgPty")?;
        file.close("GrpHdr")?;
        Ok(file)
    }

    /// Debits of one sequence and day; ends the group before.
    pub fn group(&mut self, group: &Group<'_>) -> Done {
        self.end_group()?;
        check(text::is_id(group.id), "group id", "give 1 to 35 of SEPA's characters")?;
        check(group.totals.debits > 0, "totals", "a group holds at least one debit")?;
        self.group_left = Some(group.totals);
        self.open("PmtInf")?;
        self.leaf("PmtInfId", group.id)?;
        self.leaf("PmtMtd", "DD")?;
        self.leaf("BtchBookg", "false")?;
        self.totals(group.totals)?;
        self.open("PmtTpInf")?;
        self.nested(&["SvcLvl", "Cd"], "SEPA")?;
        self.nested(&["LclInstrm", "Cd"], &self.creditor.instrument)?;
        self.leaf("SeqTp", if group.sequence == Sequence::First { "FRST" } else { "RCUR" })?;
        self.close("PmtTpInf")?;
        self.leaf("ReqdColltnDt", &group.collect_on.to_string())?;
        self.nested(&["Cdtr", "Nm"], &text::sepa(&self.creditor.name, NAME_CHARS_MAX))?;
        self.nested(&["CdtrAcct", "Id", "IBAN"], &self.creditor.iban)?;
        self.agent("CdtrAgt", self.creditor.bic.as_deref())?;
        self.leaf("ChrgBr", "SLEV")?;
        for name in ["CdtrSchmeId", "Id", "PrvtId", "Othr"] {
            self.open(name)?;
        }
        self.leaf("Id", &self.creditor.creditor_id)?;
        self.nested(&["SchmeNm", "Prtry"], "SEPA")?;
        for name in ["Othr", "PrvtId", "Id", "CdtrSchmeId"] {
            self.close(name)?;
        }
        Ok(())
    }

    pub fn debit(&mut self, debit: &Debit<'_>) -> Done {
        check(text::is_id(debit.end_to_end_id), "end_to_end_id", "give 1 to 35 of SEPA's characters")?;
        check(text::is_id(debit.instruction_id), "instruction_id", "give 1 to 35 of SEPA's characters")?;
        check(text::is_id(debit.mandate_id), "mandate_id", "give 1 to 35 of SEPA's characters")?;
        check(is_iban(debit.debtor_iban), "debtor_iban", "its check digits are wrong; ask the payer again")?;
        check(debit.amount_minor > 0, "amount_minor", "collect at least one minor unit")?;
        let Some(left) = &mut self.group_left else {
            return Err(WriteError::Totals("a debit without its group"));
        };
        take(left, debit, "a group")?;
        take(&mut self.file_left, debit, "the file")?;
        self.open("DrctDbtTxInf")?;
        self.open("PmtId")?;
        self.leaf("InstrId", debit.instruction_id)?;
        self.leaf("EndToEndId", debit.end_to_end_id)?;
        self.close("PmtId")?;
        let amount = Money { minor: debit.amount_minor, currency: self.currency };
        let tag = BytesStart::new("InstdAmt").with_attributes([("Ccy", self.currency.code())]);
        self.event(Event::Start(tag))?;
        self.event(Event::Text(BytesText::new(&amount.decimal())))?;
        self.close("InstdAmt")?;
        self.open("DrctDbtTx")?;
        self.open("MndtRltdInf")?;
        self.leaf("MndtId", debit.mandate_id)?;
        self.leaf("DtOfSgntr", &debit.mandate_signed.to_string())?;
        self.close("MndtRltdInf")?;
        self.close("DrctDbtTx")?;
        self.agent("DbtrAgt", debit.debtor_bic)?;
        self.nested(&["Dbtr", "Nm"], &text::sepa(debit.debtor_name, NAME_CHARS_MAX))?;
        self.nested(&["DbtrAcct", "Id", "IBAN"], debit.debtor_iban)?;
        self.nested(&["RmtInf", "Ustrd"], &text::sepa(debit.remittance, REMITTANCE_CHARS_MAX))?;
        self.close("DrctDbtTxInf")
    }

    /// Writes the end, and gives back what was written to.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.end_group()?;
        if self.file_left.debits != 0 || self.file_left.minor != 0 {
            return Err(WriteError::Totals("the file"));
        }
        self.close("CstmrDrctDbtInitn")?;
        self.close("Document")?;
        Ok(self.out.into_inner())
    }

    fn end_group(&mut self) -> Done {
        match self.group_left.take() {
            Some(Totals { debits: 0, minor: 0 }) => self.close("PmtInf"),
            Some(_) => Err(WriteError::Totals("a group")),
            None => Ok(()),
        }
    }

    fn totals(&mut self, totals: Totals) -> Done {
        self.leaf("NbOfTxs", &totals.debits.to_string())?;
        self.leaf("CtrlSum", &decimal(totals.minor, self.currency))
    }

    fn agent(&mut self, name: &str, bic: Option<&str>) -> Done {
        match (bic, self.version) {
            (Some(bic), Version::V02) => self.nested(&[name, "FinInstnId", "BIC"], bic),
            (Some(bic), Version::V08) => self.nested(&[name, "FinInstnId", "BICFI"], bic),
            (None, _) => self.nested(&[name, "FinInstnId", "Othr", "Id"], "NOTPROVIDED"),
        }
    }

    fn event(&mut self, event: Event<'_>) -> Done {
        Ok(self.out.write_event(event)?)
    }

    fn open(&mut self, name: &str) -> Done {
        self.event(Event::Start(BytesStart::new(name)))
    }

    fn close(&mut self, name: &str) -> Done {
        self.event(Event::End(BytesEnd::new(name)))
    }

    fn leaf(&mut self, name: &str, text: &str) -> Done {
        self.open(name)?;
        self.event(Event::Text(BytesText::new(text)))?;
        self.close(name)
    }

    fn nested(&mut self, names: &[&str], text: &str) -> Done {
        for name in names {
            self.open(name)?;
        }
        self.event(Event::Text(BytesText::new(text)))?;
        for name in names.iter().rev() {
            self.close(name)?;
        }
        Ok(())
    }
}

fn take(left: &mut Totals, debit: &Debit<'_>, what: &'static str) -> Done {
    let fewer = left.debits.checked_sub(1).ok_or(WriteError::Totals(what))?;
    *left = Totals { debits: fewer, minor: left.minor - i128::from(debit.amount_minor) };
    Ok(())
}

fn check(good: bool, field: &'static str, remedy: &'static str) -> Done {
    if good { Ok(()) } else { Err(WriteError::Field { field, remedy }) }
}

/// What a bank refuses every file for, found before the first.
pub fn check_creditor(creditor: &Creditor) -> Done {
    check(!creditor.name.trim().is_empty(), "creditor.name", "give the shop's name as the bank knows it")?;
    check(is_iban(&creditor.iban), "creditor.iban", "its check digits are wrong")?;
    check(
        creditor.bic.as_deref().is_none_or(is_bic),
        "creditor.bic",
        "give 8 or 11 capitals and digits, or none",
    )?;
    check(is_creditor_id(&creditor.creditor_id), "creditor.creditor_id", "its check digits are wrong")?;
    check(matches!(&*creditor.instrument, "CORE" | "B2B"), "creditor.instrument", "give CORE or B2B")
}
