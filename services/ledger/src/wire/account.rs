//! Accounts.

use chit_proto::ledger::v1 as pb;

use super::{FieldFault, account_id, currency, fault, timestamp};
use crate::domain::{Account, AccountFlags, AccountTerms};

pub fn account_to_pb(account: &Account) -> pb::Account {
    let (terms, sums) = (&account.terms, &account.balances);
    let flags = [
        (terms.flags.debits_must_not_exceed_credits, pb::AccountFlag::DebitsMustNotExceedCredits),
        (terms.flags.credits_must_not_exceed_debits, pb::AccountFlag::CreditsMustNotExceedDebits),
        (terms.flags.frozen, pb::AccountFlag::Frozen),
        (terms.flags.closed, pb::AccountFlag::Closed),
    ];
    pb::Account {
        account_id: terms.id.to_string(),
        currency_code: terms.currency.code().to_owned(),
        code: u32::from(terms.code),
        flags: flags.into_iter().filter_map(|(set, flag)| set.then_some(flag as i32)).collect(),
        credit_limit_minor: terms.credit_limit_minor,
        debits_pending_minor: sums.debits_pending,
        debits_posted_minor: sums.debits_posted,
        credits_pending_minor: sums.credits_pending,
        credits_posted_minor: sums.credits_posted,
        create_time: Some(timestamp(account.created)),
    }
}

pub fn account_terms(account: &pb::Account) -> Result<AccountTerms, FieldFault> {
    let code = u16::try_from(account.code)
        .ok()
        .filter(|code| *code > 0)
        .ok_or(fault("account.code", "must be 1 to 65535"))?;
    if account.credit_limit_minor < 0 {
        return Err(fault("account.credit_limit_minor", "must be 0 (no bound) or more"));
    }
    Ok(AccountTerms {
        id: account_id("account.account_id", &account.account_id)?,
        currency: currency("account.currency_code", &account.currency_code)?,
        code,
        flags: account_flags(&account.flags)?,
        credit_limit_minor: account.credit_limit_minor,
    })
}

fn account_flags(flags: &[i32]) -> Result<AccountFlags, FieldFault> {
    let mut set = AccountFlags::default();
    for flag in flags {
        match pb::AccountFlag::try_from(*flag) {
            Ok(pb::AccountFlag::DebitsMustNotExceedCredits) => set.debits_must_not_exceed_credits = true,
            Ok(pb::AccountFlag::CreditsMustNotExceedDebits) => set.credits_must_not_exceed_debits = true,
            Ok(pb::AccountFlag::Frozen) => set.frozen = true,
            Ok(pb::AccountFlag::Closed) => set.closed = true,
            Ok(pb::AccountFlag::Unspecified) | Err(_) => {
                return Err(fault("account.flags", "must hold known flags only"));
            }
        }
    }
    Ok(set)
}
