//! Sales a second with 1, 8 and 32 API clients: each takes a sale from the basket to QUEUED and is paid in cash.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{CALM, Stand, TOTAL_MINOR, looks};
use crate::counter::Counter;
use crate::post::Post;
use crate::process;
use crate::report::Report;

const CLIENTS: [usize; 3] = [1, 8, 32];

pub async fn run(stand: &mut Stand, report: &mut Report, seconds: f64) -> anyhow::Result<()> {
    let post = Post::new(stand.shop.world.clone());
    let payers = post.enrol(&mut stand.counter, CLIENTS[2], 91_000_000).await?;
    let mut rates = Vec::new();
    for clients in CLIENTS {
        stand.shop.world.quiet(CALM).await;
        let over = Arc::new(AtomicBool::new(false));
        let begin = Instant::now();
        let mut selling = tokio::task::JoinSet::new();
        for client in 0..clients {
            let (mut counter, payers, over) = (Counter::at(&stand.shop)?, payers.clone(), over.clone());
            selling.spawn(async move {
                let mut sold = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let payer = &payers[(client + sold.len()) % payers.len()];
                    let (sale_id, _) = counter.sell(payer, TOTAL_MINOR).await?;
                    counter.release(&sale_id).await?;
                    sold.push(sale_id);
                }
                Ok::<_, anyhow::Error>(sold)
            });
        }
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        over.store(true, Ordering::Relaxed);
        let mut sold = Vec::new();
        while let Some(client) = selling.join_next().await {
            sold.extend(client??);
        }
        let rate = sold.len() as f64 / begin.elapsed().as_secs_f64();
        // Not in the measured time: cash needs an Approval, and its PIN is slow on purpose.
        for sale_id in &sold {
            stand.counter.take_cash(sale_id).await?;
        }
        eprintln!("{clients} clients: {rate:.1} sales a second");
        report.figure(&format!("sales_per_s_{clients}"), rate);
        rates.push(rate);
    }
    report.ratio("sales_per_s_32_vs_1", &[rates[2] / rates[0]]);
    stand.shop.world.quiet(CALM).await;
    report.figure("idle_cpu_share_empty", looks::idle(stand, seconds).await?);
    report.figure("rss_mb_empty", process::rss_peak_mb(stand.shop.pid()?)?);
    Ok(())
}
