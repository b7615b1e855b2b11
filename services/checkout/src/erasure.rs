//! A payer leaves for good: who they are is erased at their wish, once nothing is open between them and the shop. Their sales
//! stay, as tax law asks, under an id that leads to nobody.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::payer::enrolment::witness_enrolment;
use crate::payer::{Payer, PayerState};
use crate::risk::Moment;
use crate::staff::JointGrant;
use crate::store::{Tx, View};
use crate::values::ids::PayerId;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};
use crate::verification::calling_off;

/// The payer may have a debit back for so long, and the bank then asks who they were (PSD2 art. 71).
const RETURNABLE_MONTHS: i32 = 13;

pub fn erase(tx: &mut Tx, id: PayerId, grant: JointGrant, moment: Moment) -> Result<Payer> {
    must_be_free(tx, id, moment)?;
    let (by, _with) = grant.record(tx, id)?;
    calling_off::all_of(tx, id, &by)?;
    let mut payer = tx.payer(id)?;
    tx.remove_photo(id);
    tx.remove_mandate(payer.mandate);
    payer.erase();
    tx.put_payer(&by, &payer)?;
    witness_enrolment(tx, &payer, "erased", &by)?;
    Ok(payer)
}

/// What still ties payer and shop together is named, so that somebody can end it.
pub fn must_be_free(view: &View, id: PayerId, moment: Moment) -> Result<()> {
    let payer = view.payer(id)?;
    payer.must_be_known()?;
    let ties = ties(view, &payer, moment)?;
    if ties.is_empty() {
        return Ok(());
    }
    let message = format!("{}; erase them when that has ended", ties.join(", "));
    Err(Refusal::new(RefusalKind::WrongState, Reason::PAYER_STILL_NEEDED, message))
}

fn ties(view: &View, payer: &Payer, moment: Moment) -> Result<Vec<String>> {
    let mut ties = Vec::new();
    if payer.state == PayerState::Enrolling {
        ties.push("their papers are being printed".to_owned());
    }
    if !view.forwards_of(payer.id)?.is_empty() {
        ties.push("a reply of theirs waits for the issuer".to_owned());
    }
    let sales = view.open_deductions_of(payer.id)?.len() + view.reserved_of(payer.id)?;
    if sales > 0 {
        ties.push(format!("sales that are not paid: {sales}"));
    }
    if view.has_bad_record(payer.id)? {
        ties.push("a bad record of theirs stands".to_owned());
    }
    if has_dispute(view, payer.id)? {
        ties.push("a dispute of theirs is open".to_owned());
    }
    let account = view.house_account(payer.id)?;
    if account.owed_minor() > 0 {
        ties.push("their account is not paid".to_owned());
    }
    if account.credit_minor > 0 {
        ties.push("money on their account is theirs".to_owned());
    }
    if let Some(until) = returnable_until(view, payer)?.filter(|until| moment.today.date() <= *until) {
        ties.push(format!("the bank may return a debit until {until}"));
    }
    // Whoever changed phone or card could otherwise hide it from the payer that was robbed.
    if payer.no_sales_until().is_some_and(|until| moment.now < until) {
        ties.push("phone or card was changed less than 24 hours ago".to_owned());
    }
    Ok(ties)
}

fn has_dispute(view: &View, payer: PayerId) -> Result<bool> {
    for dispute in view.newest_disputes(true, usize::MAX)? {
        if view.deduction(dispute.sale)?.payer == payer {
            return Ok(true);
        }
    }
    Ok(false)
}

fn returnable_until(view: &View, payer: &Payer) -> Result<Option<Date>> {
    let used_on = view.find_mandate(payer.mandate)?.and_then(|mandate| mandate.used_on);
    Ok(used_on.map(|day| day.saturating_add(RETURNABLE_MONTHS.months())))
}
