//! pacs.004.

use super::Reading;
use crate::amount::Money;
use crate::kind;
use crate::record::{Record, Returned};

const REASONS_MAX: usize = 16;

#[derive(Default)]
pub(super) struct Returns {
    file_id: Option<String>,
    message_id: Option<String>,
    instruction_id: Option<String>,
    end_to_end_id: Option<String>,
    amount: Option<Money>,
    settled_on: Option<jiff::civil::Date>,
    reasons: Vec<String>,
}

impl Reading for Returns {
    fn open(&mut self, path: &[&str]) {
        if let [.., "TxInf"] = path {
            *self = Self { file_id: self.file_id.take(), ..Self::default() };
        }
    }

    fn text(&mut self, path: &[&str], text: &str, currency: Option<&str>) -> Result<(), String> {
        match path {
            [.., "TxInf", "OrgnlGrpInf", "OrgnlMsgId"] => self.message_id = Some(text.to_owned()),
            [.., "OrgnlGrpInf", "OrgnlMsgId"] => self.file_id = Some(text.to_owned()),
            [.., "OrgnlInstrId"] => self.instruction_id = Some(text.to_owned()),
            [.., "OrgnlEndToEndId"] => self.end_to_end_id = Some(text.to_owned()),
            [.., "TxInf", "RtrdIntrBkSttlmAmt"] => {
                self.amount = Some(Money::parse(text, currency.unwrap_or_default())?);
            }
            [.., "TxInf", "IntrBkSttlmDt"] => self.settled_on = kind::day(text),
            [.., "TxInf", "RtrRsnInf", "Rsn", _] if self.reasons.len() < REASONS_MAX => {
                self.reasons.push(text.to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, path: &[&str], found: &mut dyn FnMut(Record)) -> Result<(), String> {
        if let ([.., "TxInf"], Some(amount)) = (path, self.amount) {
            found(Record::Returned(Returned {
                message_id: self.message_id.take().or_else(|| self.file_id.clone()),
                instruction_id: self.instruction_id.take(),
                end_to_end_id: self.end_to_end_id.take(),
                amount,
                settled_on: self.settled_on.take(),
                reasons: std::mem::take(&mut self.reasons),
            }));
        }
        Ok(())
    }
}
