//! The handheld: goods and payer codes go to the newest DRAFT of this till.

use std::sync::Arc;

use chit_proto::scanner::v1::watch_scans_response::Event;
use chit_proto::scanner::v1::{Scan, WatchScansRequest};
use tokio::sync::Mutex;

use super::for_ever;
use crate::counter::{self, PayerScan};
use crate::domain::refusal::Result;
use crate::domain::sale::{PayerScanSource, SaleState};
use crate::domain::scan_route::{self, ScanRoute};
use crate::saga::Fault;
use crate::shop::Shop;
use crate::store::Rows;

/// Where the stream was left: scans made while we were away are taken up.
#[derive(Default)]
struct Place {
    epoch: String,
    seq: u64,
}

pub async fn run(shop: Arc<Shop>) {
    let place = Mutex::new(Place::default());
    for_ever(&shop, "scans", || listen(&shop, &place)).await;
}

async fn listen(shop: &Arc<Shop>, place: &Mutex<Place>) -> std::result::Result<(), Fault> {
    let mut place = place.lock().await;
    let request = WatchScansRequest { epoch: place.epoch.clone(), after_seq: place.seq };
    let mut scanner = shop.far.scanner.clone();
    let mut scans = scanner.watch_scans(request).await?.into_inner();
    while let Some(message) = scans.message().await? {
        match message.event {
            Some(Event::Started(started)) if started.epoch != place.epoch => {
                *place = Place { epoch: started.epoch, seq: started.last_seq };
            }
            Some(Event::Scan(scan)) => {
                place.seq = scan.seq;
                if let Err(refusal) = route(shop, scan).await {
                    tracing::warn!(reason = refusal.reason, "a scan was not taken");
                }
            }
            _ => {}
        }
    }
    Ok(())
}

async fn route(shop: &Arc<Shop>, scan: Scan) -> Result<()> {
    let text = format!("{}{}", scan.aim_identifier, String::from_utf8_lossy(&scan.data));
    let what = scan_route::route(&text);
    let open_sale = match (newest_draft(shop).await?, &what) {
        (None, ScanRoute::Goods(_)) => counter::open_by_scan(shop).await?,
        (draft, _) => draft,
    };
    let Some(sale_id) = open_sale else {
        tracing::info!("a scan without an open sale; start one first");
        return Ok(());
    };
    match what {
        ScanRoute::Goods(code) => {
            counter::add_scanned_goods(shop, &sale_id, &code.to_string()).await.map(|_| ())
        }
        _ => {
            let scan = PayerScan { code: scan.data, source: PayerScanSource::Serial, engine: scan.engine };
            counter::present_payer(shop, &sale_id, scan).await.map(|_| ())
        }
    }
}

async fn newest_draft(shop: &Shop) -> Result<Option<String>> {
    let till = shop.cfg.till.clone();
    shop.store
        .read(move |rows| {
            let sales = rows.open_sales()?;
            let drafts = sales.into_iter().filter(|sale| {
                matches!(sale.state(), SaleState::Draft | SaleState::PayerOk)
                    && sale.till == till
                    && !sale.committing
            });
            Ok(drafts.map(|sale| sale.sale_id).max())
        })
        .await
}
