//! What happens at the counter: goods, payer code, commit, release. Each function is one step of DESIGN's flow.

use std::sync::Arc;

use iso_currency::Currency;
use jiff::{SignedDuration, Timestamp};

use crate::domain::approval::Act;
use crate::domain::basket::{Basket, LineInput};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::payer_code::{self, DayNumber, PayerCode};
use crate::domain::people::{Payer, PayerState};
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::domain::risk::{self, ActionCodes, Exposure, Face, Limits, RiskResult, Standing, Verdict};
use crate::domain::sale::{EvidenceState, PayerScanSource, ReceiptState, Sale, SaleState, SoldLine};
use crate::domain::scan_route::{self, Gtin, ScanRoute};
use crate::keys::PAYER_CODE_KEY_ID;
use crate::saga;
use crate::shop::Shop;
use crate::staff::ApprovalInput;
use crate::store::{Rows, Tx};

/// A payer's code as it was read.
pub struct PayerScan {
    pub code: Vec<u8>,
    pub source: PayerScanSource,
    pub engine: String,
}

/// Whether a sale may be committed as it stands.
const EDITABLE: [SaleState; 2] = [SaleState::Draft, SaleState::PayerOk];

pub fn set_basket(
    tx: &mut Tx,
    sale_id: &str,
    lines: &[LineInput],
    total_minor: i64,
    currency: &str,
) -> Result<Sale> {
    let mut sale = tx.sale(sale_id)?;
    sale.must_be(&EDITABLE, "given other goods")?;
    if currency != sale.currency_code {
        let remedy = format!("use {}, the shop's currency", sale.currency_code);
        return Err(Refusal::field("total.currency_code", "CURRENCY_UNKNOWN", remedy));
    }
    put_goods(&mut sale, lines, Some(total_minor))?;
    tx.put_sale(&sale.cashier.clone(), &sale)?;
    Ok(sale)
}

fn put_goods(sale: &mut Sale, lines: &[LineInput], total_minor: Option<i64>) -> Result<()> {
    let basket = Basket::new(&sale.currency_code, lines, total_minor).map_err(|error| {
        let reason = match error.field.as_str() {
            "total_minor" => "TOTAL_MISMATCH",
            "lines" if lines.is_empty() => "BASKET_EMPTY",
            "lines" => "BASKET_TOO_LARGE",
            field if field.ends_with("line_total_minor") && !error.remedy.contains("negative") => {
                "TOTAL_MISMATCH"
            }
            _ if error.remedy.contains("negative") => "AMOUNT_NEGATIVE",
            _ => "BASKET_INVALID",
        };
        // The interface calls these fields total.amount_minor and lines[i].total_minor.
        let field = match error.field.as_str() {
            "total_minor" => "total.amount_minor".to_owned(),
            other => other.replace("line_total_minor", "total_minor"),
        };
        Refusal::field(field, reason, error.remedy)
    })?;
    sale.lines = basket
        .lines()
        .iter()
        .map(|line| SoldLine {
            gtin: line.gtin.map(|gtin| gtin.to_string()).unwrap_or_default(),
            description: line.description.clone(),
            quantity_milli: line.quantity_milli,
            unit_price_minor: line.unit_price_minor,
            total_minor: line.line_total_minor,
        })
        .collect();
    sale.total_minor = basket.total().minor;
    Ok(())
}

