//! Whether the modem can send and receive. While it cannot, nothing is asked and the payers' clocks stand still: a
//! payer must not lose time because the shop could not hear him. What nobody saw (checkout itself was down) counts as
//! standing still too.

use std::sync::Arc;

use chit_proto::sms_gateway::v1::{ModemState, WatchModemRequest};

use super::for_ever;
use crate::domain::dialogue::ChallengeState;
use crate::domain::refusal::Result;
use crate::domain::sale::SaleState;
use crate::saga::Fault;
use crate::shop::Shop;
use crate::store::{Rows, Tx};

const DOWN_SINCE: &str = "modem_down_since_ms";
/// Business time at which the modem was last known to be ready: after a kill the clocks have stood since then.
const SEEN_READY: &str = "modem_seen_ready_ms";
/// A killed checkout gives its payers at most this much too much.
const SEEN_EVERY_MS: i64 = 60_000;

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
    let mut sms = shop.far.sms.clone();
    let request = WatchModemRequest {};
    let mut states = sms.watch_modem(request).await?.into_inner();
    while let Some(state) = states.message().await? {
        note(shop, state.modem.is_some_and(|modem| modem.state() == ModemState::Ready)).await?;
    }
    Ok(())
}

/// Writes down now and then that the modem is still ready, in business time: a sandbox may jump.
pub async fn still_ready(shop: &Shop, seen_ms: &mut i64) -> Result<()> {
    let now_ms = shop.now_ms();
    if *shop.modem_ready.borrow() && (now_ms - *seen_ms).abs() >= SEEN_EVERY_MS {
        shop.store.write(|tx| set(tx, SEEN_READY, tx.now_ms)).await?;
        *seen_ms = now_ms;
    }
    Ok(())
}

/// The schedule looks at `modem_ready` only after the clocks are right.
pub async fn note(shop: &Shop, ready: bool) -> Result<()> {
    let down = shop.store.read(|rows| Ok(rows.number(DOWN_SINCE)? > 0)).await?;
    if ready {
        shop.store
            .write(|tx| {
                give_lost_time_back(tx)?;
                set(tx, SEEN_READY, tx.now_ms)
            })
            .await?;
    } else if !down {
        let was_ready = *shop.modem_ready.borrow();
        shop.store
            .write(move |tx| {
                let seen = time(tx, SEEN_READY)?;
                let since = if was_ready || seen == 0 { tx.now_ms } else { seen };
                set(tx, DOWN_SINCE, since)
            })
            .await?;
    }
    if shop.modem_ready.send_replace(ready) != ready {
        shop.wake.notify_one();
    }
    Ok(())
}

fn give_lost_time_back(tx: &mut Tx) -> Result<()> {
    let since = time(tx, DOWN_SINCE)?;
    if since == 0 {
        return Ok(());
    }
    set(tx, DOWN_SINCE, 0)?;
    for payer in tx.payers()?.into_iter().filter(|payer| !payer.open_challenge_id.is_empty()) {
        let mut challenge = tx.challenge(&payer.open_challenge_id)?;
        if challenge.state() == ChallengeState::Open {
            challenge.paused_ms += (tx.now_ms - since.max(challenge.submit_ms)).max(0);
            tx.put_challenge("system", &challenge)?;
        }
    }
    // An objection to the notice could not be heard either.
    for mut sale in tx.open_sales()? {
        if sale.state() == SaleState::BadPending && sale.notice_ms > 0 && !sale.held_by_dispute {
            sale.notice_ms += (tx.now_ms - since.max(sale.notice_ms)).max(0);
            tx.put_sale("system", &sale)?;
        }
    }
    Ok(())
}

fn time(tx: &Tx, name: &str) -> Result<i64> {
    Ok(i64::try_from(tx.number(name)?).unwrap_or_default())
}

fn set(tx: &mut Tx, name: &str, ms: i64) -> Result<()> {
    tx.set_number(name, u64::try_from(ms).unwrap_or_default())
}
