//! The last line of stdout.

use std::path::PathBuf;

use chit_proto::checkout::v1::{Dispute, DisputeState, PayerScanSource, Sale, SmsTrace};
use serde::Serialize;

pub enum Outcome {
    Settled(Box<Report>),
    Refused(Refusal),
}

/// The payer's code was not accepted.
#[derive(Debug, Serialize)]
pub struct Refusal {
    pub sale_id: String,
    pub state: &'static str,
    pub reason: String,
    pub message: String,
}

/// Sale 1, and what became of both disputes.
#[derive(Debug, Serialize)]
pub struct Report {
    pub sale_id: String,
    pub receipt_no: String,
    pub state: String,
    pub amount_minor: i64,
    pub currency_code: String,
    pub payer_qr_png: PathBuf,
    pub payer_scan: PayerScan,
    pub receipt: Receipt,
    pub evidence: Evidence,
    pub sms: Vec<Sms>,
    pub settlement: Settlement,
    pub ledger: Ledger,
    pub disputes: Vec<DisputeLine>,
    pub timings_ms: Timings,
}

#[derive(Debug, Serialize)]
pub struct PayerScan {
    pub source: &'static str,
    pub engine: String,
}

#[derive(Debug, Serialize)]
pub struct Receipt {
    pub escpos: PathBuf,
    pub png: PathBuf,
    pub original: u32,
    pub copies: u32,
}

#[derive(Debug, Serialize)]
pub struct Evidence {
    pub video: PathBuf,
    pub photos: Vec<PathBuf>,
    pub manifest: PathBuf,
    pub sealed: bool,
}

#[derive(Debug, Serialize)]
pub struct Sms {
    pub direction: &'static str,
    pub state: String,
    pub text_chars: u32,
    pub encoding: String,
}

#[derive(Debug, Serialize)]
pub struct Settlement {
    pub batch_id: String,
    pub rail: String,
}

#[derive(Debug, Serialize)]
pub struct Ledger {
    pub debits_minor: i64,
    pub credits_minor: i64,
    pub chain_ok: bool,
}

#[derive(Debug, Serialize)]
pub struct DisputeLine {
    pub id: String,
    pub sale_id: String,
    pub state: &'static str,
}

#[derive(Debug, Serialize)]
pub struct Timings {
    pub scan_to_receipt_last_byte: u64,
    pub total: u64,
}

impl PayerScan {
    pub fn of(sale: &Sale) -> Self {
        let source = match sale.payer_scan_source() {
            PayerScanSource::Unspecified => "UNKNOWN",
            PayerScanSource::Serial => "SERIAL",
            PayerScanSource::Camera => "CAMERA",
            PayerScanSource::Caller => "CALLER",
        };
        Self { source, engine: sale.payer_scan_engine.clone() }
    }
}

impl Sms {
    pub fn of(trace: &SmsTrace) -> Self {
        Self {
            direction: if trace.inbound { "in" } else { "out" },
            state: trace.state.clone(),
            text_chars: trace.text_chars,
            encoding: trace.encoding.clone(),
        }
    }
}

impl DisputeLine {
    pub fn of(dispute: &Dispute) -> Self {
        let state = match dispute.state() {
            DisputeState::Unspecified => "UNKNOWN",
            DisputeState::Open => "OPEN",
            DisputeState::Upheld => "UPHELD",
            DisputeState::Dismissed => "DISMISSED",
            DisputeState::Withdrawn => "WITHDRAWN",
        };
        Self { id: dispute.dispute_id.clone(), sale_id: dispute.sale_id.clone(), state }
    }
}
