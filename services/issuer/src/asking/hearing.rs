//! What payers write to the issuer's number: each is heard in one transaction with the place that was heard up to, then acknowledged.

use std::sync::Arc;
use std::time::Duration;

use chit_proto::sms_gateway::v1::Inbound;
use chit_runtime::{Shutdown, failpoint};
use tonic::Status;

use super::Asking;
use crate::domain::{Reply, hear};
use crate::store::{Draft, Result};

/// A restarted gateway is back within half a second.
const RECONNECT_PAUSE: Duration = Duration::from_millis(200);

/// Until shutdown; the stream ends whenever the gateway restarts.
pub async fn listen(asking: Arc<Asking>, shutdown: Shutdown) {
    let mut told = String::new();
    loop {
        tokio::select! {
            () = shutdown.wait() => return,
            ended = follow(&asking) => if let Err(fault) = ended && fault != told {
                tracing::warn!(fault, "payers who write to the issuer are not heard");
                told = fault;
            }
        }
        tokio::select! {
            () = shutdown.wait() => return,
            () = tokio::time::sleep(RECONNECT_PAUSE) => {}
        }
    }
}

/// An error is for the issuer's people: it says nothing of a message.
async fn follow(asking: &Arc<Asking>) -> std::result::Result<(), String> {
    let far = |status: Status| format!("the SMS gateway: {:?}", status.code());
    let own = |error: crate::store::StoreError| error.to_string();
    let after = asking.write(|_, draft| draft.heard_up_to()).await.map_err(own)?;
    let mut messages = asking.route.watch(after).await.map_err(far)?;
    while let Some(message) = messages.message().await.map_err(far)? {
        let Some(inbound) = message.inbound else { continue };
        let seq = inbound.seq;
        asking.write(move |asking, draft| asking.heard(draft, &inbound)).await.map_err(own)?;
        failpoint("issuer/inbound/committed");
        asking.route.acknowledge(seq).await.map_err(far)?;
    }
    Ok(())
}

impl Asking {
    fn heard(&self, draft: &Draft<'_>, inbound: &Inbound) -> Result<()> {
        if inbound.seq <= draft.heard_up_to()? {
            return Ok(());
        }
        draft.set_heard(inbound.seq)?;
        // A machine guesses or floods: nothing of it is tried.
        if inbound.over_rate {
            return Ok(());
        }
        let several = inbound.from_candidates.iter();
        let one = Some(&inbound.from_e164).filter(|_| inbound.from_candidates.is_empty());
        let mut asks = Vec::new();
        for number in several.chain(one) {
            asks.extend(draft.asks_of(number)?);
        }
        let before = asks.clone();
        let ended = hear(&mut asks, Reply::parse(&inbound.text));
        for (ask, before) in asks.iter().zip(&before) {
            if ask != before {
                draft.put_ask(ask, &draft.card_of(ask)?.1)?;
            }
        }
        for (at, outcome) in ended {
            let (card, holder) = draft.card_of(&asks[at])?;
            // The rows of a card that was lost meanwhile are worth nothing, whoever agrees.
            let outcome = if card.lost { chit_verdict::Outcome::Lost } else { outcome };
            self.end(draft, &asks[at], &holder, outcome)?;
        }
        Ok(())
    }
}
