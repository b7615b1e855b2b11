use std::pin::Pin;
use std::sync::Arc;

use chit_proto::checkout::v1::{self, WatchEventsRequest, WatchEventsResponse};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::api::call::Call;
use crate::api::caller::Calling;
use crate::api::{convert, shown, shown_bank};
use crate::context::Shop;
use crate::sale::EvidencePolicy;
use crate::store::history::{Kind, Recorded};
use crate::store::{View, records};
use crate::values::ids::{PayerId, SaleId};
use crate::values::refusal::Refusal;
use crate::values::time;

pub type Events = Pin<Box<dyn tokio_stream::Stream<Item = Result<WatchEventsResponse, Status>> + Send>>;

/// Events read at a time.
const PAGE: usize = 256;
/// Events that wait for a slow reader; the rest stays in the store.
const BUFFER: usize = 64;

pub async fn handle(shop: &Arc<Shop>, call: Call<WatchEventsRequest>) -> Result<Events, Status> {
    let (sender, receiver) = mpsc::channel(BUFFER);
    tokio::spawn(follow(shop.clone(), call.by, call.body, sender));
    Ok(Box::pin(ReceiverStream::new(receiver)))
}

async fn follow(
    shop: Arc<Shop>,
    reader: Calling,
    request: WatchEventsRequest,
    sender: mpsc::Sender<Result<WatchEventsResponse, Status>>,
) {
    let mut revision = shop.store.watch_events();
    let mut after = request.after_revision;
    loop {
        revision.mark_unchanged();
        match page(&shop, &reader, after, &request.subject_id).await {
            Ok((responses, last)) => {
                let more = last > after;
                after = last;
                for response in responses {
                    if sender.send(Ok(response)).await.is_err() {
                        return;
                    }
                }
                if more {
                    continue;
                }
            }
            Err(refusal) => {
                // If the reader is gone there is nobody to say it to.
                let _ = sender.send(Err(refusal.into())).await;
                return;
            }
        }
        tokio::select! {
            () = shop.shutdown.wait() => return,
            () = sender.closed() => return,
            changed = revision.changed() => if changed.is_err() { return },
        }
    }
}

async fn page(
    shop: &Shop,
    reader: &Calling,
    after: u64,
    subject: &str,
) -> Result<(Vec<WatchEventsResponse>, u64), Refusal> {
    let reader = reader.clone();
    let (subject, policy, now) = (subject_bytes(subject), shop.cfg.evidence_policy, shop.clock.now());
    let look = move |view: &View| {
        let events = view.events_after(after, PAGE)?;
        let last = events.last().map_or(after, |recorded| recorded.revision);
        let mut responses = Vec::new();
        for recorded in events {
            if subject.as_ref().is_none_or(|subject| recorded.event.subject == *subject) {
                let event = event(view, recorded, &reader, policy, now)?;
                if is_for(&reader, &event) {
                    responses.push(WatchEventsResponse { event: Some(event) });
                }
            }
        }
        Ok((responses, last))
    };
    shop.store.read(look).await
}

/// Another program learns of sales only, a POS of those that it opened: what is of a payer's person, challenges and
/// disputes stays in the shop.
fn is_for(reader: &Calling, event: &v1::Event) -> bool {
    match &event.resource {
        _ if reader.sees_payers() => true,
        Some(v1::event::Resource::Sale(sale)) => reader.owns(&sale.cashier),
        _ => false,
    }
}

/// The id that a reader follows, as events name it; none = all.
fn subject_bytes(subject: &str) -> Option<Vec<u8>> {
    if subject.is_empty() {
        return None;
    }
    let ulid = subject.parse::<SaleId>().map(|id| id.to_bytes().to_vec());
    // What is no id is followed in vain.
    Some(ulid.or_else(|_| subject.parse::<PayerId>().map(|id| id.0.to_vec())).unwrap_or_default())
}

/// An event with its resource as it is now.
fn event(
    view: &View,
    recorded: Recorded,
    reader: &Calling,
    policy: EvidencePolicy,
    now: jiff::Timestamp,
) -> Result<v1::Event, Refusal> {
    use v1::event::Resource;
    let Recorded { revision, event, previous_hash } = recorded;
    let resource = match Kind::of(event.kind) {
        Some(Kind::Sale) => shown::sale(view, records::id(&event.subject)?, policy)?.map(Resource::Sale),
        Some(Kind::Payer) => {
            let payer = view.payer(PayerId(records::fixed(&event.subject)?))?;
            Some(Resource::Payer(convert::payer(&payer, reader.sees_serials())))
        }
        Some(Kind::Challenge) => {
            let challenge = view.challenge(records::id(&event.subject)?)?;
            Some(Resource::Challenge(convert::challenge(view, &challenge, now)?))
        }
        Some(Kind::Batch) => Some(Resource::SettlementBatch(shown_bank::batch(
            view,
            &view.batch(records::id(&event.subject)?)?,
        )?)),
        Some(Kind::Dispute) => {
            Some(Resource::Dispute(convert::dispute(&view.dispute(records::id(&event.subject)?)?)))
        }
        Some(Kind::Enquiry) => {
            Some(Resource::EnquirySaleId(records::id::<SaleId>(&event.subject)?.to_string()))
        }
        Some(Kind::Person | Kind::Shift | Kind::Device) | None => None,
    };
    Ok(v1::Event {
        revision,
        actor: event.actor,
        time: convert::time(time::from_ms(event.time_ms)),
        previous_hash: previous_hash.to_vec(),
        state: i32::try_from(event.state).unwrap_or_default(),
        resource,
    })
}