/// Goods of the catalogue that the handheld read: one more of them.
pub async fn add_scanned_goods(shop: &Arc<Shop>, sale_id: &str, code: &str) -> Result<Sale> {
    let same = |gtin: &str| match (Gtin::parse(gtin), Gtin::parse(code)) {
        (Some(left), Some(right)) => left == right,
        _ => gtin == code,
    };
    let item = shop.cfg.catalogue.iter().find(|item| same(&item.gtin)).cloned().ok_or_else(|| {
        Refusal::new(
            RefusalKind::NotFound,
            "GOODS_UNKNOWN",
            "the catalogue does not know these goods; type them in",
        )
    })?;
    let sale_id = sale_id.to_owned();
    shop.store
        .write(move |tx| {
            let mut sale = tx.sale(&sale_id)?;
            sale.must_be(&EDITABLE, "given more goods")?;
            let mut lines: Vec<LineInput> = sale.lines.iter().map(line_input).collect();
            match lines.iter_mut().find(|line| same_item(line, &item)) {
                Some(line) => line.quantity_milli += 1000,
                None => lines.push(LineInput {
                    description: item.description.clone(),
                    gtin: item.gtin.clone(),
                    quantity_milli: 1000,
                    unit_price_minor: item.unit_price_minor,
                    ..LineInput::default()
                }),
            }
            for line in &mut lines {
                line.line_total_minor = line_total(line)?;
            }
            put_goods(&mut sale, &lines, None)?;
            tx.put_sale(&sale.cashier.clone(), &sale)?;
            Ok(sale)
        })
        .await
}

fn same_item(line: &LineInput, item: &crate::config::CatalogueItem) -> bool {
    Gtin::parse(&line.gtin).is_some_and(|gtin| Gtin::parse(&item.gtin) == Some(gtin))
        && line.unit_price_minor == item.unit_price_minor
}

fn line_input(line: &SoldLine) -> LineInput {
    LineInput {
        description: line.description.clone(),
        gtin: line.gtin.clone(),
        quantity_milli: line.quantity_milli,
        unit_price_minor: line.unit_price_minor,
        line_total_minor: line.total_minor,
        ..LineInput::default()
    }
}

fn line_total(line: &LineInput) -> Result<i64> {
    line.quantity_milli
        .checked_mul(line.unit_price_minor)
        .map(|milli| (milli + 500) / 1000)
        .ok_or_else(|| Refusal::field("lines", "BASKET_INVALID", "a line is worth more than can be counted"))
}

/// DESIGN step 2: the payer's code is checked offline, and the sale is PAYER_OK.
pub async fn present_payer(shop: &Arc<Shop>, sale_id: &str, scan: PayerScan) -> Result<Sale> {
    let code = read_code(shop, &scan.code)?;
    let today = day_number(shop)?;
    let sale_id = sale_id.to_owned();
    let (limits, now) = (limits(shop), shop.clock.now());
    shop.store
        .write(move |tx| {
            let mut sale = tx.sale(&sale_id)?;
            sale.must_be(&EDITABLE, "given a payer")?;
            let payer = known_payer(tx, &code)?;
            payer.may_buy()?;
            sale.payer_id.clone_from(&payer.payer_id);
            sale.payer_last4 = payer.last4();
            sale.payer_scan_source = scan.source as i32;
            sale.payer_scan_engine = scan.engine;
            sale.payer_scan_ms = tx.now_ms;
            sale.same_person = None;
            sale.risk_result = assess(tx, &sale, &payer, &limits, now, today)?.bits();
            if sale.state() == SaleState::Draft {
                sale.advance(SaleState::PayerOk)?;
            }
            tx.put_sale(&sale.cashier.clone(), &sale)?;
            Ok(sale)
        })
        .await
}

