//! A sale at the counter: from the basket to the payer's leaving. Each stage owns what only it has.

use iso_currency::Currency;
use jiff::Timestamp;

use super::state::SaleState;
use crate::collection::Deduction;
use crate::risk::{Face, RiskResult, Subject};
use crate::values::ids::{JobId, PayerId, RecordingId, SaleId, TransferId};
use crate::values::name::Named;
use crate::values::refusal::{Refusal, Result};
use crate::values::short_code::{ReceiptCode, SaleNumber};

/// The numbers are the interface's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReceiptState {
    #[default]
    None = 0,
    Waiting = 1,
    Blocked = 2,
    Printing = 3,
    Printed = 4,
    InDoubt = 5,
    Failed = 6,
}

impl ReceiptState {
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Waiting,
        Self::Blocked,
        Self::Printing,
        Self::Printed,
        Self::InDoubt,
        Self::Failed,
    ];
}

/// The numbers are the interface's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum EvidenceState {
    #[default]
    None = 0,
    Recording = 1,
    Sealed = 2,
    Partial = 3,
}

impl EvidenceState {
    pub const ALL: [Self; 4] = [Self::None, Self::Recording, Self::Sealed, Self::Partial];

    pub fn is_sealed(self) -> bool {
        matches!(self, Self::Sealed | Self::Partial)
    }
}

/// The numbers are the interface's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanSource {
    Serial = 1,
    Camera = 2,
    Caller = 3,
}

impl ScanSource {
    pub const ALL: [Self; 3] = [Self::Serial, Self::Camera, Self::Caller];
}

/// One line of goods as sold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SoldLine {
    pub gtin: String,
    pub description: String,
    pub quantity_milli: i64,
    pub unit_price_minor: i64,
    pub total_minor: i64,
}

/// A payer code that was shown for this sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Presented {
    pub payer: PayerId,
    pub source: Option<ScanSource>,
    pub engine: String,
    pub at: Timestamp,
    /// None where an older program did not keep it.
    pub code_serial: Option<u16>,
    /// Another shop's till issued it.
    pub foreign: bool,
    pub risk: RiskResult,
    pub same_person: Option<bool>,
}

impl Presented {
    pub fn subject(&self, sale: SaleId, amount_minor: i64) -> Subject {
        Subject {
            sale,
            amount_minor,
            code_serial: self.code_serial,
            foreign_code: self.foreign,
            face: match self.same_person {
                Some(true) => Face::Same,
                Some(false) => Face::Different,
                None => Face::NotAsked,
            },
        }
    }
}

/// Whether the ledger is asked for the amount.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Commit {
    NotAsked,
    /// It is asked under this id, and has not answered yet.
    Asked(TransferId),
    /// It refused; the id is spent, and the next attempt takes another.
    Refused(String),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    pub job: JobId,
    pub state: ReceiptState,
    pub confidence: String,
    pub original_may_exist: bool,
    pub copies: u32,
    pub lookup_code: ReceiptCode,
    /// Fixed once, so that a resubmitted job has the same content.
    pub laid_out: Option<LaidOut>,
    /// When the printer said that all of it is on paper.
    pub fenced_at: Option<Timestamp>,
    pub last_byte_at: Option<Timestamp>,
    /// The job's newest revision that was noted: a stream that starts over tells nothing new.
    pub job_revision: u64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LaidOut {
    pub signed_qr: String,
    pub photo_sha256: Option<[u8; 32]>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    pub recording: RecordingId,
    pub state: EvidenceState,
    pub partial_reasons: Vec<String>,
    pub photo_1_sha256: Option<[u8; 32]>,
    pub photo_1_late: bool,
    pub photo_2_sha256: Option<[u8; 32]>,
    pub manifest_sha256: Option<[u8; 32]>,
    pub goods_sha256: [u8; 32],
    /// Who let the sale go without the evidence that policy asks for.
    pub override_by: Option<String>,
    pub video_running: bool,
    /// The clip was asked to end.
    pub stop_asked: bool,
}

impl Evidence {
    /// Neither PARTIAL nor overridden.
    pub fn is_whole(&self) -> bool {
        self.state == EvidenceState::Sealed && self.override_by.is_none()
    }
}

/// Where the ledger's record of the reservation stands, and the root of its tree then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Witnessed {
    pub seq: u64,
    pub tree_size: u64,
    pub root: Option<[u8; 32]>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    Committed,
    Printing,
    Released { at: Timestamp, by_timeout: bool },
}

