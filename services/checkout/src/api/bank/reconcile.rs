use std::sync::Arc;

use chit_proto::checkout::v1::{
    LedgerSums, ReconcileRequest, ReconcileResponse, ReconciledBatch, ReconciledDay,
};
use jiff::civil::Date;
use tonic::Status;

use super::two_sources;
use crate::api::call::Call;
use crate::api::convert::{money, time};
use crate::api::page;
use crate::api::status::peer_status;
use crate::collection::by_ledger::ByLedger;
use crate::collection::filed::{FileSums, Filed};
use crate::config::bank::no_bank;
use crate::context::Shop;
use crate::store::records::bank::BankDay;

/// More are not counted.
const EXCEPTIONS_MAX: usize = 10_000;

pub async fn handle(shop: &Arc<Shop>, call: Call<ReconcileRequest>) -> Result<ReconcileResponse, Status> {
    if shop.bank.is_none() {
        return Err(no_bank().into());
    }
    let (size, code) = (page::size(call.body.page_size)?, shop.currency.code());
    let reported = two_sources::reported(shop, size).await?;
    let open = shop.store.read(|view| view.open_exceptions(EXCEPTIONS_MAX)).await?;
    let ledger = if call.body.with_ledger {
        Some(two_sources::by_ledger(shop, &reported.files).await.map_err(peer_status)?)
    } else {
        None
    };
    let balances = two_sources::balances(shop).await.map_err(peer_status)?;
    let agrees = reported.in_flight_minor == balances.in_flight_minor
        && reported.at_bank_minor == balances.at_bank_minor;
    Ok(ReconcileResponse {
        batches: reported.files.iter().map(|filed| batch(filed, ledger.as_ref(), code)).collect(),
        days: reported.days.iter().map(|(on, sums)| day(*on, sums, ledger.as_ref(), code)).collect(),
        reported_in_flight: money(reported.in_flight_minor, code),
        reported_at_bank: money(reported.at_bank_minor, code),
        ledger_in_flight: money(balances.in_flight_minor, code),
        ledger_at_bank: money(balances.at_bank_minor, code),
        ledger_returned: money(balances.returned_minor, code),
        agrees,
        open_exceptions: u32::try_from(open).unwrap_or(u32::MAX),
    })
}

fn batch(filed: &Filed, ledger: Option<&ByLedger>, code: &str) -> ReconciledBatch {
    let booked = ledger.map(|ledger| ledger.batch(filed.batch));
    ReconciledBatch {
        batch_id: filed.batch.to_string(),
        create_time: time(filed.created_at),
        expected: money(filed.expected_minor(), code),
        received: money(filed.received_minor, code),
        refused: money(filed.refused_minor, code),
        returned: money(filed.returned_minor, code),
        open: money(filed.open_minor(), code),
        ledger: booked.map(|booked| sums(&booked, code)),
        agrees: booked == Some(filed.reported()),
        state: filed.state as i32,
        hand_over: filed.hand_over as i32,
    }
}

fn day(on: Date, reported: &BankDay, ledger: Option<&ByLedger>, code: &str) -> ReconciledDay {
    ReconciledDay {
        day: on.to_string(),
        expected: money(reported.expected_minor, code),
        received: money(reported.received_minor, code),
        refused: money(reported.refused_minor, code),
        returned: money(reported.returned_minor, code),
        ledger: ledger.map(|ledger| sums(&ledger.day(on), code)),
    }
}

fn sums(sums: &FileSums, code: &str) -> LedgerSums {
    LedgerSums {
        in_flight: money(sums.in_flight, code),
        received: money(sums.received, code),
        refused: money(sums.refused, code),
        returned: money(sums.returned, code),
    }
}
