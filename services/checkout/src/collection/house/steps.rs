//! What changes an account, each with its line of the statement.

use jiff::civil::Date;

use super::{Charge, Entry, EntryKind, HouseAccount, Terms, due_on};
use crate::collection::deduction::Deduction;
use crate::outbox::Effect;
use crate::store::Tx;
use crate::store::due::{Due, DueKind};
use crate::values::ids::{PayerId, TransferId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};

/// More than anybody carries to a shop; what is above is a slip of a finger.
const CASH_MINOR_MAX: i64 = 100_000_000;

/// A sale of the house rail is SETTLED: its payer owes it now.
pub fn charge(tx: &mut Tx, deduction: &Deduction, terms: &Terms) -> Result<()> {
    let today = terms.quiet.local_day(tx.now);
    let amount_minor = deduction.owed_minor();
    let sold_on = Date::strptime("%Y%m%d", &deduction.day).unwrap_or(today);
    let due_on = due_on(sold_on, today, terms.due_days);
    let mut account = tx.house_account(deduction.payer)?;
    account.charge(Charge {
        sale: deduction.sale,
        number: deduction.number,
        left_minor: amount_minor,
        due_on,
        reminded: false,
    })?;
    tx.put_house_account(deduction.payer, &account);
    if let Some(day) = account.remind_on() {
        tx.schedule(&Due::new(terms.quiet.morning_of(day), DueKind::Attend, &deduction.payer.0));
    }
    let entry = entry(tx, deduction.payer, EntryKind::Charged, amount_minor, "system")?;
    let sale = Some((deduction.sale, deduction.number));
    tx.put_house_entry(&Entry { sale, due_on: Some(due_on), ..entry });
    Ok(())
}

/// Cash for what is owed, or for what will be bought.
pub fn pay_in(
    tx: &mut Tx,
    payer: PayerId,
    amount_minor: i64,
    actor: &str,
    transfer: TransferId,
    today: Date,
) -> Result<HouseAccount> {
    cash(tx, EntryKind::PaidIn, payer, amount_minor, actor, transfer, today)
}

/// Cash back to a payer who does not want to buy for it any more.
pub fn pay_out(
    tx: &mut Tx,
    payer: PayerId,
    amount_minor: i64,
    actor: &str,
    transfer: TransferId,
    today: Date,
) -> Result<HouseAccount> {
    cash(tx, EntryKind::PaidOut, payer, amount_minor, actor, transfer, today)
}

/// Between the drawer and the account: its line, the day's sum, and the transfer.
fn cash(
    tx: &mut Tx,
    kind: EntryKind,
    payer: PayerId,
    amount_minor: i64,
    actor: &str,
    transfer: TransferId,
    today: Date,
) -> Result<HouseAccount> {
    if !(1..=CASH_MINOR_MAX).contains(&amount_minor) {
        let remedy = format!("give 1 to {CASH_MINOR_MAX} minor units");
        return Err(Refusal::field("amount.amount_minor", Reason::AMOUNT_NEGATIVE, remedy));
    }
    tx.payer(payer)?.must_be_known()?;
    let mut account = tx.house_account(payer)?;
    let in_drawer_minor = if kind == EntryKind::PaidOut {
        account.pay_out(amount_minor)?;
        -amount_minor
    } else {
        account.pay(amount_minor)?;
        amount_minor
    };
    tx.put_house_account(payer, &account);
    let line = Entry { transfer: Some(transfer), ..entry(tx, payer, kind, amount_minor, actor)? };
    tx.put_house_entry(&line);
    tx.count_paid_in(&today.strftime("%Y%m%d").to_string(), in_drawer_minor)?;
    tx.push(&Effect::PostHouseCash { payer, entry: line.number })?;
    Ok(account)
}

/// Money goes back to the account for a sale.
pub fn refund(tx: &mut Tx, deduction: &Deduction, amount_minor: i64, actor: &str) -> Result<()> {
    let mut account = tx.house_account(deduction.payer)?;
    account.refund(deduction.sale, amount_minor)?;
    tx.put_house_account(deduction.payer, &account);
    let entry = entry(tx, deduction.payer, EntryKind::Refunded, amount_minor, actor)?;
    tx.put_house_entry(&Entry { sale: Some((deduction.sale, deduction.number)), ..entry });
    Ok(())
}

/// The payer was told of all that is due soon.
pub fn note_reminder(tx: &mut Tx, payer: PayerId, today: Date) -> Result<()> {
    let mut account = tx.house_account(payer)?;
    account.reminded(today);
    tx.put_house_account(payer, &account);
    Ok(())
}

/// The ledger refused money that was paid in or out: the id is spent.
pub fn renew_cash(tx: &mut Tx, payer: PayerId, number: u64, fresh: TransferId) -> Result<()> {
    let entry = tx.house_entry(payer, number)?;
    tx.put_house_entry(&Entry { transfer: Some(fresh), ..entry });
    Ok(())
}

fn entry(tx: &mut Tx, payer: PayerId, kind: EntryKind, amount_minor: i64, by: &str) -> Result<Entry> {
    let number = tx.next_number("last_house_entry")?;
    let (at, by) = (tx.now, by.to_owned());
    Ok(Entry { number, payer, kind, amount_minor, at, by, sale: None, due_on: None, transfer: None })
}
