//! A town from every other side: idle, a list, a status, an SMS, memory, the start after a kill.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use chit_proto::checkout::v1 as proto;
use proto::shop_service_client::ShopServiceClient;

use super::{CALM, Stand};
use crate::process;
use crate::report::{Report, median, quantile};

const LOOKS: usize = 50;
const STARTS: usize = 5;
const STRANGER: &str = "+8613900001111";

pub async fn town(town: &mut Stand, report: &mut Report, seconds: f64) -> anyhow::Result<()> {
    town.pause(false)?;
    town.shop.world.quiet(CALM).await;
    report.figure("idle_cpu_share_town", idle(town, seconds).await?);
    list_and_status(town, report).await?;
    inbound(town, report).await?;
    report.figure("rss_mb_town", process::rss_peak_mb(town.shop.pid()?)?);
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        // In the middle of a sale, so that there is something to take up.
        let payer = town.sellers[0].clone();
        town.counter.sell(&payer, super::TOTAL_MINOR).await?;
        town.shop.kill()?;
        starts.push(town.shop.start().await?.as_secs_f64() * 1e3);
        town.shop.world.quiet(CALM).await;
    }
    report.figure("start_ms_town", median(&starts));
    report.figure("start_ms_town_max", quantile(&starts, 1.0));
    Ok(())
}

/// Share of one core, while nothing is asked.
pub async fn idle(stand: &Stand, seconds: f64) -> anyhow::Result<f64> {
    let pid = stand.shop.pid()?;
    let (before, begin) = (process::cpu_s(pid)?, Instant::now());
    tokio::time::sleep(Duration::from_secs_f64(seconds.max(1.0))).await;
    Ok((process::cpu_s(pid)? - before) / begin.elapsed().as_secs_f64())
}

async fn list_and_status(town: &mut Stand, report: &mut Report) -> anyhow::Result<()> {
    let mut shop = ShopServiceClient::new(town.shop.connect()?);
    let (mut lists, mut of_payer, mut status) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..LOOKS {
        let request = proto::ListSalesRequest::default();
        lists.push(timed(town.counter.sales.list_sales(request)).await?);
        let payer_id = town.sellers[n % town.sellers.len()].id.clone();
        let request = proto::ListSalesRequest { payer_id, ..Default::default() };
        of_payer.push(timed(town.counter.sales.list_sales(request)).await?);
        status.push(timed(shop.get_status(proto::GetStatusRequest {})).await?);
    }
    report.figure("list_ms_town", median(&lists));
    report.figure("list_p99_ms_town", quantile(&lists, 0.99));
    report.figure("list_of_payer_ms_town", median(&of_payer));
    report.figure("status_ms_town", median(&status));
    report.figure("status_p99_ms_town", quantile(&status, 0.99));
    Ok(())
}

async fn timed<T>(
    call: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>,
) -> anyhow::Result<f64> {
    let begin = Instant::now();
    call.await?;
    Ok(begin.elapsed().as_secs_f64() * 1e3)
}

/// From the message at the gateway to its acknowledgement: a stranger's code, a stranger's LOST, a payer's words.
async fn inbound(town: &mut Stand, report: &mut Report) -> anyhow::Result<()> {
    let (mut took, mut of_payers) = (Vec::new(), Vec::new());
    for n in 0..LOOKS {
        let payer = &town.sellers[n % town.sellers.len()].phone;
        let code = format!("{:06}", 100_003 + 17 * n);
        for (from, text) in [(STRANGER, code.as_str()), (STRANGER, "LOST 00000000"), (payer, "thanks")] {
            let begin = Instant::now();
            let acked = town.shop.world.sms.write(from, text);
            let acked = tokio::time::timeout(Duration::from_secs(60), acked).await;
            let at = acked.context("an SMS is not acknowledged")??;
            let ms = at.duration_since(begin).as_secs_f64() * 1e3;
            took.push(ms);
            if from != STRANGER {
                of_payers.push(ms);
            }
        }
    }
    report.figure("inbound_payer_ms_town", median(&of_payers));
    report.figure("inbound_ms_town", median(&took));
    report.figure("inbound_p99_ms_town", quantile(&took, 0.99));
    Ok(())
}
