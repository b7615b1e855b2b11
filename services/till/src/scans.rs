//! Scans of the handheld besides checkout's own use of them: the QR of a receipt opens its enquiry, and the cashier sees why
//! the sale did not take a scan, or what the scanner could not read.

use std::sync::Arc;
use std::time::Duration;

use chit_proto::checkout::v1::{PresentPayerRequest, Sale, SaleState, SearchGoodsRequest};
use chit_proto::scanner::v1::watch_scans_response::Event;
use chit_proto::scanner::v1::{Scan, WatchScansRequest};
use tokio::time::{sleep, timeout};
use tonic::Status;
use ulid::Ulid;

use crate::peers::call;
use crate::scene::{RefusedScan, Scene};
use crate::till::Till;

const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// checkout takes a good code within this time.
const TAKEN_MAX: Duration = Duration::from_millis(800);
/// A scan opens a sale within this time, on a busy machine, too: goods that were taken must not be called refused.
const OPENED_MAX: Duration = Duration::from_secs(3);
const RECEIPT_PREFIX: &str = "CHIT1:";
/// Bytes of the signed layout and of its signature, today and as on older papers (checkout/v1/goods.proto, SignedReceipt).
const RECEIPT_BYTES: [usize; 2] = [106 + 64, 74 + 64];

pub async fn follow(till: Arc<Till>) {
    loop {
        tokio::select! {
            ended = listen(&till) => if let Err(status) = ended {
                tracing::debug!(code = ?status.code(), "the scanner does not answer");
            },
            () = till.shutdown.wait() => return,
        }
        sleep(RETRY_PAUSE).await;
    }
}

async fn listen(till: &Till) -> Result<(), Status> {
    let mut scanner = till.peers.scanner.clone();
    let request = WatchScansRequest::default();
    let mut scans = scanner.watch_scans(request).await?.into_inner();
    while let Some(message) = scans.message().await? {
        match message.event {
            Some(Event::Scan(scan)) => look_at(till, &scan).await,
            Some(Event::Refusal(refusal)) => till.scene.send_modify(|scene| {
                Arc::make_mut(scene).take_unread(refusal.device, refusal.reason);
            }),
            Some(Event::Started(_)) | None => {}
        }
    }
    Ok(())
}

async fn look_at(till: &Till, scan: &Scan) {
    let Ok(text) = std::str::from_utf8(&scan.data) else { return };
    if let Some(sale_id) = sale_of_receipt(text) {
        till.scene.send_modify(|scene| {
            let scene = Arc::make_mut(scene);
            let count = scene.scanned_receipt.as_ref().map_or(0, |(count, _)| *count);
            scene.scanned_receipt = Some((count + 1, sale_id));
        });
        return;
    }
    let refused =
        if is_gtin(text) { refused_goods(till, text).await } else { refused_payer(till, scan).await };
    if let Some(refused) = refused {
        till.scene.send_modify(|scene| Arc::make_mut(scene).refuse_scan(refused));
    }
}

/// The first scan after a sale opens the next one, if somebody is signed in: it has a moment to.
async fn a_sale_opens(till: &Till) -> bool {
    let mut scenes = till.scene.subscribe();
    let is_open = |scene: &Arc<Scene>| scene.current.as_ref().is_some_and(|known| is_open(&known.sale));
    timeout(OPENED_MAX, scenes.wait_for(is_open)).await.is_ok()
}

fn is_open(sale: &Sale) -> bool {
    matches!(sale.state(), SaleState::Draft | SaleState::PayerOk)
}

/// The catalogue may write a number with or without leading zeros.
async fn refused_goods(till: &Till, code: &str) -> Option<RefusedScan> {
    for query in [code, code.trim_start_matches('0')] {
        let request = SearchGoodsRequest { query: query.to_owned(), limit: 1 };
        let found = call!(till.peers.shop.search_goods(request)).await.ok()?;
        if !found.items.is_empty() {
            return (!a_sale_opens(till).await).then(|| RefusedScan::NoSale(code.to_owned()));
        }
    }
    Some(RefusedScan::Goods(code.to_owned()))
}

/// checkout takes a payer's code by itself and does not report a refusal. So the open sale has a moment to change; if it
/// does not, the code is presented once more for the reason, which changes nothing where it was refused.
async fn refused_payer(till: &Till, scan: &Scan) -> Option<RefusedScan> {
    let mut scenes = till.scene.subscribe();
    let open = scenes.borrow().current.clone()?;
    if matches!(open.sale.state(), SaleState::Committed | SaleState::Printing) {
        // The payer before still holds out their phone.
        return None;
    }
    if !is_open(&open.sale) {
        return Some(RefusedScan::NoSale(String::new()));
    }
    let moved_on = |scene: &Arc<Scene>| {
        scene
            .current
            .as_ref()
            .is_none_or(|now| now.sale.sale_id != open.sale.sale_id || now.revision != open.revision)
    };
    if timeout(TAKEN_MAX, scenes.wait_for(moved_on)).await.is_ok() {
        return None;
    }
    let request = PresentPayerRequest {
        request_id: Ulid::generate().to_string(),
        sale_id: open.sale.sale_id.clone(),
        code: scan.data.clone(),
        engine: scan.engine.clone(),
    };
    let refusal = call!(till.peers.sales.present_payer(request)).await.err()?;
    Some(RefusedScan::Payer(chit_runtime::error::reason_of(&refusal)?))
}

fn is_gtin(text: &str) -> bool {
    matches!(text.len(), 8 | 12 | 13 | 14) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The sale's ULID inside a receipt's QR text. Its signature is not judged here: it only says which sale to look up.
pub fn sale_of_receipt(text: &str) -> Option<String> {
    let bytes = base45::decode(text.trim().strip_prefix(RECEIPT_PREFIX)?).ok()?;
    if !RECEIPT_BYTES.contains(&bytes.len()) {
        return None;
    }
    let id: [u8; 16] = bytes.get(..16)?.try_into().ok()?;
    Some(Ulid::from(u128::from_be_bytes(id)).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipts_qr_names_its_sale() {
        let id = Ulid::from_parts(1_795_000_000_000, 7);
        for len in RECEIPT_BYTES {
            let mut bytes = u128::from(id).to_be_bytes().to_vec();
            bytes.resize(len, 1);
            let text = format!("CHIT1:{}", base45::encode(&bytes));
            assert_eq!(sale_of_receipt(&text), Some(id.to_string()));
            bytes.pop();
            assert_eq!(sale_of_receipt(&format!("CHIT1:{}", base45::encode(&bytes))), None);
        }
        assert_eq!(sale_of_receipt("6901234567892"), None);
    }
}
