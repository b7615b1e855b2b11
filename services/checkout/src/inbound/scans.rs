//! The handheld: goods and payer codes go to the newest DRAFT of this till's lane.

use std::sync::Arc;

use chit_proto::scanner::v1::watch_scans_response::Event;
use chit_proto::scanner::v1::{Scan, WatchScansRequest};
use tokio::sync::Mutex;

use super::for_ever;
use crate::context::Shop;
use crate::peers::Fault;
use crate::sale::scan_route::{self, ScanRoute};
use crate::sale::{self, PayerScan, ScanSource, goods};
use crate::values::refusal::Result;

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
    let mut scanner = shop.peers.scanner.clone();
    let mut scans = scanner.watch_scans(request).await?.into_inner();
    while let Some(message) = scans.message().await? {
        match message.event {
            Some(Event::Started(started)) if started.epoch != place.epoch => {
                *place = Place { epoch: started.epoch, seq: started.last_seq };
            }
            Some(Event::Scan(scan)) => {
                place.seq = scan.seq;
                if let Err(refusal) = route(shop, scan).await {
                    tracing::warn!(reason = %refusal.reason, "a scan was not taken");
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
    let lane = shop.cfg.till.clone();
    let draft = {
        let lane = lane.clone();
        shop.store.read(move |view| view.draft_of(&lane)).await?
    };
    let open = match (draft, &what) {
        (None, ScanRoute::Goods(_)) => {
            let (ids, policy, currency) =
                ((shop.new_id()?, shop.new_id()?), shop.cfg.evidence_policy, shop.currency);
            shop.store.write(move |tx| sale::open_by_scan(tx, policy, ids, &lane, currency)).await?
        }
        (draft, _) => draft,
    };
    let Some(id) = open else {
        tracing::info!("a scan without an open sale; start one first");
        return Ok(());
    };
    match what {
        ScanRoute::Goods(code) => {
            let item = goods::find_in(&shop.catalogue, &code.to_string())?.clone();
            shop.store.write(move |tx| goods::add_scanned(tx, id, &item)).await.map(|_| ())
        }
        _ => {
            let scan = PayerScan { code: scan.data, source: ScanSource::Serial, engine: scan.engine };
            let today = shop.voice.quiet.local_day(shop.clock.now());
            let code = scan.read(&shop.issuer_key(), today)?;
            let (rules, moment) = (shop.rules(), shop.moment()?);
            let issuer = shop.cfg.issuer;
            let present = move |tx: &mut crate::store::Tx| {
                // Whoever has the basket open holds the scanner.
                let actor = tx.sale(id)?.cashier;
                let by = sale::Presenting { issuer, actor: &actor, rules: &rules, moment };
                sale::present(tx, id, &code, scan, by)
            };
            shop.store.write(present).await.map(|_| ())
        }
    }
}
