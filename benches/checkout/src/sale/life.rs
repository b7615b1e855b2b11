//! What a sale leaves in the store over its whole life: asked for, answered, settled, and then so old that what is kept
//! for a time only is gone.

use std::path::Path;
use std::time::Duration;

use chit_proto::checkout::v1 as proto;
use proto::settlement_service_client::SettlementServiceClient;
use redb::Database;

use super::{CALM, LIMITS, TOTAL_MINOR, by_day};
use crate::clock::DAY_MS;
use crate::counter::{Counter, new_id};
use crate::post::Post;
use crate::report::Report;
use crate::shop::Shop;

const PAYERS: usize = 60;
/// Request ids are kept for 30 days.
const DAYS: usize = 32;

pub async fn run(folder: &Path, programs: &Path, report: &mut Report) -> anyhow::Result<()> {
    let mut shop = Shop::make(folder, programs, LIMITS)?;
    shop.start().await?;
    by_day(&shop).await?;
    let mut counter = Counter::at(&shop)?;
    let post = Post::new(shop.world.clone());
    let payers = post.enrol(&mut counter, PAYERS, 92_000_000).await?;
    let before = occupied(&mut shop).await?;
    let mut counter = Counter::at(&shop)?;
    for payer in &payers {
        let (sale_id, _) = counter.sell(payer, TOTAL_MINOR).await?;
        counter.release(&sale_id).await?;
        post.answer(payer).await?;
    }
    let request = proto::RunSettlementRequest { request_id: new_id() };
    SettlementServiceClient::new(shop.connect_supervisor()?).run_settlement(request).await?;
    shop.world.quiet(CALM).await;
    let settled = occupied(&mut shop).await?;
    for _ in 0..DAYS {
        shop.advance(DAY_MS).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shop.world.quiet(CALM).await;
    let old = occupied(&mut shop).await?;
    let each = |now: Occupied| (now.bytes as f64 - before.bytes as f64) / PAYERS as f64;
    report.figure("bytes_per_sale_at_settled", each(settled));
    report.figure("bytes_per_sale", each(old));
    report.figure("file_bytes_per_sale", (old.file as f64 - before.file as f64) / PAYERS as f64);
    Ok(())
}

#[derive(Clone, Copy)]
struct Occupied {
    /// In pages that hold something.
    bytes: u64,
    file: u64,
}

/// Kills checkout, looks at a compacted copy of its file, and starts it again.
async fn occupied(shop: &mut Shop) -> anyhow::Result<Occupied> {
    shop.kill()?;
    let copy = shop.folder.join("copy.redb");
    std::fs::copy(shop.store(), &copy)?;
    let file = std::fs::metadata(&copy)?.len();
    let mut db = Database::open(&copy)?;
    // What is there, not where it lies: the file that checkout keeps is a figure of its own.
    while db.compact()? {}
    let tx = db.begin_write()?;
    let stats = tx.stats()?;
    let bytes = stats.stored_bytes() + stats.metadata_bytes() + stats.fragmented_bytes();
    tx.abort()?;
    shop.start().await?;
    Ok(Occupied { bytes, file })
}
