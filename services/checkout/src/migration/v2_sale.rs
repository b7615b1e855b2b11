//! Sales as the programs of schema 1 and 2 wrote them, see [`super::v2`].

use crate::sale::state::SaleState;
use crate::store::records;
use crate::values::ids::{SaleId, TransferId};
use crate::values::refusal::Result;

#[derive(Clone, PartialEq, prost::Message)]
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

#[derive(Clone, PartialEq, prost::Message)]
pub struct Receipt {
    #[prost(string, tag = "1")]
    pub job_id: String,
    #[prost(int32, tag = "2")]
    pub state: i32,
    #[prost(string, tag = "3")]
    pub confidence: String,
    #[prost(uint32, tag = "4")]
    pub originals: u32,
    #[prost(uint32, tag = "5")]
    pub copies: u32,
    #[prost(string, tag = "6")]
    pub lookup_code: String,
    #[prost(bool, tag = "7")]
    pub laid_out: bool,
    #[prost(string, tag = "8")]
    pub signed_qr: String,
    #[prost(bytes = "vec", tag = "9")]
    pub photo_sha256: Vec<u8>,
    #[prost(int64, tag = "10")]
    pub fence_ms: i64,
    #[prost(int64, tag = "11")]
    pub last_byte_ms: i64,
    #[prost(uint64, tag = "12")]
    pub job_revision: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Evidence {
    #[prost(string, tag = "1")]
    pub recording_id: String,
    #[prost(int32, tag = "2")]
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

#[derive(Clone, PartialEq, prost::Message)]
pub struct SmsTrace {
    /// "in-7" for the seventh message of the inbox.
    #[prost(string, tag = "1")]
    pub message_id: String,
    #[prost(string, tag = "3")]
    pub state: String,
    #[prost(uint32, tag = "4")]
    pub text_chars: u32,
    #[prost(string, tag = "5")]
    pub encoding: String,
    #[prost(string, tag = "6")]
    pub purpose: String,
    #[prost(uint64, tag = "7")]
    pub revision: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Sale {
    #[prost(string, tag = "2")]
    pub receipt_no: String,
    #[prost(int32, tag = "3")]
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
    #[prost(int32, tag = "11")]
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
    #[prost(bytes = "vec", tag = "60")]
    pub ledger_root: Vec<u8>,
    #[prost(uint64, tag = "61")]
    pub ledger_tree_size: u64,
    #[prost(string, tag = "30")]
    pub refund_transfer_id: String,
    #[prost(string, tag = "31")]
    pub traceparent: String,
    /// The ledger was asked and has not answered.
    #[prost(bool, tag = "32")]
    pub committing: bool,
    #[prost(string, tag = "33")]
    pub commit_refusal: String,
    #[prost(string, tag = "34")]
    pub resolve_transfer_id: String,
    #[prost(string, tag = "35")]
    pub short_no: String,
    #[prost(bool, tag = "36")]
    pub dispatch_released: bool,
    #[prost(int64, tag = "37")]
    pub not_before_ms: i64,
    #[prost(bool, tag = "38")]
    pub challenge_delivered: bool,
    #[prost(bool, tag = "39")]
    pub last_round: bool,
    #[prost(bool, tag = "40")]
    pub held_by_dispute: bool,
    /// When the days before the deny list began.
    #[prost(int64, tag = "41")]
    pub notice_ms: i64,
    #[prost(string, tag = "42")]
    pub notice_message_id: String,
    #[prost(int64, tag = "43")]
    pub listed_ms: i64,
    #[prost(bool, tag = "44")]
    pub stop_asked: bool,
    #[prost(bool, tag = "45")]
    pub listing_needs_person: bool,
    /// Empty where it is the sale's own id.
    #[prost(string, tag = "46")]
    pub pending_transfer_id: String,
    /// Of a void or a refund.
    #[prost(int64, tag = "47")]
    pub undo_ms: i64,
    #[prost(string, tag = "48")]
    pub undo_by: String,
    #[prost(string, tag = "49")]
    pub undo_job_id: String,
    #[prost(string, tag = "50")]
    pub far_refusal: String,
    #[prost(int32, tag = "51")]
    pub refused_effect: i32,
    #[prost(uint32, tag = "62")]
    pub payer_code_serial: u32,
}

impl Sale {
    pub fn is(&self, state: SaleState) -> bool {
        self.state == i32::from(state)
    }

    /// The transfer that reserves its amount.
    pub fn pending(&self, id: SaleId) -> Result<TransferId> {
        if self.pending_transfer_id.is_empty() {
            return Ok(TransferId(id.0));
        }
        records::parsed(&self.pending_transfer_id, "the transfer")
    }
}
