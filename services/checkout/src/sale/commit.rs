//! The place reserved for a sale before the ledger is asked (I1), and its receipt number once the ledger has it.

use jiff::tz::TimeZone;

use super::sale::{
    Commit, Evidence, EvidenceState, Presented, Receipt, ReceiptState, Sale, Sold, Stage, Step, Witnessed,
};
use crate::collection::{Asking, Deduction, State};
use crate::outbox::Effect;
use crate::payer::record::CodeCare;
use crate::risk::{self, ActionCodes, Limits, Moment, Verdict};
use crate::staff::Grant;
use crate::store::Tx;
use crate::texts::challenge_text::AMOUNT_MINOR_MAX;
use crate::values::ids::{JobId, RecordingId, SaleId, TransferId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};
use crate::values::short_code::{ReceiptCode, SaleNumber};

/// The chance that all are taken is below 10⁻²⁰ with a hundred open sales.
pub const NAMES_DRAWN: usize = 8;

/// The shop's limits and what follows from passing them.
#[derive(Clone)]
pub struct Rules {
    pub limits: Limits,
    pub codes: ActionCodes,
    /// The shop's, for the times that a refusal names.
    pub zone: TimeZone,
}

/// Decides once more in the transaction that reserves the sale's place; the ledger is asked next, under `transfer`.
pub fn begin_commit(
    tx: &mut Tx,
    id: SaleId,
    grant: Option<Grant>,
    rules: &Rules,
    moment: Moment,
    transfer: TransferId,
    actor: &str,
) -> Result<Sale> {
    let mut sale = tx.sale(id)?;
    let mut presented = match &sale.stage {
        Stage::Sold(_) | Stage::PayerOk { commit: Commit::Asked(_), .. } => return Ok(sale),
        Stage::Draft => {
            let message = "the sale has no payer yet; scan the payer's code first";
            return Err(Refusal::new(RefusalKind::WrongState, Reason::NO_PAYER, message));
        }
        Stage::Voided(_) => return Err(sale.cannot_be("committed")),
        Stage::PayerOk { payer, .. } => payer.clone(),
    };
    must_be_askable(&sale)?;
    let payer = tx.payer(presented.payer)?;
    presented.risk =
        risk::assess(tx, &payer, &presented.subject(id, sale.total_minor), &rules.limits, moment)?;
    match rules.codes.verdict(presented.risk) {
        Verdict::Allow => {}
        Verdict::NeedsApproval(_) if grant.is_some() => {}
        Verdict::NeedsApproval(bits) => return Err(risk::approval_needed(bits)),
        Verdict::Refuse(bits) => return Err(risk::refused(bits, &payer, &rules.zone)),
    }
    sale.stage = Stage::PayerOk { payer: presented, commit: Commit::Asked(transfer) };
    sale.touch(actor, tx.now);
    let actor = match grant {
        Some(grant) => grant.record(tx, id)?,
        None => actor.to_owned(),
    };
    tx.put_sale(&actor, &sale)?;
    tx.push(&Effect::Reserve { sale: id })?;
    Ok(sale)
}

/// An SMS states every sum it asks for (I9), so what no SMS can state is not sold on credit.
fn must_be_askable(sale: &Sale) -> Result<()> {
    if sale.lines.is_empty() {
        return Err(Refusal::field("lines", Reason::BASKET_EMPTY, "the basket is empty; scan goods first"));
    }
    if sale.total_minor <= 0 {
        let remedy = "a sale of nothing is not deducted; give the goods away or void it";
        return Err(Refusal::field("total.amount_minor", Reason::BASKET_INVALID, remedy));
    }
    if sale.total_minor > AMOUNT_MINOR_MAX {
        let message = "a single sale is at most 99999.99; split it or take cash";
        return Err(Refusal::new(RefusalKind::WrongState, Reason::OVER_SALE_LIMIT, message));
    }
    Ok(())
}

/// Candidates for the names that people use; a taken one is passed over.
pub struct Names {
    pub lookup_codes: [[u8; 5]; NAMES_DRAWN],
    pub sale_numbers: [u32; NAMES_DRAWN],
}

