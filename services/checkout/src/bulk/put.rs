//! Sales in any public state, as the real steps leave them.

use iso_currency::Currency;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::collection::{
    After, Asking, Deduction, Notice, Payment, Presentment, Returned, SealedEvidence, State,
};
use crate::risk::RiskResult;
use crate::sale::state::SaleState;
use crate::sale::{
    Commit, Evidence, EvidenceState, LaidOut, Opening, Presented, Receipt, ReceiptState, Sale, ScanSource,
    Sold, SoldLine, Stage, Step, Voided, Witnessed,
};
use crate::values::ids::{AccountId, PayerId, SaleId};
use crate::values::short_code::{ReceiptCode, SaleNumber};

pub const LANE: &str = "01";
pub const CASHIER: &str = "li";
const HASH: [u8; 32] = [7; 32];

/// A sale and what is owed for it.
pub struct Put {
    pub sale: Sale,
    pub deduction: Option<Deduction>,
}

/// To whom it is sold, when.
pub struct Occasion {
    pub sale: SaleId,
    pub payer: PayerId,
    pub account: AccountId,
    pub at: Timestamp,
    pub day: String,
}

impl Occasion {
    /// An id that belongs to this sale.
    pub fn id<T: From<[u8; 16]>>(&self, what: &str) -> T {
        let hash = Sha256::new().chain_update(self.sale.to_bytes()).chain_update(what).finalize();
        T::from(std::array::from_fn(|at| hash[at]))
    }

    fn random(&self) -> u32 {
        let hash = Sha256::digest(self.sale.to_bytes());
        u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
    }

    fn number(&self) -> SaleNumber {
        SaleNumber::from_random(self.random())
    }
}

pub fn in_state(state: SaleState, total_minor: i64, occasion: &Occasion, receipt_no: &str) -> Put {
    let opening =
        Opening { till: "01", lane: LANE, cashier: CASHIER, currency: Currency::CNY, traceparent: None };
    let mut sale = Sale::draft(occasion.sale, opening, occasion.at);
    sale.lines = vec![SoldLine {
        description: "tea".into(),
        quantity_milli: 1000,
        unit_price_minor: total_minor,
        total_minor,
        ..SoldLine::default()
    }];
    sale.total_minor = total_minor;
    sale.stage = match state {
        SaleState::Draft => Stage::Draft,
        SaleState::PayerOk => Stage::PayerOk { payer: presented(occasion), commit: Commit::NotAsked },
        SaleState::Voided => Stage::Voided(Voided {
            at: occasion.at,
            by: CASHIER.into(),
            notice: Some(occasion.id("notice")),
            payer: None,
            sold: Some(Box::new(sold(SaleState::Printing, occasion, receipt_no))),
        }),
        _ => Stage::Sold(Box::new(sold(state, occasion, receipt_no))),
    };
    Put { sale, deduction: owed(state, occasion).map(|owed| deduction(owed, total_minor, occasion)) }
}

fn presented(occasion: &Occasion) -> Presented {
    Presented {
        payer: occasion.payer,
        source: Some(ScanSource::Serial),
        engine: "test".into(),
        at: occasion.at,
        code_serial: None,
        foreign: false,
        risk: RiskResult::NONE,
        same_person: Some(true),
    }
}