fn read_code(shop: &Shop, bytes: &[u8]) -> Result<PayerCode> {
    let refuse = |reason, message: &str| Err(Refusal::field("code", reason, message));
    let text = std::str::from_utf8(bytes).map_err(|_binary| {
        Refusal::field(
            "code",
            "NOT_A_PAYER_CODE",
            "this is not a Chit payer code; ask the payer to show the payer code",
        )
    })?;
    let digits = match scan_route::route(text) {
        ScanRoute::PayerCode(digits) => digits,
        ScanRoute::EmvConsumer => {
            return refuse(
                "EMV_PAYER_CODE",
                "this is a bank's payer code (EMV); Chit takes its own payer code",
            );
        }
        ScanRoute::EmvMerchant => {
            return refuse(
                "MERCHANT_CODE",
                "this is a merchant's code; ask the payer to show the payer code",
            );
        }
        ScanRoute::Wallet => {
            return refuse(
                "WALLET_CODE",
                "this is a wallet's payer code and needs a network; ask for the Chit payer code",
            );
        }
        ScanRoute::Goods(_) | ScanRoute::Unknown => {
            return refuse(
                "NOT_A_PAYER_CODE",
                "this is not a Chit payer code; ask the payer to show the payer code",
            );
        }
    };
    let own = (shop.cfg.issuer, PAYER_CODE_KEY_ID);
    let key = shop.keys.payer_code.verifying_key();
    let today = shop.quiet.local_day(shop.clock.now());
    let key_of = |issuer, key_id| ((issuer, key_id) == own).then_some(key);
    payer_code::decode_and_verify(digits.as_str(), key_of, today)
        .map_err(|error| Refusal::field("code", error.reason(), error.to_string()))
}

fn known_payer(tx: &Tx, code: &PayerCode) -> Result<Payer> {
    let payer = tx.payer(&code.payer_id.to_string()).map_err(|refusal| match refusal.kind {
        RefusalKind::NotFound => Refusal::field(
            "code",
            "UNKNOWN_PAYER",
            "the code is genuine, but this till does not know the payer; enrol him here",
        ),
        _ => refusal,
    })?;
    if u32::from(code.serial) < payer.code_serial {
        return Err(Refusal::field(
            "code",
            "SERIAL_OLD",
            "the payer has a newer code; ask him to show that one",
        ));
    }
    Ok(payer)
}

pub fn limits(shop: &Shop) -> Limits {
    let cfg = &shop.cfg.limits;
    Limits {
        sale_minor: cfg.sale_minor,
        payer_minor: cfg.payer_minor,
        payer_sales: cfg.payer_unverified_sales,
        till_minor: cfg.till_minor,
        oldest: SignedDuration::from_hours(24 * i64::from(cfg.oldest_unverified_days)),
        ..Limits::default()
    }
}

pub fn day_number(shop: &Shop) -> Result<DayNumber> {
    DayNumber::of(shop.quiet.local_day(shop.clock.now()))
        .ok_or_else(|| Refusal::internal("the clock of this machine is outside 2020-2199; set it"))
}

/// The risk of this sale with everything else that is open; a sale that is just being committed counts too.
pub fn assess(
    tx: &Tx,
    sale: &Sale,
    payer: &Payer,
    limits: &Limits,
    now: Timestamp,
    today: DayNumber,
) -> Result<RiskResult> {
    let mut exposure = Exposure::default();
    for other in tx.open_sales()?.iter().filter(|other| other.sale_id != sale.sale_id) {
        if !(other.state().is_unverified() || other.committing) {
            continue;
        }
        exposure.till_unverified_minor = exposure.till_unverified_minor.saturating_add(other.total_minor);
        if other.payer_id != payer.payer_id {
            continue;
        }
        exposure.payer_unverified_minor = exposure.payer_unverified_minor.saturating_add(other.total_minor);
        exposure.payer_unverified_sales += 1;
        let since = Timestamp::from_millisecond(other.commit_ms).ok();
        exposure.oldest_unverified = match (exposure.oldest_unverified, since) {
            (Some(known), Some(since)) => Some(known.min(since)),
            (known, since) => known.or(since),
        };
    }
    let serial = u16::try_from(payer.code_serial).unwrap_or(u16::MAX);
    let standing = Standing {
        code_serial: serial,
        newest_serial: Some(serial),
        code_to_day: payer.valid_to.parse().ok().and_then(DayNumber::of).unwrap_or(today),
        deny_listed: payer.state() == PayerState::Denied,
        frozen: payer.state() == PayerState::Frozen,
        locked: payer.state() == PayerState::Locked,
        enrolled_here: true,
        changed_at: None,
        face: match sale.same_person {
            Some(true) => Face::Same,
            Some(false) => Face::Different,
            None => Face::NotAsked,
        },
    };
    Ok(risk::assess(limits, &exposure, &standing, sale.total_minor, now, today))
}