impl Names {
    /// A look-up code that no sale has, and a number that no open sale of this payer has.
    fn free(&self, tx: &Tx, presented: &Presented) -> Result<(ReceiptCode, SaleNumber)> {
        let open = tx.open_deductions_of(presented.payer)?;
        let taken = |number: &SaleNumber| open.iter().any(|other| other.number == *number);
        let number = self.sale_numbers.map(SaleNumber::from_random).into_iter().find(|number| !taken(number));
        for code in self.lookup_codes.map(ReceiptCode::from_random) {
            if let (false, Some(number)) = (tx.has_lookup_code(code)?, number) {
                return Ok((code, number));
            }
        }
        let message = "no free name was drawn for the sale; the random numbers of this machine repeat";
        Err(Refusal::internal(message))
    }
}

/// What the ledger's answer and the moment give a sale.
pub struct Committed {
    pub ledger: Witnessed,
    pub day: String,
    pub names: Names,
    pub recording: RecordingId,
    pub job: JobId,
    pub resolve: TransferId,
    pub goods_sha256: [u8; 32],
    /// `dispatch = auto`: the challenge goes out without a person.
    pub released: bool,
    /// The till says aloud that it is recorded.
    pub announced: bool,
}

/// COMMITTED: the amount is reserved, and only then the sale gets its receipt number.
pub fn committed(tx: &mut Tx, id: SaleId, answer: Committed) -> Result<()> {
    let mut sale = tx.sale(id)?;
    let Stage::PayerOk { payer, commit: Commit::Asked(pending) } = sale.stage.clone() else { return Ok(()) };
    let (lookup_code, number) = answer.names.free(tx, &payer)?;
    let known = tx.payer(payer.payer)?;
    let deduction = Deduction {
        sale: id,
        payer: payer.payer,
        account: known.account,
        amount_minor: sale.total_minor,
        currency: sale.currency,
        number,
        sold_at: tx.now,
        day: answer.day.clone(),
        state: State::Forming,
        evidence: None,
        asking: Asking { released: answer.released, ..Asking::default() },
        held: false,
        disputes: Vec::new(),
        pending,
        resolve: answer.resolve,
        presentments: Vec::new(),
        payments: Vec::new(),
        refunds: Vec::new(),
        upheld: None,
        sms: Vec::new(),
        parked: None,
        debit_on: None,
    };
    sale.stage = Stage::Sold(Box::new(Sold {
        payer,
        receipt_no: tx.take_receipt_no(&answer.day)?,
        number,
        at: tx.now,
        step: Step::Committed,
        receipt: Receipt {
            job: answer.job,
            state: ReceiptState::None,
            confidence: String::new(),
            original_may_exist: false,
            copies: 0,
            lookup_code,
            laid_out: None,
            fenced_at: None,
            last_byte_at: None,
            job_revision: 0,
        },
        evidence: Evidence {
            recording: answer.recording,
            state: EvidenceState::None,
            partial_reasons: Vec::new(),
            photo_1_sha256: None,
            photo_1_late: false,
            photo_2_sha256: None,
            manifest_sha256: None,
            goods_sha256: answer.goods_sha256,
            override_by: None,
            video_running: false,
            stop_asked: false,
        },
        ledger: answer.ledger,
    }));
    let cashier = sale.cashier.clone();
    tx.put_sale(&cashier, &sale)?;
    tx.put_deduction(&cashier, &deduction)?;
    tx.push(&Effect::HoldRecording { sale: id })?;
    tx.push(&Effect::PrintReceipt { sale: id })?;
    if answer.announced {
        tx.push(&Effect::Announce { sale: id })?;
    }
    if known.code_care == CodeCare::Exposed {
        tx.push(&Effect::RenewCode { payer: known.id })?;
    }
    Ok(())
}

/// The ledger refused, and its id is spent there: the next attempt takes another.
pub fn refused(tx: &mut Tx, id: SaleId, reason: &str) -> Result<()> {
    let mut sale = tx.sale(id)?;
    if let Stage::PayerOk { commit: commit @ Commit::Asked(_), .. } = &mut sale.stage {
        *commit = Commit::Refused(reason.to_owned());
        tx.put_sale("system", &sale)?;
    }
    Ok(())
}
