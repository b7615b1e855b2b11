//! Sales of the year before: settled, but for the newest. With each stands what its dialogue and its calls left, as long
//! as it is kept.

use std::ops::Range;
use std::sync::Arc;

use chit_proto::checkout::v1::CommitSaleResponse;
use iso_currency::Currency;
use jiff::{SignedDuration, Timestamp};
use ulid::Ulid;

use super::put::{self, CASHIER, Occasion, Put};
use super::{Town, payer_id, phone};
use crate::api::shown::Shown;
use crate::collection::{Batch, BatchState};
use crate::context::Shop;
use crate::outbox::message::{Message, Purpose, Window};
use crate::payer::code_card::Row;
use crate::sale::EvidencePolicy;
use crate::sale::state::SaleState;
use crate::schedule::prune::{REQUESTS_KEPT_MS, messages_kept_ms};
use crate::store::Tx;
use crate::store::requests::{Body, Caller, RequestKey};
use crate::values::ids::{BatchId, SaleId};
use crate::values::refusal::{Refusal, Result};
use crate::values::sms_text::SmsText;
use crate::values::time::DAY_MS;
use crate::verification::challenge::{Asks, Challenge, ChallengeState, VALID_MS};

/// The newest sale is a day old, the oldest a year more.
const NEWEST: SignedDuration = SignedDuration::from_hours(24);
const YEAR_MS: i64 = 365 * DAY_MS;
/// Calls that a till makes for one sale; each answer is remembered for a month.
const CALLS: [&str; 6] = [
    "StartSaleRequest",
    "SetBasketRequest",
    "PresentPayerRequest",
    "ConfirmPersonRequest",
    "CommitSaleRequest",
    "ReleaseSaleRequest",
];
const CHALLENGE: &str = "HUIMIN SHOPS: 24 Nov 18:05 CNY 12.50 no 8F3K. To pay reply row 23 of your card (6 digits). \
                         Not you: 0. Wrong: ERR. Valid 24h. Proof 7K2M9QX4TD";
const TOTAL_MINOR: i64 = 1_250;

/// Where the writing stands: the day that is being sold, and what is settled of it.
pub struct Past {
    shop: Arc<Shop>,
    town: Town,
    now: Timestamp,
    day: String,
    batch: BatchId,
    settled: Vec<SaleId>,
}

impl Past {
    pub fn of(shop: &Arc<Shop>, town: Town, now: Timestamp) -> Self {
        let (batch, settled) = (BatchId(Ulid::nil()), Vec::new());
        Self { shop: shop.clone(), town, now, day: String::new(), batch, settled }
    }

    pub fn sell_all(mut self, tx: &mut Tx, sales: Range<usize>) -> Result<Self> {
        for n in sales {
            self.sell(tx, n)?;
        }
        Ok(self)
    }

    /// What settled on one day settled in one batch.
    pub fn close_day(&mut self, tx: &mut Tx) -> Result<()> {
        let sales = std::mem::take(&mut self.settled);
        if sales.is_empty() {
            return Ok(());
        }
        let batch = Batch {
            id: self.batch,
            state: BatchState::Settled,
            rail: "house".into(),
            total_minor: TOTAL_MINOR * i64::try_from(sales.len()).unwrap_or_default(),
            sales,
            currency: Currency::CNY,
            created_at: tx.now,
            actor: CASHIER.into(),
        };
        tx.put_batch(CASHIER, &batch)
    }

