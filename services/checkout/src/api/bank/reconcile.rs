use std::sync::Arc;

use chit_proto::checkout::v1::{ReconcileRequest, ReconcileResponse, ReconciledBatch, ReconciledDay};
use chit_proto::ledger::v1::{Account, GetAccountRequest};
use tonic::Status;

use crate::api::call::Call;
use crate::api::convert::{money, time};
use crate::api::page;
use crate::api::status::peer_status;
use crate::collection::filed::Filed;
use crate::config::bank::no_bank;
use crate::context::Shop;
use crate::peers::{Fault, peer};
use crate::store::View;
use crate::values::refusal::Result as Found;

/// Longer than a debit may come back.
const DAYS_MAX: usize = 400;
/// More are not counted.
const EXCEPTIONS_MAX: usize = 10_000;

pub async fn handle(shop: &Arc<Shop>, call: Call<ReconcileRequest>) -> Result<ReconcileResponse, Status> {
    if shop.bank.is_none() {
        return Err(no_bank().into());
    }
    let (size, code) = (page::size(call.body.page_size)?, shop.currency.code());
    let stored = shop.store.read(move |view| of_store(view, size, code)).await?;
    let bank = account(shop, &shop.house.bank).await.map_err(peer_status)?;
    let returned = account(shop, &shop.house.bank_returned).await.map_err(peer_status)?;
    let (in_flight, at_bank) = (bank.debits_pending_minor, balance(&bank));
    let minor = |money: &Option<chit_proto::money::v1::Money>| money.as_ref().map(|money| money.amount_minor);
    let agrees = minor(&stored.reported_in_flight) == Some(in_flight)
        && minor(&stored.reported_at_bank) == Some(at_bank);
    Ok(ReconcileResponse {
        ledger_in_flight: money(in_flight, code),
        ledger_at_bank: money(at_bank, code),
        ledger_returned: money(balance(&returned), code),
        agrees,
        ..stored
    })
}

async fn account(shop: &Arc<Shop>, account_id: &str) -> Result<Account, Fault> {
    let request = GetAccountRequest { account_id: account_id.to_owned(), ..Default::default() };
    Ok(peer!(shop.ledger.get_account(request)).await?.account.unwrap_or_default())
}

fn balance(account: &Account) -> i64 {
    account.debits_posted_minor.saturating_sub(account.credits_posted_minor)
}

fn of_store(view: &View, size: usize, code: &str) -> Found<ReconcileResponse> {
    let filed = view.newest_filed(size)?;
    let sums = view.bank_sums()?;
    let days = view.newest_bank_days(DAYS_MAX)?;
    let day = |(day, sums): &(jiff::civil::Date, crate::store::records::bank::BankDay)| ReconciledDay {
        day: day.to_string(),
        expected: money(sums.expected_minor, code),
        received: money(sums.received_minor, code),
        refused: money(sums.refused_minor, code),
        returned: money(sums.returned_minor, code),
    };
    Ok(ReconcileResponse {
        batches: filed.iter().map(|filed| batch(filed, code)).collect(),
        days: days.iter().map(day).collect(),
        reported_in_flight: money(sums.in_flight_minor(), code),
        reported_at_bank: money(sums.at_bank_minor(), code),
        open_exceptions: u32::try_from(view.open_exceptions(EXCEPTIONS_MAX)?).unwrap_or(u32::MAX),
        ..ReconcileResponse::default()
    })
}

fn batch(filed: &Filed, code: &str) -> ReconciledBatch {
    let expected = i64::try_from(filed.minor()).unwrap_or(i64::MAX);
    let open = expected.saturating_sub(filed.received_minor).saturating_sub(filed.refused_minor);
    ReconciledBatch {
        batch_id: filed.batch.to_string(),
        create_time: time(filed.created_at),
        expected: money(expected, code),
        received: money(filed.received_minor, code),
        refused: money(filed.refused_minor, code),
        returned: money(filed.returned_minor, code),
        open: money(open, code),
    }
}
