//! The printer, as often as it becomes ready: whether it can print what this shop sells.

use std::sync::Arc;

use chit_proto::printer::v1::{PrinterCondition, WatchStatusRequest};

use super::for_ever;
use crate::context::Shop;
use crate::paper;
use crate::peers::{CALL_MAX, Fault};

pub async fn run(shop: Arc<Shop>) {
    for_ever(&shop, "printer", || listen(&shop)).await;
}

async fn listen(shop: &Arc<Shop>) -> std::result::Result<(), Fault> {
    let mut printer = shop.peers.printer.clone();
    let mut states = printer.watch_status(WatchStatusRequest {}).await?.into_inner();
    let mut was_ready = false;
    while let Some(state) = states.message().await? {
        let is_ready = state.status.unwrap_or_default().condition() == PrinterCondition::Ready;
        if is_ready && !was_ready {
            check(shop).await?;
        }
        was_ready = is_ready;
    }
    Ok(())
}

/// Another printer may have another font, so each is asked.
async fn check(shop: &Arc<Shop>) -> std::result::Result<(), Fault> {
    let goods = shop.catalogue.iter().map(|item| item.description.as_str());
    let shop_itself = shop.cfg.header_lines.iter().chain([&shop.cfg.shop_name]).map(String::as_str);
    let letters = paper::unprintable(shop, goods.chain(shop_itself), CALL_MAX).await?;
    if !letters.is_empty() {
        let letters = letters.join(" ");
        tracing::error!(
            letters,
            "the printer has no form for letters in the catalogue or in the shop's name"
        );
    }
    Ok(())
}
