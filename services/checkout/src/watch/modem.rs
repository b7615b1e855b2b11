//! Whether the modem can send and receive. While it cannot, nothing is asked and the payers' clocks stand still.

use std::sync::Arc;

use chit_proto::sms_gateway::v1::{ModemState, WatchModemRequest};

use super::for_ever;
use crate::domain::dialogue::ChallengeState;
use crate::saga::Fault;
use crate::shop::Shop;
use crate::store::Rows;

const DOWN_SINCE: &str = "modem_down_since_ms";

pub async fn run(shop: Arc<Shop>) {
    for_ever(&shop, "modem", || async {
        let heard = listen(&shop).await;
        // A gateway that is away is only restarting: the modem itself did not change, but we cannot use it.
        note(&shop, false).await?;
        heard
    })
    .await;
}

async fn listen(shop: &Arc<Shop>) -> Result<(), Fault> {
    let mut sms = shop.far.sms.clone();
    let request = chit_runtime::client::request(WatchModemRequest {}, None);
    let mut states = sms.watch_modem(request).await?.into_inner();
    while let Some(state) = states.message().await? {
        let ready = state.modem.is_some_and(|modem| modem.state() == ModemState::Ready);
        note(shop, ready).await?;
    }
    Ok(())
}

async fn note(shop: &Shop, ready: bool) -> Result<(), Fault> {
    if ready {
        give_lost_time_back(shop).await?;
    } else {
        shop.store
            .write(|tx| {
                if tx.number(DOWN_SINCE)? == 0 {
                    tx.set_number(DOWN_SINCE, u64::try_from(tx.now_ms).unwrap_or_default())?;
                }
                Ok(())
            })
            .await?;
    }
    shop.modem_ready.send_replace(ready);
    shop.wake.notify_one();
    Ok(())
}

async fn give_lost_time_back(shop: &Shop) -> Result<(), Fault> {
    shop.store
        .write(|tx| {
            let since = i64::try_from(tx.number(DOWN_SINCE)?).unwrap_or_default();
            if since == 0 {
                return Ok(());
            }
            tx.set_number(DOWN_SINCE, 0)?;
            for payer in tx.payers()?.into_iter().filter(|payer| !payer.open_challenge_id.is_empty()) {
                let mut challenge = tx.challenge(&payer.open_challenge_id)?;
                if challenge.state() == ChallengeState::Open {
                    challenge.paused_ms += (tx.now_ms - since.max(challenge.submit_ms)).max(0);
                    tx.put_challenge("system", &challenge)?;
                }
            }
            Ok(())
        })
        .await?;
    Ok(())
}
