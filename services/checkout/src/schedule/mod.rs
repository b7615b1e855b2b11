//! What happens by itself as time passes. An index in time order says what is due, and each is done in its own
//! transaction, which looks again. Business time comes from the clock, so a sandbox may move it; the tick is monotonic.

mod perform;
pub mod prune;

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;

use crate::context::Shop;
use crate::store::due::{Due, Queue};
use crate::trust;
use crate::values::ids::ChallengeId;
use crate::values::refusal::Result;
use crate::values::time;

/// Nothing here is finer than a second; a change of the index makes reactions immediate.
const TICK: Duration = Duration::from_millis(250);
/// What is done at a time: these changes commit together.
const AT_A_TIME: usize = 64;
/// Rounds without a pause: more than a town has due at a time, less than for ever.
const ROUNDS_MAX: usize = 1_000;
/// What was due and could not be done is tried again after this, in milliseconds.
const AGAIN_AFTER_MS: i64 = 10_000;

pub async fn run(shop: Arc<Shop>) -> Result<()> {
    let (mut counter, mut dialogue) = shop.store.watch_due();
    let mut trust = trust::Watch::start(&shop, trust::Reading::now()).await?;
    let mut pruned_ms = 0;
    loop {
        tokio::select! {
            () = shop.shutdown.wait() => return Ok(()),
            () = shop.signals.wake.notified() => {}
            _ = counter.changed() => {}
            _ = dialogue.changed() => {}
            () = tokio::time::sleep(TICK) => {}
        }
        trust.look(&shop, trust::Reading::now()).await?;
        prune::now_and_then(&shop, &mut pruned_ms).await?;
        do_due(&shop).await?;
    }
}

/// Does all that is due now; returns the challenges that were made.
pub async fn do_due(shop: &Arc<Shop>) -> Result<Vec<ChallengeId>> {
    let mut asked = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let due = look(shop).await?;
        if due.is_empty() {
            return Ok(asked);
        }
        for made in join_all(due.iter().map(|due| one(shop, due))).await {
            asked.extend(made?);
        }
    }
    tracing::error!(rounds = ROUNDS_MAX, "things are due again as soon as they are done; the rest waits");
    Ok(asked)
}

/// What cannot be done must not keep the rest waiting: it is noted, and comes again.
pub(crate) async fn one(shop: &Arc<Shop>, due: &Due) -> Result<Option<ChallengeId>> {
    match perform::perform(shop, due).await {
        Ok(asked) => Ok(asked),
        Err(refusal) if refusal.is_about_the_request() || refusal.kind == internal() => {
            tracing::error!(?due, %refusal, "what was due could not be done");
            let due = due.clone();
            shop.store.write(move |tx| tx.postpone(&due, AGAIN_AFTER_MS).map(|()| None)).await
        }
        Err(refusal) => Err(refusal),
    }
}

fn internal() -> crate::values::refusal::RefusalKind {
    crate::values::refusal::RefusalKind::Internal
}

async fn look(shop: &Arc<Shop>) -> Result<Vec<Due>> {
    let now = shop.clock.now();
    let trusted = !*shop.signals.time_in_doubt.borrow();
    // Nobody can be asked or heard, so nobody's time runs.
    let hears = trusted && *shop.signals.modem_ready.borrow();
    shop.store
        .read(move |view| {
            let mut due = view.due(Queue::Counter, AT_A_TIME)?;
            due.retain(|due| due.at <= now);
            // What speaks to a whole town must not keep the counter from selling.
            if hears && view.has_room_for_bulk()? {
                let heard = time::from_ms(view.heard_ms(now)?);
                let dialogue = view.due(Queue::Dialogue, AT_A_TIME)?.into_iter();
                due.extend(dialogue.filter(|due| due.at <= now));
                due.extend(view.due(Queue::Heard, AT_A_TIME)?.into_iter().filter(|due| due.at <= heard));
            }
            Ok(due)
        })
        .await
}
