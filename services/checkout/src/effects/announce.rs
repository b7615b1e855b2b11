//! "Recorded, 12.50": said at the till when the sale is committed, or not at all. Never that it is paid.

use std::sync::Arc;

use chit_proto::media_capture::v1::{AnnounceRequest, Prompt};
use jiff::SignedDuration;

use super::point::done;
use crate::context::Shop;
use crate::peers::{CALL_MAX, Fault};
use crate::values::ids::SaleId;

/// What is said later than this is about somebody who has left.
const SAID_WITHIN: SignedDuration = SignedDuration::from_secs(10);

pub async fn say(shop: &Arc<Shop>, entry: u64, id: SaleId) -> Result<(), Fault> {
    let look = move |view: &crate::store::View| {
        let sale = view.sale(id)?;
        let chinese = sale.presented().map(|seen| view.payer(seen.payer)).transpose()?;
        Ok((sale, chinese.is_some_and(|payer| payer.is_chinese())))
    };
    let (sale, chinese) = shop.store.read(look).await?;
    let fresh = sale.sold().is_some_and(|sold| shop.clock.now().duration_since(sold.at) < SAID_WITHIN);
    if fresh && !sale.is_voided() {
        let request = AnnounceRequest {
            prompt: Prompt::Recorded.into(),
            amount_minor: sale.total_minor,
            currency_code: sale.currency.code().to_owned(),
            language: if chinese { "zh-CN" } else { "en" }.to_owned(),
            text: String::new(),
        };
        // Said twice is worse than not said: the entry goes first, and the speaker is asked once.
        shop.store.write(move |tx| done(tx, entry)).await?;
        let mut station = shop.peers.station.clone();
        if let Err(status) = station.announce(chit_runtime::call::within(CALL_MAX, request)).await {
            tracing::info!(sale = %id, code = ?status.code(), "not said");
        }
        return Ok(());
    }
    Ok(shop.store.write(move |tx| done(tx, entry)).await?)
}
