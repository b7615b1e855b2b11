//! The bad records that stand now, as the shop's bank gets them.

use chit_bad_record::{BadRecord, BadRecords, FORMAT, RECORDS_MAX};
use jiff::Timestamp;
use ulid::Ulid;

use crate::collection::{Deduction, State};
use crate::payer::Payer;
use crate::store::View;
use crate::values::calendar::QuietHours;
use crate::values::refusal::{Refusal, Result};

/// What the file says of the shop.
#[derive(Clone, Debug)]
pub struct Head {
    pub file: Ulid,
    pub shop: String,
    pub creditor_id: String,
    pub currency: String,
    /// The ledger's newest checkpoint, a signed note.
    pub ledger_checkpoint: String,
}

pub fn bank_list(view: &View, head: Head, days: &QuietHours, now: Timestamp) -> Result<BadRecords> {
    let mut deductions = Vec::new();
    for sale in view.bad_records(RECORDS_MAX + 1)? {
        deductions.push(view.deduction(sale)?);
    }
    if deductions.len() > RECORDS_MAX {
        return Err(Refusal::internal("there are more bad records than one file holds"));
    }
    deductions.sort_by_key(|deduction| (since(deduction), deduction.sale));
    let records = deductions.iter().map(|deduction| record(view, deduction, days));
    Ok(BadRecords {
        format: FORMAT.to_owned(),
        file_id: head.file.to_string(),
        made_at: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        shop: head.shop,
        creditor_id: head.creditor_id,
        currency: head.currency,
        ledger_checkpoint: head.ledger_checkpoint,
        records: records.collect::<Result<_>>()?,
    })
}

fn since(deduction: &Deduction) -> Option<Timestamp> {
    match deduction.state {
        State::BadListed { since, .. } => Some(since),
        _ => None,
    }
}

fn record(view: &View, deduction: &Deduction, days: &QuietHours) -> Result<BadRecord> {
    let State::BadListed { since, until } = deduction.state else {
        return Err(Refusal::internal("a sale stands among the bad records and is none"));
    };
    let payer = view.payer(deduction.payer)?;
    let (debtor_name, debtor_iban, mandate_id) = debtor(view, payer)?;
    let last = deduction.presentments.last().and_then(|last| last.returned.as_ref());
    Ok(BadRecord {
        sale_id: deduction.sale.to_string(),
        sale_number: deduction.number.to_string(),
        sold_on: days.local_day(deduction.sold_at).to_string(),
        owed_minor: deduction.owed_minor(),
        debtor_name,
        debtor_iban,
        mandate_id,
        presented: u32::try_from(deduction.presentments.len()).unwrap_or(u32::MAX),
        return_reason: last.map(|returned| returned.reason.clone()).unwrap_or_default(),
        listed_on: days.local_day(since).to_string(),
        ends_on: days.local_day(until).to_string(),
        evidence_sha256: deduction
            .evidence
            .map(|sealed| hex::encode(sealed.manifest_sha256))
            .unwrap_or_default(),
    })
}

/// Whom the bank knows; of who gave no account, it knows the name at most.
fn debtor(view: &View, payer: Payer) -> Result<(String, String, String)> {
    Ok(match view.find_mandate(payer.mandate)? {
        Some(mandate) => (mandate.account.holder, mandate.account.iban, mandate.id.to_string()),
        None => (payer.name, String::new(), String::new()),
    })
}