fn sold(state: SaleState, occasion: &Occasion, receipt_no: &str) -> Sold {
    let released = Step::Released { at: occasion.at, by_timeout: false };
    let (step, receipt, evidence) = match state {
        SaleState::Committed => (Step::Committed, ReceiptState::None, EvidenceState::Recording),
        SaleState::Printing => (Step::Printing, ReceiptState::Printed, EvidenceState::Sealed),
        SaleState::Released => (released, ReceiptState::Printed, EvidenceState::Recording),
        _ => (released, ReceiptState::Printed, EvidenceState::Sealed),
    };
    let random = occasion.random().to_be_bytes();
    Sold {
        payer: presented(occasion),
        receipt_no: receipt_no.to_owned(),
        number: occasion.number(),
        at: occasion.at,
        step,
        receipt: Receipt {
            job: occasion.id("receipt"),
            state: receipt,
            confidence: String::new(),
            original_may_exist: receipt == ReceiptState::Printed,
            copies: 0,
            lookup_code: ReceiptCode::from_random([1, random[0], random[1], random[2], random[3]]),
            laid_out: (receipt != ReceiptState::None)
                .then(|| LaidOut { signed_qr: "CHIT1:".into(), photo_sha256: Some(HASH) }),
            fenced_at: (receipt == ReceiptState::Printed).then_some(occasion.at),
            last_byte_at: None,
            job_revision: 0,
        },
        evidence: Evidence {
            recording: occasion.id("recording"),
            state: evidence,
            partial_reasons: Vec::new(),
            photo_1_sha256: Some([1; 32]),
            photo_1_late: false,
            photo_2_sha256: None,
            manifest_sha256: evidence.is_sealed().then_some(HASH),
            goods_sha256: HASH,
            override_by: None,
            video_running: true,
            stop_asked: false,
        },
        ledger: Witnessed { seq: 1, tree_size: 1, root: None },
    }
}

/// What the state says of the deduction; none before there is one.
fn owed(state: SaleState, occasion: &Occasion) -> Option<State> {
    Some(match state {
        SaleState::Draft | SaleState::PayerOk => return None,
        SaleState::Committed | SaleState::Printing | SaleState::Released | SaleState::Sealed => {
            State::Forming
        }
        SaleState::Queued => State::Queued,
        SaleState::Challenged => State::Challenged,
        SaleState::Verified => State::Verified,
        SaleState::Submitted => State::Submitted,
        SaleState::Settled => State::Settled,
        SaleState::Voided => State::Voided,
        SaleState::Rejected => State::Rejected,
        SaleState::Unreachable => State::Unreachable,
        SaleState::BadPending => State::BadPending(Notice::default()),
        SaleState::BadListed => {
            let until = occasion.at + SignedDuration::from_hours(2 * 365 * 24);
            State::BadListed { since: occasion.at, until }
        }
        SaleState::Cleared => State::Cleared,
        SaleState::Expired => State::Expired,
        SaleState::WrittenOff => State::WrittenOff,
        SaleState::PaidOtherwise => State::PaidOtherwise,
        SaleState::Returned => State::Returned(After::Person),
    })
}

fn deduction(state: State, amount_minor: i64, occasion: &Occasion) -> Deduction {
    let at = occasion.at;
    let presented = matches!(state, State::Submitted | State::Settled | State::Returned(_));
    let presentment = Presentment {
        id: occasion.id("resolve"),
        batch: occasion.id("batch"),
        submitted_at: at,
        amount_minor,
        collect_on: None,
        accepted_at: None,
        settled_at: (state == State::Settled).then_some(at),
        returned: matches!(state, State::Returned(_)).then(|| Returned { at, reason: "AM04".into() }),
    };
    let paid = matches!(state, State::PaidOtherwise | State::Cleared);
    let payment = Payment { id: occasion.id("payment"), amount_minor, at, by: CASHIER.into() };
    let sealed = !matches!(state, State::Forming | State::Voided);
    Deduction {
        sale: occasion.sale,
        payer: occasion.payer,
        account: occasion.account,
        amount_minor,
        currency: Currency::CNY,
        number: occasion.number(),
        sold_at: at,
        day: occasion.day.clone(),
        evidence: sealed.then_some(SealedEvidence { manifest_sha256: HASH, whole: true }),
        asking: Asking { released: true, ..Asking::default() },
        held: false,
        disputes: Vec::new(),
        pending: occasion.id("pending"),
        resolve: occasion.id("resolve"),
        presentments: presented.then_some(presentment).into_iter().collect(),
        payments: paid.then_some(payment).into_iter().collect(),
        refunds: Vec::new(),
        upheld: None,
        sms: Vec::new(),
        parked: None,
        debit_on: None,
        state,
    }
}