/// Checks the limits again in the transaction that reserves the sale's place; the ledger is asked next (I1).
pub fn begin_commit(
    tx: &mut Tx,
    sale_id: &str,
    approved_by: Option<&str>,
    limits: &Limits,
    now: Timestamp,
    today: DayNumber,
) -> Result<Sale> {
    let mut sale = tx.sale(sale_id)?;
    if sale.state().is_committed() || sale.committing {
        return Ok(sale);
    }
    if sale.state() == SaleState::Draft {
        return Err(Refusal::new(
            RefusalKind::WrongState,
            "NO_PAYER",
            "the sale has no payer yet; scan his code first",
        ));
    }
    sale.must_be(&[SaleState::PayerOk], "committed")?;
    if sale.lines.is_empty() {
        return Err(Refusal::field("lines", "BASKET_EMPTY", "the basket is empty; scan goods first"));
    }
    let payer = tx.payer(&sale.payer_id)?;
    payer.may_buy()?;
    let result = assess(tx, &sale, &payer, limits, now, today)?;
    sale.risk_result = result.bits();
    match ActionCodes::default().verdict(result) {
        Verdict::Allow => {}
        Verdict::NeedsApproval(_) if approved_by.is_some() => {}
        Verdict::NeedsApproval(bits) => return Err(approval_needed(bits)),
        Verdict::Refuse(bits) => return Err(over_limit(bits)),
    }
    sale.committing = true;
    sale.commit_refusal.clear();
    tx.put_sale(approved_by.unwrap_or(&sale.cashier.clone()), &sale)?;
    tx.push(&Effect::new(EffectKind::CommitInLedger, sale_id))?;
    Ok(sale)
}

fn approval_needed(bits: RiskResult) -> Refusal {
    let message = format!(
        "{}: a supervisor must approve; send approval.actor and approval.pin",
        bits.names().join(", ")
    );
    let reason =
        if bits == RiskResult::FACE_NOT_CONFIRMED { "PERSON_NOT_CONFIRMED" } else { "APPROVAL_REQUIRED" };
    Refusal { field: Some("approval".into()), ..Refusal::new(RefusalKind::NotAllowed, reason, message) }
}

fn over_limit(bits: RiskResult) -> Refusal {
    let reason = bits.names().first().copied().unwrap_or("APPROVAL_REQUIRED");
    Refusal::new(
        RefusalKind::WrongState,
        reason,
        format!("{}: the sale is refused; take cash", bits.names().join(", ")),
    )
}

/// Releases a sale whose receipt is on paper (I2).
pub fn release(
    tx: &mut Tx,
    shop_policy: crate::domain::sale::EvidencePolicy,
    sale_id: &str,
    fact_id: &str,
    by_timeout: bool,
) -> Result<Sale> {
    let mut sale = tx.sale(sale_id)?;
    if !matches!(sale.state(), SaleState::Committed | SaleState::Printing) {
        sale.must_be(&[SaleState::Released, SaleState::Sealed, SaleState::Queued], "released")?;
        return Ok(sale);
    }
    if sale.receipt.state() != ReceiptState::Printed {
        let message = "the receipt is not known to be on paper; see the sale's attention";
        return Err(Refusal::new(RefusalKind::WrongState, "RECEIPT_NOT_PRINTED", message));
    }
    if sale.evidence_missing(shop_policy) {
        let message =
            "photo or video that the shop's policy asks for is missing; mend the camera or OverrideEvidence";
        return Err(Refusal::new(RefusalKind::WrongState, "EVIDENCE_MISSING", message));
    }
    sale.advance(SaleState::Released)?;
    sale.release_ms = tx.now_ms;
    sale.released_by_timeout = by_timeout;
    if matches!(sale.evidence.state(), EvidenceState::Sealed | EvidenceState::Partial) {
        saga::seal(tx, &mut sale, fact_id)?;
    } else {
        sale.stop_asked = true;
        tx.push(&Effect::new(EffectKind::StopRecording, sale_id))?;
    }
    let actor = if by_timeout { "system".to_owned() } else { sale.cashier.clone() };
    tx.put_sale(&actor, &sale)?;
    Ok(sale)
}

