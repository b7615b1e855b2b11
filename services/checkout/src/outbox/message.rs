//! Messages to payers on their way to the gateway. Number and text are sealed in the store.

use jiff::Timestamp;

use super::effect::Effect;
use crate::store::records::{self, damaged, outbox as stored};
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::ids::{ChallengeId, MessageId, PayerId, SaleId};
use crate::values::phone::PhoneE164;
use crate::values::refusal::Result;
use crate::values::sms_text::SmsText;
use crate::values::time;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Purpose {
    Challenge = 1,
    Reminder = 2,
    Answer = 3,
    Notice = 4,
    /// To the number a payer had when their phone or card was changed.
    Warning = 5,
}

impl Purpose {
    pub const ALL: [Self; 5] = [Self::Challenge, Self::Reminder, Self::Answer, Self::Notice, Self::Warning];
}

impl From<Purpose> for i32 {
    fn from(purpose: Purpose) -> Self {
        purpose as Self
    }
}

/// How far a message is, as the gateway says; the numbers are the gateway's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    Queued = 1,
    Submitting = 2,
    Submitted = 3,
    Delivered = 4,
    Undelivered = 5,
    ReportTimeout = 6,
    RetryWait = 7,
    Unknown = 8,
    Failed = 9,
    Expired = 10,
    Cancelled = 11,
    /// A payer's message.
    Received = 12,
}

impl Progress {
    pub const ALL: [Self; 12] = [
        Self::Queued,
        Self::Submitting,
        Self::Submitted,
        Self::Delivered,
        Self::Undelivered,
        Self::ReportTimeout,
        Self::RetryWait,
        Self::Unknown,
        Self::Failed,
        Self::Expired,
        Self::Cancelled,
        Self::Received,
    ];

    /// The payer may have it: handed to the network, or nobody knows.
    pub fn is_out(self) -> bool {
        matches!(
            self,
            Self::Submitted | Self::Delivered | Self::Undelivered | Self::ReportTimeout | Self::Unknown
        )
    }
}

impl From<Progress> for i32 {
    fn from(progress: Progress) -> Self {
        progress as Self
    }
}

/// When a message may leave the shop; the gateway keeps to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Window {
    pub not_before: Option<Timestamp>,
    pub not_after: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    pub id: MessageId,
    pub payer: PayerId,
    pub to: PhoneE164,
    pub text: SmsText,
    pub purpose: Purpose,
    pub challenge: Option<ChallengeId>,
    pub sales: Vec<SaleId>,
    pub window: Window,
}

impl Tx {
    pub fn send<'m>(&mut self, message: impl Into<Option<&'m Message>>) -> Result<()> {
        let Some(message) = message.into() else { return Ok(()) };
        self.put_message(message)?;
        self.push(&Effect::SendMessage { message: message.id })
    }

    pub fn put_message(&mut self, message: &Message) -> Result<()> {
        let letter =
            stored::Letter { to: message.to.reveal().to_owned(), text: message.text.as_str().to_owned() };
        let record = stored::Message {
            letter: self.vault().seal(&context(message.id), &records::body(&letter))?,
            purpose: message.purpose as u32,
            challenge_id: records::bytes_of(message.challenge.map(ChallengeId::to_bytes)),
            sales: message.sales.iter().map(|sale| sale.to_bytes().to_vec()).collect(),
            not_after_ms: records::optional_ms(message.window.not_after),
            payer_id: message.payer.0.to_vec(),
            not_before_ms: records::optional_ms(message.window.not_before),
        };
        self.put(Table::Messages, &message.id.to_bytes(), &record);
        Ok(())
    }

    /// Forgets messages of before this time, at most `limit`: their ids begin with their time.
    pub fn forget_messages(&mut self, before: Timestamp, limit: usize) -> Result<usize> {
        let oldest = ulid::Ulid::from_parts(u64::try_from(before.as_millisecond()).unwrap_or_default(), 0);
        let rows = self.page(Table::Messages, b"", Seek::Start, limit)?;
        let old: Vec<Vec<u8>> = rows
            .into_iter()
            .map(|(key, _)| key)
            .filter(|key| key.as_slice() < oldest.to_bytes().as_slice())
            .collect();
        for key in &old {
            self.remove(Table::Messages, key);
        }
        Ok(old.len())
    }
}

impl View {
    pub fn message(&self, id: MessageId) -> Result<Option<Message>> {
        let Some(record) = self.record::<stored::Message>(Table::Messages, &id.to_bytes())? else {
            return Ok(None);
        };
        let letter: stored::Letter = records::from_body(&self.vault().open(&context(id), &record.letter)?)?;
        let purpose = Purpose::ALL.into_iter().find(|purpose| *purpose as u32 == record.purpose);
        Ok(Some(Message {
            id,
            payer: PayerId(records::fixed(&record.payer_id)?),
            to: PhoneE164::new(&letter.to).map_err(|_| damaged("a message's number cannot be read"))?,
            text: SmsText::new(letter.text).ok_or_else(|| damaged("a message's text is too long"))?,
            purpose: purpose.ok_or_else(|| damaged("a message's purpose is unknown"))?,
            challenge: records::optional_id(&record.challenge_id)?,
            sales: records::ids(&record.sales)?,
            window: Window {
                not_before: record.not_before_ms.map(time::from_ms),
                not_after: record.not_after_ms.map(time::from_ms),
            },
        }))
    }
}

fn context(id: MessageId) -> Vec<u8> {
    [&b"message/"[..], &id.to_bytes()].concat()
}