    fn sell(&mut self, tx: &mut Tx, n: usize) -> Result<()> {
        let left = i64::try_from(self.town.sales - n).unwrap_or_default();
        let each_ms = YEAR_MS / i64::try_from(self.town.sales).unwrap_or(i64::MAX).max(1);
        let at = self.now - NEWEST - SignedDuration::from_millis(left * each_ms);
        // Those of the newest sales are payers of their own.
        let payer = payer_id(n % self.town.payers);
        let day = self.shop.voice.quiet.local_day(at).strftime("%Y%m%d").to_string();
        let occasion = Occasion { sale: id_at(at, n), payer, account: tx.payer(payer)?.account, at, day };
        tx.now = at;
        if occasion.day != self.day {
            self.close_day(tx)?;
            (self.day, self.batch) = (occasion.day.clone(), occasion.id("batch"));
        }
        let receipt_no = tx.take_receipt_no(&occasion.day)?;
        let open = n >= self.town.sales - self.town.open;
        let state = if open { SaleState::Queued } else { SaleState::Settled };
        let mut put = put::in_state(state, TOTAL_MINOR, &occasion, &receipt_no);
        if !open {
            self.settle(tx, &mut put, &occasion, n)?;
        }
        tx.put_sale(CASHIER, &put.sale)?;
        if let Some(deduction) = &put.deduction {
            tx.put_deduction(CASHIER, deduction)?;
        }
        if self.is_kept(at, REQUESTS_KEPT_MS) {
            remember(tx, &occasion)?;
        }
        Ok(())
    }

    fn is_kept(&self, at: Timestamp, for_ms: i64) -> bool {
        at >= self.now - SignedDuration::from_millis(for_ms)
    }

    /// It was asked for, answered and collected.
    fn settle(&mut self, tx: &mut Tx, put: &mut Put, occasion: &Occasion, n: usize) -> Result<()> {
        let challenge = Challenge {
            id: id_at(occasion.at, n),
            payer: occasion.payer,
            asks: Asks::Sales(vec![occasion.sale]),
            row: Row::all().nth(n % 60).ok_or_else(|| Refusal::internal("a card has sixty rows"))?,
            round: 1,
            state: ChallengeState::Answered,
            wrong_tries: 0,
            wrong_codes: Vec::new(),
            message: id_at(occasion.at, n),
            created_at: occasion.at,
            submitted_at: Some(occasion.at),
            ends_heard_ms: Some(VALID_MS),
            delivered: true,
            evidence_sha256: [7; 32],
            reminded: false,
            card: [1; 16],
            text_salt: [2; 16],
            verdict: Vec::new(),
        };
        let message = Message {
            id: challenge.message,
            payer: occasion.payer,
            to: phone(n % self.town.payers)?,
            text: SmsText::new(CHALLENGE.into()).ok_or_else(|| Refusal::internal("it fits one SMS"))?,
            purpose: Purpose::Challenge,
            challenge: Some(challenge.id),
            sales: vec![occasion.sale],
            window: Window::default(),
        };
        if let Some(deduction) = &mut put.deduction {
            deduction.asking.challenge = Some(challenge.id);
            deduction.asking.rounds = 1;
            deduction.presentments.iter_mut().for_each(|presentment| presentment.batch = self.batch);
        }
        self.settled.push(occasion.sale);
        if self.is_kept(occasion.at, messages_kept_ms(&self.shop)) {
            tx.put_message(&message)?;
        }
        tx.put_challenge("system", &challenge)
    }
}

fn remember(tx: &mut Tx, occasion: &Occasion) -> Result<()> {
    let sale = Shown::read(tx, occasion.sale)?.to_proto(EvidencePolicy::RequirePhoto);
    let answer = CommitSaleResponse { sale: Some(sale) };
    for name in CALLS {
        let request = RequestKey::new(&Caller("uid:0".into()), &occasion.id::<SaleId>(name).to_string());
        tx.remember(&request, &Body { name, bytes: occasion.sale.to_bytes().to_vec() }, &answer);
    }
    Ok(())
}

/// Ids sort by the time that they begin with.
fn id_at<T: From<[u8; 16]>>(at: Timestamp, n: usize) -> T {
    let ms = u64::try_from(at.as_millisecond()).unwrap_or_default();
    Ulid::from_parts(ms, n as u128 | 1 << 79).to_bytes().into()
}
