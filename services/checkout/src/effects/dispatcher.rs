//! Runs the outbox: one effect a lane at a time, lanes beside each other, until each has happened.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::Instrument;

use super::{
    announce, bank_file, batch, code, enrolment, evidence, facts, flight, hand_over, house_cash, issuer,
    point, receipt, recording, reserve, sms, transfers,
};
use crate::context::Shop;
use crate::outbox::{Effect, Lane};
use crate::peers::Fault;
use crate::values::refusal::{Refusal, Result};

const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// A person takes minutes, or a day.
const PAUSE_FOR_A_PERSON: Duration = Duration::from_secs(30);
/// A refusal nobody foresaw: kept, shown, and tried again now and then.
const PAUSE_REFUSED: Duration = Duration::from_secs(10);
/// Entries read at a time.
const PAGE: usize = 256;
/// Messages and facts under way at a time: at eight in the morning a whole town is asked, and a sale must not wait.
const IN_BULK_MAX: usize = 32;

/// Until shutdown. At the start it takes up whatever a killed process left.
pub async fn run(shop: Arc<Shop>) -> Result<()> {
    let mut grew = shop.store.watch_outbox();
    let bulk = Arc::new(Semaphore::new(IN_BULK_MAX));
    // What waits behind the running effect of each busy lane.
    let mut lanes: HashMap<Lane, VecDeque<(u64, Effect)>> = HashMap::new();
    let mut running: JoinSet<Lane> = JoinSet::new();
    let mut newest = 0;
    loop {
        grew.mark_unchanged();
        loop {
            let entries = shop.store.read(move |view| view.outbox_after(newest, PAGE)).await?;
            let more = entries.len() == PAGE;
            for (entry, effect) in entries {
                newest = entry;
                let lane = effect.lane();
                match lanes.get_mut(&lane) {
                    Some(waiting) => waiting.push_back((entry, effect)),
                    None => {
                        lanes.insert(lane.clone(), VecDeque::new());
                        running.spawn(until_done(shop.clone(), bulk.clone(), entry, effect, lane));
                    }
                }
            }
            if !more {
                break;
            }
        }
        tokio::select! {
            () = shop.shutdown.wait() => return Ok(()),
            _ = grew.changed() => {}
            Some(ended) = running.join_next() => {
                // The entry of a panic is still there; a new process takes it up. A lane must not stay busy for ever.
                let lane = ended.map_err(|panic| Refusal::internal(format!("an effect panicked: {panic}")))?;
                match lanes.get_mut(&lane).and_then(VecDeque::pop_front) {
                    Some((entry, effect)) => {
                        running.spawn(until_done(shop.clone(), bulk.clone(), entry, effect, lane));
                    }
                    None => {
                        lanes.remove(&lane);
                    }
                }
            }
        }
    }
}

async fn until_done(
    shop: Arc<Shop>,
    bulk: Arc<Semaphore>,
    entry: u64,
    mut effect: Effect,
    lane: Lane,
) -> Lane {
    let (mut pause, mut pause_max) = (PAUSE_FIRST, PAUSE_MAX);
    let traceparent = traceparent_of(&shop, &effect).await;
    loop {
        let span = chit_runtime::trace::span_from_traceparent(effect.name(), &traceparent);
        let done = async {
            let _place = match effect {
                Effect::SendMessage { .. } | Effect::RecordFact { .. } | Effect::ForwardReply { .. } => {
                    bulk.acquire().await.ok()
                }
                _ => None,
            };
            apply(&shop, entry, &effect).await
        };
        let wait = match done.instrument(span).await {
            Ok(()) => return lane,
            Err(Fault::Away(status)) => {
                tracing::debug!(effect = effect.name(), code = ?status.code(), "waits for another service");
                pause
            }
            Err(Fault::Waits) => {
                pause_max = PAUSE_FOR_A_PERSON;
                pause
            }
            Err(Fault::Refused { reason, .. }) => {
                tracing::error!(effect = effect.name(), entry, reason, "refused");
                effect = told(&shop, entry, effect, reason).await;
                PAUSE_REFUSED
            }
            Err(Fault::State(refusal)) => {
                tracing::error!(effect = effect.name(), entry, %refusal, "not possible");
                effect = told(&shop, entry, effect, refusal.reason.to_string()).await;
                PAUSE_REFUSED
            }
        };
        tokio::time::sleep(wait).await;
        pause = (pause * 2).min(pause_max);
    }
}

