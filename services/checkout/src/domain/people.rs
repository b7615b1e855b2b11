//! A payer's record: his state, his code, his card. Personal data lives here and nowhere else.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::name::Named;
use super::refusal::{Refusal, RefusalKind, Result};

/// DESIGN "Phone or card change: no sales for 24 h".
pub const AFTER_CHANGE: SignedDuration = SignedDuration::from_hours(24);

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum PayerState {
    Unspecified = 0,
    Enrolling = 1,
    Pending = 2,
    Active = 3,
    Frozen = 4,
    Locked = 5,
    Denied = 6,
}

/// How far the papers of an enrolment are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum EnrolStep {
    Photo = 0,
    Mandate = 1,
    Card = 2,
    Done = 3,
}

/// What became of the warning to the number he had before a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum ChangeWarning {
    Unspecified = 0,
    Queued = 1,
    Sent = 2,
    Delivered = 3,
    NotSent = 4,
    Undelivered = 5,
    Unknown = 6,
}

/// The record of one payer. Times are business time in unix milliseconds.
#[derive(Clone, PartialEq, Eq, prost::Message)]
#[prost(skip_debug)]
pub struct Payer {
    /// 16 hexadecimal digits.
    #[prost(string, tag = "1")]
    pub payer_id: String,
    #[prost(enumeration = "PayerState", tag = "2")]
    pub state: i32,
    #[prost(string, tag = "3")]
    pub name: String,
    /// E.164.
    #[prost(string, tag = "4")]
    pub phone: String,
    /// "zh-CN" or "en".
    #[prost(string, tag = "5")]
    pub language: String,
    #[prost(uint32, tag = "6")]
    pub code_serial: u32,
    #[prost(string, tag = "7")]
    pub valid_to: String,
    #[prost(string, tag = "8")]
    pub card_serial: String,
    /// Rows already assigned (I4), domain::code_card::RowBitmap.
    #[prost(bytes = "vec", tag = "9")]
    pub rows_burned: Vec<u8>,
    #[prost(uint32, tag = "10")]
    pub wrong_since_right: u32,
    /// Hashes of codes that were answered right or burned: used again they are no tries.
    #[prost(bytes = "vec", repeated, tag = "11")]
    pub used_code_hashes: Vec<Vec<u8>>,
    #[prost(string, tag = "12")]
    pub mandate_id: String,
    #[prost(string, tag = "13")]
    pub mandate_job_id: String,
    #[prost(string, tag = "14")]
    pub card_job_id: String,
    #[prost(enumeration = "EnrolStep", tag = "15")]
    pub enrol_step: i32,
    #[prost(string, tag = "16")]
    pub code_png_path: String,
    /// Ledger account, ULID.
    #[prost(string, tag = "18")]
    pub account_id: String,
    #[prost(string, tag = "19")]
    pub open_challenge_id: String,
    #[prost(int64, tag = "20")]
    pub create_ms: i64,
    /// Unasked SMS (challenge, reminder, notice): local day and count.
    #[prost(string, tag = "21")]
    pub unasked_day: String,
    #[prost(uint32, tag = "22")]
    pub unasked_count: u32,
    #[prost(string, tag = "23")]
    pub answers_day: String,
    #[prost(uint32, tag = "24")]
    pub answers_count: u32,
    /// No challenge before this time (after three wrong replies: next day 08:00).
    #[prost(int64, tag = "25")]
    pub not_before_ms: i64,
    #[prost(uint32, tag = "27")]
    pub consent_hash: u32,
    #[prost(string, tag = "28")]
    pub traceparent: String,
    #[prost(string, tag = "29")]
    pub approved_by: String,
    /// A sale of his is BAD_LISTED: outlasts a freeze, a lock and a new card.
    #[prost(bool, tag = "30")]
    pub listed: bool,
    /// First challenges of the present card so far.
    #[prost(uint32, tag = "31")]
    pub enrol_rounds: u32,
    /// When phone or card was last changed; 0 = never.
    #[prost(int64, tag = "32")]
    pub change_ms: i64,
    /// Who approved that change, and who else.
    #[prost(string, tag = "33")]
    pub changed_by: String,
    #[prost(string, tag = "34")]
    pub changed_with: String,
    /// The warning of the newest change: its state, its present message, how often and when it was last sent.
    #[prost(enumeration = "ChangeWarning", tag = "35")]
    pub change_warning: i32,
    #[prost(string, tag = "36")]
    pub warning_message_id: String,
    #[prost(uint32, tag = "37")]
    pub warning_sends: u32,
    #[prost(int64, tag = "38")]
    pub warning_ms: i64,
    /// sms-gateway's revision of that state; an older one says nothing new.
    #[prost(uint64, tag = "39")]
    pub warning_revision: u64,
}