/// Before printing by the cashier; afterwards with Approval and the ORIGINAL back; after the release never.
pub fn void(tx: &mut Tx, sale_id: &str, approved_by: Option<&str>, original_returned: bool) -> Result<Sale> {
    let mut sale = tx.sale(sale_id)?;
    if sale.state() == SaleState::Voided {
        return Ok(sale);
    }
    sale.must_be(
        &[SaleState::Draft, SaleState::PayerOk, SaleState::Committed, SaleState::Printing],
        "voided; refund it",
    )?;
    if sale.committing {
        return Err(Refusal::wrong_state("the sale is being committed; try again in a moment"));
    }
    let reserved = sale.state().is_committed();
    if reserved {
        let approver = approved_by.ok_or_else(|| {
            let message =
                "printing has started: a supervisor must approve; send approval.actor and approval.pin";
            Refusal::new(RefusalKind::NotAllowed, "APPROVAL_REQUIRED", message)
        })?;
        let on_paper = matches!(
            sale.receipt.state(),
            ReceiptState::Printed | ReceiptState::Printing | ReceiptState::InDoubt
        );
        if on_paper && !original_returned {
            return Err(Refusal::field(
                "original_returned",
                "WRONG_STATE",
                "take the ORIGINAL back from the payer first",
            ));
        }
        tracing::info!(sale = sale_id, approver, "voided after printing had started");
        sale.stop_asked = true;
        tx.push(&Effect::new(EffectKind::VoidTransfer, sale_id))?;
        tx.push(&Effect::new(EffectKind::StopRecording, sale_id))?;
        tx.push(&Effect::new(EffectKind::CancelReceipt, sale_id))?;
    }
    sale.advance(SaleState::Voided)?;
    tx.put_sale(approved_by.unwrap_or(&sale.cashier.clone()), &sale)?;
    Ok(sale)
}

/// Checks an approval away from the async threads: argon2id is slow on purpose.
pub async fn approve(
    shop: &Arc<Shop>,
    input: Option<ApprovalInput>,
    act: Act,
    sale_cashier: Option<String>,
) -> Result<String> {
    let shop = shop.clone();
    tokio::task::spawn_blocking(move || {
        shop.staff.approve(input.as_ref(), act, sale_cashier.as_deref(), shop.clock.now())
    })
    .await
    .map_err(|join| Refusal::internal(format!("the approval was not checked: {join}")))?
}

/// What the handheld could never find is told at the start, not at the counter.
pub fn check_catalogue(catalogue: &[crate::config::CatalogueItem]) -> Result<()> {
    for (at, item) in catalogue.iter().enumerate() {
        if !matches!(scan_route::route(&item.gtin), ScanRoute::Goods(_)) {
            let remedy = "the check digit is wrong; copy the number from the shelf label again";
            return Err(Refusal::field(format!("[checkout] catalogue[{at}].gtin"), "GTIN_INVALID", remedy));
        }
        if item.unit_price_minor < 0 {
            let remedy = "a price is not negative";
            return Err(Refusal::field(
                format!("[checkout] catalogue[{at}].unit_price_minor"),
                "AMOUNT_NEGATIVE",
                remedy,
            ));
        }
    }
    Ok(())
}

/// ISO 4217 of the shop; checked once at the start.
pub fn currency(code: &str) -> Result<Currency> {
    Currency::from_code(code)
        .ok_or_else(|| Refusal::field("currency_code", "CURRENCY_UNKNOWN", "give an ISO 4217 code, e.g. CNY"))
}
