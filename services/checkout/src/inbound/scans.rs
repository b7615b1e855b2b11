//! The handheld: goods and payer codes go to the newest DRAFT of this till's lane.

use std::sync::Arc;

use chit_proto::scanner::v1::watch_scans_response::Event;
use chit_proto::scanner::v1::{EnableScannerRequest, Scan, SymbolKind, WatchScansRequest};
use tokio::sync::Mutex;

use super::for_ever;
use crate::context::Shop;
use crate::peers::{Fault, peer};
use crate::sale::scan_route::ScanRoute;
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

/// What the scanner says that it is: it knows the device, the symbology and how the code was framed.
pub fn says(scan: &Scan) -> ScanRoute {
    let text = String::from_utf8_lossy(&scan.data);
    let text = text.trim();
    let symbol = scan.symbol.as_ref();
    match symbol.map(|symbol| symbol.kind()).unwrap_or_default() {
        SymbolKind::Goods | SymbolKind::InStore => {
            ScanRoute::goods(symbol.iter().flat_map(|symbol| symbol.gtins.iter().map(String::as_str)))
        }
        SymbolKind::PayerCode => ScanRoute::payer_code(text),
        SymbolKind::EmvConsumer => ScanRoute::EmvConsumer,
        SymbolKind::EmvMerchant => ScanRoute::EmvMerchant,
        SymbolKind::Wallet => ScanRoute::Wallet,
        SymbolKind::Text => ScanRoute::label(text),
        SymbolKind::Binary | SymbolKind::Unspecified => ScanRoute::Unknown,
    }
}

/// A new basket has begun, so a code counts again that counted just now. The basket does not wait for it.
pub fn begin_anew(shop: &Arc<Shop>) {
    let shop = shop.clone();
    tokio::spawn(async move {
        if let Err(status) = peer!(shop.scanner.enable_scanner(EnableScannerRequest {})).await {
            tracing::info!(code = ?status.code(), "the scanner was not told of the new basket");
        }
    });
}

async fn route(shop: &Arc<Shop>, scan: Scan) -> Result<()> {
    let says = says(&scan);
    let lane = shop.cfg.till.clone();
    let draft = {
        let lane = lane.clone();
        shop.store.read(move |view| view.draft_of(&lane)).await?
    };
    let open = match (draft, &says) {
        (None, ScanRoute::Goods(_)) => {
            let (ids, policy, currency) =
                ((shop.new_id()?, shop.new_id()?), shop.cfg.evidence_policy, shop.currency);
            // Sessions are in the machine's time.
            let now = jiff::Timestamp::now();
            let open = move |tx: &mut crate::store::Tx| {
                let signed_in = tx.everybody_signed_in(now)?;
                sale::open_by_scan(tx, policy, ids, &lane, currency, &signed_in)
            };
            shop.store.write(open).await?
        }
        (draft, _) => draft,
    };
    let Some(id) = open else {
        tracing::info!("a scan without an open sale; start one first");
        return Ok(());
    };
    match says {
        ScanRoute::Goods(codes) => {
            let item = goods::find_first(&shop.catalogue, &codes)?.clone();
            shop.store.write(move |tx| goods::add_scanned(tx, id, &item)).await.map(|_| ())
        }
        says => {
            let scan = PayerScan { says, source: ScanSource::Serial, engine: scan.engine };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sale::scan_route::{GoodsCode, Gtin};
    use chit_proto::scanner::v1::Symbol;

    fn scan(kind: SymbolKind, data: &str, gtins: &[&str]) -> Scan {
        let gtins = gtins.iter().map(|gtin| (*gtin).to_owned()).collect();
        let symbol = Symbol { kind: kind.into(), gtins, ..Symbol::default() };
        Scan { data: data.into(), symbol: Some(symbol), ..Scan::default() }
    }

    #[test]
    fn a_scan_is_what_the_scanner_says_it_is() {
        let digits = "001234567890123456";
        let label = ScanRoute::Goods(vec![GoodsCode::Code128(digits.into())]);
        assert_eq!(says(&scan(SymbolKind::Text, digits, &[])), label, "no wallet, whatever its length");
        assert_eq!(says(&scan(SymbolKind::Wallet, "134567890123456789", &[])), ScanRoute::Wallet);
        let both = ["00000001234565", "00012345000065"];
        let gtins: Vec<_> = both.iter().filter_map(|gtin| Gtin::parse(gtin)).map(GoodsCode::Gtin).collect();
        assert_eq!(says(&scan(SymbolKind::Goods, "01234565", &both)), ScanRoute::Goods(gtins));
        assert_eq!(says(&scan(SymbolKind::Binary, "\u{0}", &[])), ScanRoute::Unknown);
        assert_eq!(says(&Scan { data: b"6901234567892".into(), ..Scan::default() }), ScanRoute::Unknown);
        let payer = "0957".to_owned() + &"1".repeat(233);
        assert!(matches!(says(&scan(SymbolKind::PayerCode, &payer, &[])), ScanRoute::PayerCode(_)));
    }
}