impl std::fmt::Debug for Payer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Payer({}, {})", self.payer_id, self.state().name())
    }
}

impl Payer {
    pub fn last4(&self) -> String {
        self.payer_id.chars().skip(self.payer_id.chars().count().saturating_sub(4)).collect()
    }

    /// When phone or card was last changed.
    pub fn changed_at(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.change_ms).ok().filter(|_| self.change_ms > 0)
    }

    /// Nothing is sold to him before: whoever was robbed of his phone or card must have time to say so.
    pub fn no_sales_until(&self) -> Option<Timestamp> {
        self.changed_at().map(|at| at + AFTER_CHANGE)
    }

    /// May he buy now? `zone` is the shop's, for what a person reads.
    pub fn may_buy(&self, now: Timestamp, zone: &TimeZone) -> Result<()> {
        let refuse = |reason, message: &str| Err(Refusal::new(RefusalKind::WrongState, reason, message));
        if self.listed {
            return refuse("DENY_LISTED", "the payer has an unpaid bad record; let him pay it first");
        }
        match self.state() {
            PayerState::Frozen => {
                return refuse(
                    "PAYER_FROZEN",
                    "the code is frozen; the payer must come to the counter with the card",
                );
            }
            PayerState::Locked => {
                return refuse("CARD_LOCKED", "nine wrong replies; reset the card in person");
            }
            _ => {}
        }
        if let Some(until) = self.no_sales_until().filter(|until| now < *until) {
            let until = zone.to_datetime(until).strftime("%Y-%m-%d %H:%M:%S");
            let message = format!("phone or card was changed: no sale before {until}; take cash");
            return refuse("CHANGED_WITHIN_24_HOURS", &message);
        }
        if self.state() == PayerState::Active {
            return Ok(());
        }
        refuse("PAYER_NOT_ACTIVE", "the first SMS was not answered yet; the code is not active")
    }

    /// The code is frozen until the payer comes in person. A lock is stricter and stays.
    pub fn freeze(&mut self) {
        if self.state() != PayerState::Locked {
            self.state = PayerState::Frozen as i32;
        }
    }

    /// Phone and card were proven together: he may buy, unless a bad record stands.
    pub fn activate(&mut self) {
        self.state = if self.listed { PayerState::Denied } else { PayerState::Active } as i32;
    }

    /// A bad record stands; a freeze or a lock is not lifted by it, nor later by its end.
    pub fn list(&mut self) {
        self.listed = true;
        if self.state() == PayerState::Active {
            self.activate();
        }
    }

    pub fn unlist(&mut self) {
        self.listed = false;
        if self.state() == PayerState::Denied {
            self.activate();
        }
    }

    /// Phone or card is another one from now on: two people answer for it, and both are proven together again.
    pub fn changed(&mut self, now_ms: i64, by: &str, with: &str) {
        self.change_ms = now_ms;
        self.changed_by = by.to_owned();
        self.changed_with = with.to_owned();
        self.enrol_rounds = 0;
    }

    pub fn is_chinese(&self) -> bool {
        self.language != "en"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn after_a_change_nothing_is_sold_for_24_hours_and_the_refusal_says_until_when() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let mut payer = Payer { state: PayerState::Active as i32, ..Payer::default() };
        assert_eq!(
            (payer.no_sales_until(), payer.may_buy(at("2026-11-25T02:00:00Z"), &zone)),
            (None, Ok(()))
        );
        payer.changed(at("2026-11-25T02:00:00Z").as_millisecond(), "wang", "li");
        let refusal = payer.may_buy(at("2026-11-26T01:59:59Z"), &zone).unwrap_err();
        assert_eq!(refusal.reason, "CHANGED_WITHIN_24_HOURS");
        assert!(refusal.message.contains("2026-11-26 10:00:00"), "in the shop's time: {}", refusal.message);
        assert_eq!(payer.may_buy(at("2026-11-26T02:00:00Z"), &zone), Ok(()));
    }
}
