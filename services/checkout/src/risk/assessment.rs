//! The facts of a risk, as the store has them: what the payer and the till have open, with what the ledger is just being
//! asked for.

use chit_payer_code::DayNumber;
use jiff::{SignedDuration, Timestamp};

use super::rules::{self, Exposure, Face, Limits, RiskResult, Standing};
use crate::collection::State;
use crate::payer::{Payer, PayerState};
use crate::store::records;
use crate::store::table::Table;
use crate::store::{Seek, View};
use crate::values::ids::{PayerId, SaleId};
use crate::values::refusal::Result;

/// A basket may wait half a day for its payer, so sales of today stand in front of the last one that is as old as this.
const TODAY_WITHIN: SignedDuration = SignedDuration::from_hours(48);
const PAGE: usize = 32;

/// Now, as rules need it.
#[derive(Clone, Copy)]
pub struct Moment {
    pub now: Timestamp,
    pub today: DayNumber,
    /// Nobody has confirmed what the clock says.
    pub in_doubt: bool,
}

/// What is to be sold, to whom.
#[derive(Clone, Copy)]
pub struct Subject {
    pub sale: SaleId,
    pub amount_minor: i64,
    /// Serial of the code that was shown; none where it is not on record.
    pub code_serial: Option<u16>,
    pub foreign_code: bool,
    pub face: Face,
}

pub fn assess(
    view: &View,
    payer: &Payer,
    subject: &Subject,
    limits: &Limits,
    moment: Moment,
) -> Result<RiskResult> {
    let mut exposure = exposure(view, payer.id, subject.sale)?;
    if limits.payer_day_minor > 0 {
        let bought = bought_today(view, payer.id, moment)?;
        exposure.payer_today_minor = exposure.payer_today_minor.saturating_add(bought);
    }
    let newest = payer.code.serial;
    let standing = Standing {
        // A change makes a new code: the one that was shown before may be a thief's copy.
        code_serial: subject.code_serial.unwrap_or(newest),
        newest_serial: Some(newest),
        code_to_day: DayNumber::of(payer.code.valid_to).unwrap_or(moment.today),
        deny_listed: payer.listed,
        frozen: payer.frozen || payer.state == PayerState::Frozen,
        locked: payer.state == PayerState::Locked,
        active: !matches!(payer.state, PayerState::Enrolling | PayerState::Pending | PayerState::Erased),
        enrolled_here: !subject.foreign_code,
        changed_at: payer.change.as_ref().map(|change| change.at),
        face: subject.face,
        time_in_doubt: moment.in_doubt,
    };
    Ok(rules::assess(limits, &exposure, &standing, subject.amount_minor, moment.now, moment.today))
}

fn exposure(view: &View, payer: PayerId, but: SaleId) -> Result<Exposure> {
    let mut exposure =
        Exposure { till_unverified_minor: view.till_unverified_minor()?, ..Exposure::default() };
    for deduction in view.open_deductions_of(payer)? {
        if !deduction.step().is_unverified() {
            continue;
        }
        exposure.payer_unverified_minor =
            exposure.payer_unverified_minor.saturating_add(deduction.owed_minor());
        exposure.payer_unverified_sales += 1;
        let since = deduction.sold_at;
        exposure.oldest_unverified = Some(exposure.oldest_unverified.map_or(since, |known| known.min(since)));
    }
    // The ledger was asked and has not answered yet: it counts, and is as old as now.
    for (sale, amount) in view.page(Table::Reservations, &payer.0, Seek::Start, usize::MAX)? {
        let amount = amount.try_into().map_or(0, i64::from_be_bytes);
        if sale == but.to_bytes() {
            exposure.till_unverified_minor = exposure.till_unverified_minor.saturating_sub(amount);
        } else {
            exposure.payer_unverified_minor = exposure.payer_unverified_minor.saturating_add(amount);
            exposure.payer_unverified_sales += 1;
            exposure.payer_today_minor = exposure.payer_today_minor.saturating_add(amount);
        }
    }
    Ok(exposure)
}

fn bought_today(view: &View, payer: PayerId, moment: Moment) -> Result<i64> {
    let today = moment.today.date().strftime("%Y%m%d").to_string();
    let (mut bought, mut before) = (0_i64, None::<SaleId>);
    loop {
        let last = before.map(SaleId::to_bytes);
        let seek = last.as_ref().map_or(Seek::End, |last| Seek::Before(last));
        let page = view.page(Table::SalesByPayer, &payer.0, seek, PAGE)?;
        for (key, _) in &page {
            let sale: SaleId = records::id(key)?;
            before = Some(sale);
            let Some(deduction) = view.find_deduction(sale)? else { continue };
            if moment.now.duration_since(deduction.sold_at) > TODAY_WITHIN {
                return Ok(bought);
            }
            if deduction.day == today && deduction.state != State::Voided {
                bought = bought.saturating_add(deduction.amount_minor);
            }
        }
        if page.len() < PAGE {
            return Ok(bought);
        }
    }
}
