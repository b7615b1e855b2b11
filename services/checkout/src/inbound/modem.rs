//! Whether the modem can send and receive. While it cannot, nothing is asked and the payers' clock stands still: a payer
//! must not lose time because the shop could not hear them. What nobody saw (checkout itself was down) counts as standing
//! still too.

use std::sync::Arc;

use chit_proto::sms_gateway::v1::{ModemState, WatchModemRequest};

use chit_runtime::clock::from_proto;

use super::for_ever;
use crate::context::Shop;
use crate::peers::Fault;
use crate::trust;
use crate::values::refusal::Result;

pub async fn run(shop: Arc<Shop>) {
    for_ever(&shop, "modem", || async {
        // At the start, and whenever the gateway is away: the modem may be fine, but we cannot use it.
        note(&shop, false).await?;
        let heard = listen(&shop).await;
        note(&shop, false).await?;
        heard
    })
    .await;
}

async fn listen(shop: &Arc<Shop>) -> std::result::Result<(), Fault> {
    let mut sms = shop.peers.sms.clone();
    let request = WatchModemRequest {};
    let mut states = sms.watch_modem(request).await?.into_inner();
    while let Some(state) = states.message().await? {
        let modem = state.modem.unwrap_or_default();
        note(shop, modem.state() == ModemState::Ready).await?;
        if let Some(clock) = modem.network_clock {
            let at = |time: Option<prost_types::Timestamp>| time.as_ref().and_then(from_proto);
            if let (Some(network), Some(local)) = (at(clock.network_time), at(clock.local_time)) {
                trust::compare(shop, network, local).await?;
            }
        }
    }
    Ok(())
}

/// The schedule looks at `modem_ready` only after the clock is right.
pub async fn note(shop: &Shop, ready: bool) -> Result<()> {
    let was_ready = *shop.signals.modem_ready.borrow();
    if ready != was_ready || !ready {
        hears(shop, ready, was_ready).await?;
    }
    if shop.signals.modem_ready.send_replace(ready) != ready {
        shop.signals.wake.notify_one();
    }
    Ok(())
}

/// The shop hears while the modem is ready and the time is trusted.
async fn hears(shop: &Shop, ready: bool, was_ready: bool) -> Result<()> {
    let trusted = !*shop.signals.time_in_doubt.borrow();
    let deaf = shop.store.read(crate::store::View::is_deaf).await?;
    if ready && trusted {
        shop.store.write(crate::store::Tx::hear_again).await
    } else if !deaf {
        shop.store.write(move |tx| tx.deafen(was_ready)).await
    } else {
        Ok(())
    }
}
