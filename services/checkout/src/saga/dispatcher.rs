//! Runs the outbox: one effect a lane at a time, lanes beside each other, until each has happened.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tracing::Instrument;

use super::{Fault, commit, enrolment, messages, money, printing, recording, stuck};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::name::Named;
use crate::domain::refusal::Result;
use crate::shop::Shop;
use crate::store::Rows;

const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// A refusal nobody foresaw: kept, told, and tried again now and then.
const PAUSE_REFUSED: Duration = Duration::from_secs(10);

/// Until shutdown. At the start it takes up whatever a killed process left.
pub async fn run(shop: Arc<Shop>) -> Result<()> {
    let mut grew = shop.store.watch_outbox();
    let mut busy: HashSet<String> = HashSet::new();
    let mut running: JoinSet<String> = JoinSet::new();
    loop {
        grew.mark_unchanged();
        let rows = shop.store.read(|rows| rows.outbox()).await?;
        for (row, effect) in rows {
            let lane = effect.lane();
            if busy.insert(lane.clone()) {
                running.spawn(until_done(shop.clone(), row, effect, lane));
            }
        }
        tokio::select! {
            () = shop.shutdown.wait() => return Ok(()),
            _ = grew.changed() => {}
            Some(ended) = running.join_next() => {
                match ended {
                    Ok(lane) => { busy.remove(&lane); }
                    // The row is still there; a new process takes it up. A lane must not stay busy for ever.
                    Err(panic) => return Err(crate::domain::refusal::Refusal::internal(format!("an effect panicked: {panic}"))),
                }
            }
        }
    }
}

async fn until_done(shop: Arc<Shop>, row: u64, effect: Effect, lane: String) -> String {
    let mut pause = PAUSE_FIRST;
    let Subject { traceparent, sale_ids } = subject_of(&shop, &effect).await;
    loop {
        let span = chit_runtime::trace::span_from_traceparent(&effect.kind().name(), &traceparent);
        let wait = match apply(&shop, row, &effect).instrument(span).await {
            Ok(()) => return lane,
            Err(Fault::Away(status)) => {
                tracing::debug!(effect = effect.kind().name(), code = ?status.code(), "waits for another service");
                pause
            }
            Err(Fault::Refused { reason, .. }) => {
                tracing::error!(
                    effect = effect.kind().name(),
                    subject = effect.subject_id,
                    reason,
                    "refused"
                );
                stuck::tell(&shop, &effect, &sale_ids, &reason).await;
                PAUSE_REFUSED
            }
            Err(Fault::State(refusal)) => {
                tracing::error!(effect = effect.kind().name(), subject = effect.subject_id, %refusal, "not possible");
                stuck::tell(&shop, &effect, &sale_ids, refusal.reason).await;
                PAUSE_REFUSED
            }
        };
        tokio::time::sleep(wait).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// What an effect belongs to.
#[derive(Default)]
struct Subject {
    /// Of the sale or payer; empty = a new trace.
    traceparent: String,
    /// The sales that do not go on without it.
    sale_ids: Vec<String>,
}

async fn subject_of(shop: &Shop, effect: &Effect) -> Subject {
    let effect = effect.clone();
    let found = shop.store.read(move |rows| {
        let sale_ids = stuck::sale_ids_of(rows, &effect)?;
        if let Ok(payer) = rows.payer(&effect.subject_id) {
            return Ok(Subject { traceparent: payer.traceparent, sale_ids });
        }
        let message = rows.message(&effect.subject_id)?;
        let about = message.map_or_else(|| sale_ids.clone(), |message| message.sale_ids);
        let first = about.first().map(|id| rows.sale(id)).transpose()?;
        Ok(Subject { traceparent: first.map(|sale| sale.traceparent).unwrap_or_default(), sale_ids })
    });
    found.await.unwrap_or_default()
}

async fn apply(shop: &Arc<Shop>, row: u64, effect: &Effect) -> std::result::Result<(), Fault> {
    let subject = effect.subject_id.as_str();
    match effect.kind() {
        EffectKind::CommitInLedger => commit::in_ledger(shop, row, subject).await,
        EffectKind::HoldRecording => recording::hold(shop, row, subject).await,
        EffectKind::PrintReceipt => printing::receipt(shop, row, subject).await,
        EffectKind::StopRecording => recording::stop(shop, row, subject).await,
        EffectKind::RecordFact => messages::record_fact(shop, row, subject).await,
        EffectKind::VoidTransfer => money::void(shop, row, subject).await,
        EffectKind::SendMessage => messages::send(shop, row, subject).await,
        EffectKind::CancelMessage => messages::cancel(shop, row, subject).await,
        EffectKind::PostBatch => money::post_batch(shop, row, subject).await,
        EffectKind::Refund => money::refund(shop, row, subject, &effect.far_id).await,
        EffectKind::MoveToBadDebt => money::move_to_bad_debt(shop, row, subject, &effect.far_id).await,
        EffectKind::PostOtherPayment => money::post_other_payment(shop, row, subject, &effect.far_id).await,
        EffectKind::PostRecovered => money::post_recovered(shop, row, subject, &effect.far_id).await,
        EffectKind::Enrol => enrolment::papers(shop, row, subject).await,
        EffectKind::Reprint => printing::copy(shop, row, subject, &effect.far_id).await,
        EffectKind::PrintNotice => printing::notice(shop, row, subject, &effect.far_id).await,
        EffectKind::CancelReceipt => printing::cancel(shop, row, subject).await,
        EffectKind::None => {
            shop.store.write(move |tx| stuck::done(tx, row)).await?;
            Ok(())
        }
    }
}