/// Shows the refusal on its sales, and gives the effect other ids where those it had are spent.
async fn told(shop: &Arc<Shop>, entry: u64, effect: Effect, reason: String) -> Effect {
    let fresh = match shop.new_id() {
        Ok(fresh) => fresh,
        Err(refusal) => {
            tracing::error!(%refusal, "a refused transfer keeps its id");
            return effect;
        }
    };
    let before = effect.clone();
    let noted = shop.store.write(move |tx| {
        tx.note_refusal(entry, &reason)?;
        transfers::renew(tx, entry, before, fresh)
    });
    noted.await.unwrap_or_else(|refusal| {
        tracing::error!(%refusal, "a refusal could not be noted on its sales");
        effect
    })
}

/// Later steps join the trace of the call that opened the sale; empty = a new one.
async fn traceparent_of(shop: &Shop, effect: &Effect) -> String {
    let effect = effect.clone();
    let found = shop.store.read(move |view| {
        if let Effect::PrintEnrolment { payer } = effect {
            return Ok(view.payer(payer)?.traceparent);
        }
        let sale = match (effect.sales().first(), &effect) {
            (Some(sale), _) => Some(*sale),
            (None, Effect::SendMessage { message }) => {
                view.message(*message)?.and_then(|message| message.sales.first().copied())
            }
            _ => None,
        };
        Ok(sale.map(|sale| view.sale(sale)).transpose()?.and_then(|sale| sale.traceparent))
    });
    found.await.ok().flatten().unwrap_or_default()
}

async fn apply(shop: &Arc<Shop>, entry: u64, effect: &Effect) -> std::result::Result<(), Fault> {
    point::begin(effect);
    match *effect {
        Effect::Reserve { sale } => reserve::run(shop, entry, sale).await,
        Effect::HoldRecording { sale } => recording::hold(shop, entry, sale).await,
        Effect::PrintReceipt { sale } => receipt::print(shop, entry, sale).await,
        Effect::StopRecording { sale } => recording::stop(shop, entry, sale).await,
        Effect::RecordFact { fact, .. } => facts::record(shop, entry, fact).await,
        Effect::VoidPending { sale }
        | Effect::PostRefund { sale, .. }
        | Effect::MoveToBadDebt { sale, .. }
        | Effect::PostPayment { sale, .. }
        | Effect::PostRecovery { sale, .. } => transfers::book(shop, entry, effect, sale).await,
        Effect::SendMessage { message } => sms::send(shop, entry, message).await,
        Effect::CancelMessage { message } => sms::cancel(shop, entry, message).await,
        Effect::PostBatch { batch } => batch::post(shop, entry, batch).await,
        Effect::PrintEnrolment { payer } => enrolment::papers(shop, entry, payer).await,
        Effect::PrintCopy { sale, job } => receipt::copy(shop, entry, sale, job).await,
        Effect::PrintNotice { sale, job } => receipt::notice(shop, entry, sale, job).await,
        Effect::CancelReceipt { sale } => receipt::cancel(shop, entry, sale).await,
        Effect::NoteSale { sale } => evidence::note(shop, entry, sale).await,
        Effect::HoldEvidence { sale, hold } => evidence::hold(shop, entry, sale, hold).await,
        Effect::ReleaseHold { sale, hold } => evidence::release(shop, entry, sale, hold).await,
        Effect::RenewCode { payer } => code::renew(shop, entry, payer).await,
        Effect::Announce { sale } => announce::say(shop, entry, sale).await,
        Effect::WriteFile { batch } => bank_file::write(shop, entry, batch).await,
        Effect::HandOverFile { batch } => hand_over::run(shop, entry, batch).await,
        Effect::HoldFlight { batch } => flight::hold(shop, entry, batch).await,
        Effect::HoldAside { batch } => flight::hold_aside(shop, entry, batch).await,
        Effect::BookPosting { posting } => flight::book(shop, entry, posting).await,
        Effect::PostHouseCash { payer, entry: line } => house_cash::post(shop, entry, payer, line).await,
        Effect::BookAside { posting } => flight::book_aside(shop, entry, posting).await,
        Effect::ForwardReply { request, .. } => issuer::forward(shop, entry, request).await,
        Effect::AssignRows { payer, request } => issuer::assign_rows(shop, entry, payer, request).await,
        Effect::ReportLost { payer, request } => issuer::report_lost(shop, entry, payer, request).await,
    }
}
