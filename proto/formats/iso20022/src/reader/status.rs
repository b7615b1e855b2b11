//! pain.002.

use super::Reading;
use crate::amount::Money;
use crate::record::{Level, Record, Status};

/// Reasons of one status; more say no more.
const REASONS_MAX: usize = 16;

#[derive(Default)]
pub(super) struct Statuses {
    file: Said,
    group: Said,
    debit: Said,
    message_id: String,
    group_id: Option<String>,
    instruction_id: Option<String>,
    end_to_end_id: Option<String>,
    amount: Option<Money>,
}

#[derive(Default)]
struct Said {
    status: Option<String>,
    reasons: Vec<String>,
    /// Handed out: what is inside it comes after it.
    told: bool,
}

impl Statuses {
    fn said(&mut self, path: &[&str]) -> &mut Said {
        if path.contains(&"TxInfAndSts") {
            &mut self.debit
        } else if path.contains(&"OrgnlPmtInfAndSts") {
            &mut self.group
        } else {
            &mut self.file
        }
    }

    fn tell(&mut self, level: Level, found: &mut dyn FnMut(Record)) {
        let said = match level {
            Level::File => &mut self.file,
            Level::Group => &mut self.group,
            Level::Debit => &mut self.debit,
        };
        let told = std::mem::replace(&mut said.told, true);
        if told || (said.status.is_none() && said.reasons.is_empty() && level != Level::Debit) {
            return;
        }
        let (status, reasons) = (said.status.take(), std::mem::take(&mut said.reasons));
        let of_debit = level == Level::Debit;
        found(Record::Status(Status {
            level,
            message_id: self.message_id.clone(),
            group_id: self.group_id.clone().filter(|_| level != Level::File),
            instruction_id: self.instruction_id.take().filter(|_| of_debit),
            end_to_end_id: self.end_to_end_id.take().filter(|_| of_debit),
            status,
            reasons,
            amount: self.amount.take().filter(|_| of_debit),
        }));
    }
}

impl Reading for Statuses {
    fn open(&mut self, path: &[&str]) {
        match path {
            [.., "OrgnlPmtInfAndSts"] => (self.group, self.group_id) = (Said::default(), None),
            [.., "TxInfAndSts"] => {
                self.debit = Said::default();
                (self.instruction_id, self.end_to_end_id, self.amount) = (None, None, None);
            }
            _ => {}
        }
    }

    fn text(&mut self, path: &[&str], text: &str, currency: Option<&str>) -> Result<(), String> {
        match path {
            [.., "OrgnlMsgId"] => self.message_id = text.to_owned(),
            [.., "OrgnlPmtInfId"] => self.group_id = Some(text.to_owned()),
            [.., "OrgnlInstrId"] => self.instruction_id = Some(text.to_owned()),
            [.., "OrgnlEndToEndId"] => self.end_to_end_id = Some(text.to_owned()),
            [.., "GrpSts" | "PmtInfSts" | "TxSts"] => self.said(path).status = Some(text.to_owned()),
            [.., "StsRsnInf", "Rsn", _] => {
                let said = self.said(path);
                if said.reasons.len() < REASONS_MAX {
                    said.reasons.push(text.to_owned());
                }
            }
            [.., "OrgnlTxRef", "Amt", "InstdAmt"] => {
                self.amount = Some(Money::parse(text, currency.unwrap_or_default())?);
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, path: &[&str], found: &mut dyn FnMut(Record)) -> Result<(), String> {
        match path {
            [.., "OrgnlGrpInfAndSts"] => self.tell(Level::File, found),
            [.., "TxInfAndSts"] => self.tell(Level::Debit, found),
            [.., "OrgnlPmtInfAndSts"] => self.tell(Level::Group, found),
            _ => {}
        }
        Ok(())
    }
}
