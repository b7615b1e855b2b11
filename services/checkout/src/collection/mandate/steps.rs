//! Recording what a payer signed.

use chit_iso20022::account::{is_bic, is_iban};
use jiff::civil::Date;

use super::{BankAccount, Mandate};
use crate::collection::exceptions;
use crate::collection::exceptions::ExceptionKind;
use crate::store::Tx;
use crate::values::ids::{MandateId, PayerId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};

/// EPC 130-08.
const HOLDER_CHARS_MAX: usize = 70;
/// The rulebook's 14 days, or fewer if the payer agrees.
pub const NOTICE_DAYS_MAX: u8 = 14;

pub struct NewMandate {
    pub payer: PayerId,
    pub account: BankAccount,
    pub signed_on: Date,
    pub notice_days: u8,
}

/// The mandate as it stands, and whether it is another one than before.
pub struct Recorded {
    pub mandate: Mandate,
    pub renewed: bool,
}

/// `today` is the shop's; `fresh` names a mandate that takes the place of an older one.
pub fn record(tx: &mut Tx, new: NewMandate, today: Date, fresh: MandateId, actor: &str) -> Result<Recorded> {
    check(&new, today)?;
    let mut payer = tx.payer(new.payer)?;
    payer.must_be_known()?;
    let known = tx.find_mandate(payer.mandate)?;
    let same = |known: &Mandate| {
        known.account.iban == new.account.iban && known.signed_on == new.signed_on && known.blocked.is_none()
    };
    let before = known.as_ref().filter(|known| same(known));
    // What was signed anew, or is about another account, is another mandate with a first debit of its own.
    let renewed = known.is_some() && before.is_none();
    if renewed {
        payer.mandate = fresh;
        tx.put_payer(actor, &payer)?;
    }
    let mandate = Mandate {
        id: payer.mandate,
        payer: payer.id,
        signed_on: new.signed_on,
        account: new.account,
        notice_days: new.notice_days,
        first: before.and_then(|before| before.first),
        used_on: before.and_then(|before| before.used_on),
        blocked: None,
    };
    tx.put_mandate(&mandate)?;
    for kind in [ExceptionKind::NoMandate, ExceptionKind::MandateExpired, ExceptionKind::MandateBlocked] {
        exceptions::close_of_payer(tx, kind, payer.id, actor, "mandate recorded")?;
    }
    Ok(Recorded { mandate, renewed })
}

fn check(new: &NewMandate, today: Date) -> Result<()> {
    let holder = new.account.holder.trim();
    if holder.is_empty() || holder.chars().count() > HOLDER_CHARS_MAX || holder.chars().any(char::is_control)
    {
        let remedy = "give the account holder's name, 1 to 70 printable characters";
        return Err(Refusal::field("account_holder", Reason::NAME_INVALID, remedy));
    }
    if !is_iban(&new.account.iban) {
        let remedy = "its check digits are wrong; read it again from the payer's card or statement";
        return Err(Refusal::field("iban", Reason::BANK_ACCOUNT_INVALID, remedy));
    }
    if !new.account.bic.as_deref().is_none_or(is_bic) {
        let remedy = "give 8 or 11 capitals and digits, or nothing";
        return Err(Refusal::field("bic", Reason::BANK_ACCOUNT_INVALID, remedy));
    }
    if new.notice_days == 0 || new.notice_days > NOTICE_DAYS_MAX {
        let remedy = "give 1 to 14 days, as the payer signed";
        return Err(Refusal::field("notice_days", Reason::MANDATE_INVALID, remedy));
    }
    if new.signed_on > today {
        let remedy = "a mandate is recorded when it is signed; give today or an earlier day";
        return Err(Refusal::field("signed_on", Reason::MANDATE_INVALID, remedy));
    }
    Ok(())
}
