//! The town of `just bench-checkout` is a shop like any other.

use chit_proto::sms_gateway::v1::MessageState;
use chit_runtime::Context;

use super::fixture::{self, Till};
use crate::bulk::{Town, write_town};
use crate::collection::Step;
use crate::config::Config;

#[tokio::test]
async fn a_town_written_in_bulk_is_counted_listed_and_asked_as_if_it_had_lived() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = Context::sandbox_in("checkout", dir.path());
    fixture::write_keys(&ctx.shared.keys_dir);
    write_town(ctx, Config::default(), Town { payers: 30, open: 7, sales: 90 }).await.unwrap();

    let till = Till::open_in(dir).await;
    let days = till.read(|view| view.days()).await;
    let sum = |amount: fn(&crate::store::records::collection::DaySums) -> i64| {
        days.iter().map(|(_, sums)| amount(sums)).sum::<i64>()
    };
    assert_eq!((sum(|sums| sums.gross_minor), sum(|sums| sums.open_minor)), (90 * 1_250, 7 * 1_250));
    assert_eq!(sum(|sums| sums.settled_minor), 83 * 1_250);
    assert_eq!(till.read(|view| view.count_in(Step::Queued, 100)).await, 7);
    assert_eq!(till.read(|view| view.sales_before(None, None, 100)).await.len(), 90);
    assert_eq!(till.ask(MessageState::Delivered).await.len(), 7, "each of them is asked");
    assert_eq!(till.read(|view| view.count_in(Step::Challenged, 100)).await, 7);
    let settled: usize =
        till.read(|view| view.newest_batches(1_000)).await.iter().map(|batch| batch.sales.len()).sum();
    assert_eq!(settled, 83);
}
