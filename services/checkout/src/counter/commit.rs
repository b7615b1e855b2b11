//! The risk of a sale, and the place reserved for it before the ledger is asked (I1).

use jiff::Timestamp;

use super::Moment;
use crate::domain::challenge_text::AMOUNT_MINOR_MAX;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::payer_code::DayNumber;
use crate::domain::people::{Payer, PayerState};
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::domain::risk::{self, ActionCodes, Exposure, Face, Limits, RiskResult, Standing, Verdict};
use crate::domain::sale::{Sale, SaleState};
use crate::grant::Grant;
use crate::store::{Rows, Tx};

/// The risk of this sale with everything else that is open; a sale that is just being committed counts too.
pub fn assess(tx: &Tx, sale: &Sale, payer: &Payer, limits: &Limits, moment: &Moment) -> Result<RiskResult> {
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
    let newest = u16::try_from(payer.code_serial).unwrap_or(u16::MAX);
    // A change makes a new code: the one that was shown before may be a thief's copy.
    let shown = u16::try_from(sale.payer_code_serial).ok().filter(|serial| *serial > 0);
    let standing = Standing {
        code_serial: shown.unwrap_or(newest),
        newest_serial: Some(newest),
        code_to_day: payer.valid_to.parse().ok().and_then(DayNumber::of).unwrap_or(moment.today),
        deny_listed: payer.listed,
        frozen: payer.state() == PayerState::Frozen,
        locked: payer.state() == PayerState::Locked,
        enrolled_here: true,
        changed_at: payer.changed_at(),
        face: match sale.same_person {
            Some(true) => Face::Same,
            Some(false) => Face::Different,
            None => Face::NotAsked,
        },
    };
    Ok(risk::assess(limits, &exposure, &standing, sale.total_minor, moment.now, moment.today))
}

/// Checks the limits again in the transaction that reserves the sale's place; the ledger is asked next (I1).
pub fn begin_commit(
    tx: &mut Tx,
    sale_id: &str,
    grant: Option<Grant>,
    limits: &Limits,
    moment: &Moment,
) -> Result<Sale> {
    let mut sale = tx.sale(sale_id)?;
    let voided = sale.state() == SaleState::Voided;
    if (sale.state().is_committed() && !voided) || sale.committing {
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
    must_be_askable(&sale)?;
    let payer = tx.payer(&sale.payer_id)?;
    payer.may_buy(moment.now, &moment.zone)?;
    let result = assess(tx, &sale, &payer, limits, moment)?;
    sale.risk_result = result.bits();
    match ActionCodes::default().verdict(result) {
        Verdict::Allow => {}
        Verdict::NeedsApproval(_) if grant.is_some() => {}
        Verdict::NeedsApproval(bits) => return Err(approval_needed(bits)),
        Verdict::Refuse(bits) => return Err(over_limit(bits)),
    }
    sale.committing = true;
    sale.commit_refusal.clear();
    let actor = match grant {
        Some(grant) => grant.record(tx, sale_id)?,
        None => sale.cashier.clone(),
    };
    tx.put_sale(&actor, &sale)?;
    tx.push(&Effect::new(EffectKind::CommitInLedger, sale_id))?;
    Ok(sale)
}

/// An SMS states every sum it asks for (I9), so what no SMS can state is not sold on credit.
fn must_be_askable(sale: &Sale) -> Result<()> {
    if sale.total_minor <= 0 {
        let remedy = "a sale of nothing is not deducted; give the goods away or void it";
        return Err(Refusal::field("total.amount_minor", "BASKET_INVALID", remedy));
    }
    if sale.total_minor > AMOUNT_MINOR_MAX {
        let message = "a single sale is at most 99999.99; split it or take cash";
        return Err(Refusal::new(RefusalKind::WrongState, "OVER_SALE_LIMIT", message));
    }
    Ok(())
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
