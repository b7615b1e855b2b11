//! A sale: what is stored of it and how it goes from state to state.

use super::name::Named;
use super::refusal::{Refusal, Result};

use super::effect::EffectKind;
pub use super::sale_state::SaleState;

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum ReceiptState {
    None = 0,
    Waiting = 1,
    Blocked = 2,
    Printing = 3,
    Printed = 4,
    InDoubt = 5,
    Failed = 6,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum EvidenceState {
    None = 0,
    Recording = 1,
    Sealed = 2,
    Partial = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum PayerScanSource {
    None = 0,
    Serial = 1,
    Camera = 2,
    Caller = 3,
}

/// One line of goods as sold.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SoldLine {
    #[prost(string, tag = "1")]
    pub gtin: String,
    #[prost(string, tag = "2")]
    pub description: String,
    #[prost(int64, tag = "3")]
    pub quantity_milli: i64,
    #[prost(int64, tag = "4")]
    pub unit_price_minor: i64,
    #[prost(int64, tag = "5")]
    pub total_minor: i64,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Receipt {
    #[prost(string, tag = "1")]
    pub job_id: String,
    #[prost(enumeration = "ReceiptState", tag = "2")]
    pub state: i32,
    #[prost(string, tag = "3")]
    pub confidence: String,
    #[prost(uint32, tag = "4")]
    pub originals: u32,
    #[prost(uint32, tag = "5")]
    pub copies: u32,
    #[prost(string, tag = "6")]
    pub lookup_code: String,
    /// Fixed once, so that a resubmitted job has the same content.
    #[prost(bool, tag = "7")]
    pub laid_out: bool,
    #[prost(string, tag = "8")]
    pub signed_qr: String,
    #[prost(bytes = "vec", tag = "9")]
    pub photo_sha256: Vec<u8>,
    /// When the printer said that all of it is on paper, unix ms.
    #[prost(int64, tag = "10")]
    pub fence_ms: i64,
    #[prost(int64, tag = "11")]
    pub last_byte_ms: i64,
    /// The job's newest revision that was noted: a stream that starts over tells nothing new.
    #[prost(uint64, tag = "12")]
    pub job_revision: u64,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Evidence {
    #[prost(string, tag = "1")]
    pub recording_id: String,
    #[prost(enumeration = "EvidenceState", tag = "2")]
    pub state: i32,
    #[prost(string, repeated, tag = "3")]
    pub partial_reasons: Vec<String>,
    #[prost(bytes = "vec", tag = "4")]
    pub photo_1_sha256: Vec<u8>,
    #[prost(bool, tag = "5")]
    pub photo_1_late: bool,
    #[prost(bytes = "vec", tag = "6")]
    pub photo_2_sha256: Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    pub manifest_sha256: Vec<u8>,
    #[prost(bytes = "vec", tag = "8")]
    pub goods_sha256: Vec<u8>,
    #[prost(string, tag = "9")]
    pub override_by: String,
    #[prost(bool, tag = "10")]
    pub video_running: bool,
}

/// An SMS of the dialogue, without text and number.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SmsTrace {
    #[prost(string, tag = "1")]
    pub message_id: String,
    #[prost(bool, tag = "2")]
    pub inbound: bool,
    #[prost(string, tag = "3")]
    pub state: String,
    #[prost(uint32, tag = "4")]
    pub text_chars: u32,
    #[prost(string, tag = "5")]
    pub encoding: String,
    #[prost(string, tag = "6")]
    pub purpose: String,
    /// The gateway's revision of the message: an older report never overwrites a newer one.
    #[prost(uint64, tag = "7")]
    pub revision: u64,
}

/// More than three rounds with reminders, a notice and the answers to them; a payer who goes on writing adds no more.
const SMS_TRACES_MAX: usize = 64;

/// The record of one sale. Times are business time in unix milliseconds, 0 = not yet.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Sale {
    #[prost(string, tag = "1")]
    pub sale_id: String,
    #[prost(string, tag = "2")]
    pub receipt_no: String,
    #[prost(enumeration = "SaleState", tag = "3")]
    pub state: i32,
    #[prost(string, tag = "4")]
    pub till: String,
    #[prost(string, tag = "5")]
    pub cashier: String,
    #[prost(message, repeated, tag = "6")]
    pub lines: Vec<SoldLine>,
    #[prost(int64, tag = "7")]
    pub total_minor: i64,
    #[prost(string, tag = "8")]
    pub currency_code: String,
    #[prost(string, tag = "9")]
    pub payer_id: String,
    #[prost(string, tag = "10")]
    pub payer_last4: String,
    #[prost(enumeration = "PayerScanSource", tag = "11")]
    pub payer_scan_source: i32,
    #[prost(string, tag = "12")]
    pub payer_scan_engine: String,
    #[prost(uint32, tag = "13")]
    pub risk_result: u32,
    #[prost(bool, optional, tag = "14")]
    pub same_person: Option<bool>,
    #[prost(message, required, tag = "15")]
    pub receipt: Receipt,
    #[prost(message, required, tag = "16")]
    pub evidence: Evidence,
    #[prost(string, tag = "17")]
    pub challenge_id: String,
    #[prost(uint32, tag = "18")]
    pub rounds: u32,
    #[prost(message, repeated, tag = "19")]
    pub sms: Vec<SmsTrace>,
    #[prost(string, tag = "20")]
    pub settlement_batch_id: String,
    #[prost(string, repeated, tag = "21")]
    pub dispute_ids: Vec<String>,
    #[prost(bool, tag = "22")]
    pub released_by_timeout: bool,
    #[prost(int64, tag = "23")]
    pub create_ms: i64,
    #[prost(int64, tag = "24")]
    pub commit_ms: i64,
    #[prost(int64, tag = "25")]
    pub release_ms: i64,
    #[prost(int64, tag = "26")]
    pub settle_ms: i64,
    #[prost(int64, tag = "27")]
    pub payer_scan_ms: i64,
    #[prost(uint64, tag = "28")]
    pub ledger_seq: u64,
    /// Root of the ledger's tree over `ledger_tree_size` records, the sale's own among them.
    #[prost(bytes = "vec", tag = "60")]
    pub ledger_root: Vec<u8>,
    #[prost(uint64, tag = "61")]
    pub ledger_tree_size: u64,
    #[prost(string, tag = "30")]
    pub refund_transfer_id: String,
    /// W3C traceparent of the call that opened the sale: later steps join its trace.
    #[prost(string, tag = "31")]
    pub traceparent: String,
    /// The ledger was asked; it counts for the limits although the answer is not in yet.
    #[prost(bool, tag = "32")]
    pub committing: bool,
    /// Why the ledger refused the last attempt to commit.
    #[prost(string, tag = "33")]
    pub commit_refusal: String,
    /// Transfer that resolves the pending one (post or void).
    #[prost(string, tag = "34")]
    pub resolve_transfer_id: String,
    /// Four characters that name the sale in an SMS.
    #[prost(string, tag = "35")]
    pub short_no: String,
    /// Released for its challenge by a person (dispatch = operator).
    #[prost(bool, tag = "36")]
    pub dispatch_released: bool,
    /// Not asked before this time.
    #[prost(int64, tag = "37")]
    pub not_before_ms: i64,
    /// A challenge for it is known to have reached the phone, or was answered.
    #[prost(bool, tag = "38")]
    pub challenge_delivered: bool,
    /// One last round after a dismissed rejection.
    #[prost(bool, tag = "39")]
    pub last_round: bool,
    /// A dispute over goods or price is open: nothing is deducted until it is resolved.
    #[prost(bool, tag = "40")]
    pub held_by_dispute: bool,
    /// BAD_PENDING: when the notice went out; the objection period runs from here.
    #[prost(int64, tag = "41")]
    pub notice_ms: i64,
    #[prost(string, tag = "42")]
    pub notice_message_id: String,
    /// When it was put on the deny list.
    #[prost(int64, tag = "43")]
    pub listed_ms: i64,
    /// The clip was asked to end.
    #[prost(bool, tag = "44")]
    pub stop_asked: bool,
    /// A supervisor must decide on the listing (partial or overridden evidence).
    #[prost(bool, tag = "45")]
    pub listing_needs_person: bool,
    /// The pending transfer, where it is not the sale's own id: an id that failed in the ledger stays failed there.
    #[prost(string, tag = "46")]
    pub pending_transfer_id: String,
    /// Void or refund: when, by whom, and the job of its notice.
    #[prost(int64, tag = "47")]
    pub undo_ms: i64,
    #[prost(string, tag = "48")]
    pub undo_by: String,
    #[prost(string, tag = "49")]
    pub undo_job_id: String,
    /// Why another service refuses an effect of this sale, and which; empty = none.
    #[prost(string, tag = "50")]
    pub far_refusal: String,
    #[prost(enumeration = "EffectKind", tag = "51")]
    pub refused_effect: i32,
    /// Serial of the payer code that was shown; 0 = not on record.
    #[prost(uint32, tag = "62")]
    pub payer_code_serial: u32,
}

impl Sale {
    pub fn draft(
        sale_id: String,
        till: &str,
        cashier: &str,
        currency: &str,
        now_ms: i64,
        traceparent: String,
    ) -> Self {
        Self {
            sale_id,
            till: till.to_owned(),
            cashier: cashier.to_owned(),
            currency_code: currency.to_owned(),
            create_ms: now_ms,
            traceparent,
            state: SaleState::Draft as i32,
            ..Self::default()
        }
    }

    /// Goes to `next`, or says why not.
    pub fn advance(&mut self, next: SaleState) -> Result<()> {
        let from = self.state();
        if !from.may_become(next) {
            return Err(Refusal::wrong_state(format!(
                "the sale is {} and cannot become {}",
                from.name(),
                next.name()
            )));
        }
        self.state = next as i32;
        Ok(())
    }

    pub fn must_be(&self, allowed: &[SaleState], doing: &str) -> Result<()> {
        if allowed.contains(&self.state()) {
            return Ok(());
        }
        Err(Refusal::wrong_state(format!("the sale is {}; it cannot be {doing} now", self.state().name())))
    }

    /// Keeps one entry a message; a later one replaces the earlier.
    pub fn trace_sms(&mut self, trace: SmsTrace) {
        let room = self.sms.len() < SMS_TRACES_MAX;
        match self.sms.iter_mut().find(|known| known.message_id == trace.message_id) {
            Some(known) if trace.revision < known.revision => {}
            Some(known) => *known = trace,
            None if room => self.sms.push(trace),
            None => {}
        }
    }

    /// The transfer that reserves its amount in the ledger.
    pub fn pending_transfer(&self) -> &str {
        if self.pending_transfer_id.is_empty() { &self.sale_id } else { &self.pending_transfer_id }
    }

    /// The receipt is on paper and only the payer's leaving is missing.
    pub fn waits_for_release(&self) -> bool {
        self.state() == SaleState::Printing && self.receipt.state() == ReceiptState::Printed
    }

    /// Photo 1 or the video that policy asks for is missing (I2), and nobody took the responsibility.
    pub fn evidence_missing(&self, policy: EvidencePolicy) -> bool {
        let photo = !self.evidence.photo_1_sha256.is_empty();
        let video = self.evidence.video_running;
        let enough = match policy {
            EvidencePolicy::RequirePhoto => photo,
            EvidencePolicy::RequireVideo => photo && video,
            EvidencePolicy::BestEffort => true,
        };
        !enough && self.evidence.override_by.is_empty()
    }
}

/// What a release needs (I2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidencePolicy {
    #[default]
    RequirePhoto,
    RequireVideo,
    BestEffort,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sale(state: SaleState) -> Sale {
        Sale { state: state as i32, ..Sale::draft("01".into(), "01", "li", "CNY", 0, String::new()) }
    }

    #[test]
    fn a_settled_sale_is_never_voided_or_deducted_again() {
        for next in [SaleState::Voided, SaleState::Submitted, SaleState::Queued, SaleState::WrittenOff] {
            assert!(sale(SaleState::Settled).advance(next).is_err(), "{next:?}");
        }
    }

    #[test]
    fn only_a_verified_sale_goes_into_a_batch() {
        for value in 0..=21 {
            let state = SaleState::try_from(value).unwrap();
            let may = state.may_become(SaleState::Submitted);
            assert_eq!(may, matches!(state, SaleState::Verified | SaleState::Returned), "{state:?}");
        }
    }

    #[test]
    fn nothing_prints_before_it_is_committed() {
        assert!(sale(SaleState::PayerOk).advance(SaleState::Printing).is_err());
        assert!(sale(SaleState::Committed).advance(SaleState::Printing).is_ok());
    }

    #[test]
    fn a_missing_photo_holds_the_release_until_somebody_takes_the_responsibility() {
        let mut sale = sale(SaleState::Printing);
        assert!(sale.evidence_missing(EvidencePolicy::RequirePhoto));
        assert!(!sale.evidence_missing(EvidencePolicy::BestEffort));
        sale.evidence.override_by = "wang".into();
        assert!(!sale.evidence_missing(EvidencePolicy::RequirePhoto));
    }
}