/// Committed: it has a receipt number, and its amount is reserved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sold {
    pub payer: Presented,
    pub receipt_no: String,
    pub number: SaleNumber,
    pub at: Timestamp,
    pub step: Step,
    pub receipt: Receipt,
    pub evidence: Evidence,
    pub ledger: Witnessed,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Voided {
    pub at: Timestamp,
    pub by: String,
    /// The paper that takes the receipt back.
    pub notice: Option<JobId>,
    /// What it was until then: nothing but a basket, or sold.
    pub payer: Option<Presented>,
    pub sold: Option<Box<Sold>>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stage {
    Draft,
    PayerOk { payer: Presented, commit: Commit },
    Sold(Box<Sold>),
    Voided(Voided),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sale {
    pub id: SaleId,
    pub till: String,
    /// Which till or client it belongs to: scans and releases follow it.
    pub lane: String,
    pub cashier: String,
    pub currency: Currency,
    pub opened_at: Timestamp,
    /// When somebody last changed basket or payer.
    pub touched_at: Timestamp,
    /// W3C traceparent of the call that opened it: later steps join its trace.
    pub traceparent: Option<String>,
    pub lines: Vec<SoldLine>,
    pub total_minor: i64,
    pub stage: Stage,
    /// Who had a hand in it: they neither approve nor judge it.
    pub touched_by: Vec<String>,
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

/// Where a sale is opened.
pub struct Opening<'a> {
    pub till: &'a str,
    pub lane: &'a str,
    pub cashier: &'a str,
    pub currency: Currency,
    pub traceparent: Option<String>,
}

impl Sale {
    pub fn draft(id: SaleId, opening: Opening<'_>, now: Timestamp) -> Self {
        Self {
            id,
            till: opening.till.to_owned(),
            lane: opening.lane.to_owned(),
            cashier: opening.cashier.to_owned(),
            currency: opening.currency,
            opened_at: now,
            touched_at: now,
            traceparent: opening.traceparent,
            lines: Vec::new(),
            total_minor: 0,
            stage: Stage::Draft,
            touched_by: vec![opening.cashier.to_owned()],
        }
    }

    /// Its state as the interface shows it: the sale's own until it is sealed, its deduction's from then on.
    pub fn state(&self, deduction: Option<&Deduction>) -> SaleState {
        if let Some(shown) = deduction.and_then(|deduction| SaleState::of_deduction(deduction.step())) {
            return shown;
        }
        match &self.stage {
            Stage::Draft => SaleState::Draft,
            Stage::PayerOk { .. } => SaleState::PayerOk,
            Stage::Voided(_) => SaleState::Voided,
            Stage::Sold(sold) => match sold.step {
                Step::Committed => SaleState::Committed,
                Step::Printing => SaleState::Printing,
                Step::Released { .. } if sold.evidence.state.is_sealed() => SaleState::Sealed,
                Step::Released { .. } => SaleState::Released,
            },
        }
    }

    /// Committed, whatever became of it.
    pub fn sold(&self) -> Option<&Sold> {
        match &self.stage {
            Stage::Sold(sold) => Some(sold),
            Stage::Voided(voided) => voided.sold.as_deref(),
            _ => None,
        }
    }

    pub fn sold_mut(&mut self) -> Option<&mut Sold> {
        match &mut self.stage {
            Stage::Sold(sold) => Some(sold),
            Stage::Voided(voided) => voided.sold.as_deref_mut(),
            _ => None,
        }
    }

    pub fn presented(&self) -> Option<&Presented> {
        match &self.stage {
            Stage::Draft => None,
            Stage::PayerOk { payer, .. } => Some(payer),
            Stage::Sold(sold) => Some(&sold.payer),
            Stage::Voided(voided) => voided.payer.as_ref().or(voided.sold.as_ref().map(|sold| &sold.payer)),
        }
    }

    pub fn is_voided(&self) -> bool {
        matches!(self.stage, Stage::Voided(_))
    }

    /// Basket and payer may change; not while the ledger is being asked, for it was told the sum.
    pub fn must_be_editable(&self, doing: &str) -> Result<()> {
        match &self.stage {
            Stage::PayerOk { commit: Commit::Asked(_), .. } => {
                Err(Refusal::wrong_state("the sale is being committed; try again in a moment"))
            }
            Stage::Draft | Stage::PayerOk { .. } => Ok(()),
            _ => Err(self.cannot_be(doing)),
        }
    }

    pub fn cannot_be(&self, doing: &str) -> Refusal {
        Refusal::wrong_state(format!("the sale is {}; it cannot be {doing} now", self.state(None).name()))
    }

    /// The receipt is on paper and only the payer's leaving is missing.
    pub fn waits_for_release(&self) -> bool {
        matches!(&self.stage, Stage::Sold(sold)
            if sold.step == Step::Printing && sold.receipt.state == ReceiptState::Printed)
    }

    /// Photo 1 or the video that policy asks for is missing (I2), and nobody took the responsibility.
    pub fn evidence_missing(&self, policy: EvidencePolicy) -> bool {
        let Some(sold) = self.sold() else { return false };
        let (photo, video) = (sold.evidence.photo_1_sha256.is_some(), sold.evidence.video_running);
        let enough = match policy {
            EvidencePolicy::RequirePhoto => photo,
            EvidencePolicy::RequireVideo => photo && video,
            EvidencePolicy::BestEffort => true,
        };
        !enough && sold.evidence.override_by.is_none()
    }

    /// Somebody had a hand in it.
    pub fn touch(&mut self, actor: &str, now: Timestamp) {
        self.touched_at = now;
        let person = !matches!(actor, "system" | "payer");
        if person && !self.touched_by.iter().any(|known| known == actor) {
            self.touched_by.push(actor.to_owned());
        }
    }
}
