//! The evidence's face: what is known of a sale, holds, early ends, the log.

use chit_proto::media_capture::v1::evidence_service_server::EvidenceService;
use chit_proto::media_capture::v1::*;
use chit_runtime::error;
use prost_types::Timestamp;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status};

use super::{Answer, Api, Streaming, encode};
use crate::domain::custody::{self, Entry, EntryKind};
use crate::domain::retention::Facts;
use crate::studio::{Asked, Keeping, Note, Order, Told};

const SHOP_CHARS_MAX: usize = 64;
const SHORT_CHARS_MAX: usize = 32;
const ID_CHARS_MAX: usize = 64;
const REASON_CHARS_MAX: usize = 200;
/// Entries one slow watcher may leave unread.
const UNREAD_MAX: usize = 32;

#[tonic::async_trait]
impl EvidenceService for Api {
    async fn note_sale(&self, request: Request<NoteSaleRequest>) -> Answer<NoteSaleResponse> {
        let request = request.into_inner();
        let sale = encode::sale_id(&request.sale_id)?;
        let fact = |field: &'static str, text: &str, chars_max: usize| {
            let plain = text.chars().count() <= chars_max && !text.chars().any(char::is_control);
            let remedy = || format!("use at most {chars_max} characters, no control characters");
            plain.then_some(()).ok_or_else(|| error::bad_field(field, "INVALID_SALE_FACT", remedy()))
        };
        fact("shop_name", &request.shop_name, SHOP_CHARS_MAX)?;
        fact("till", &request.till, SHORT_CHARS_MAX)?;
        fact("receipt_no", &request.receipt_no, SHORT_CHARS_MAX)?;
        let facts = Facts {
            verified: micros("verified_time", request.verified_time)?,
            notice_delivered: micros("notice_delivered_time", request.notice_delivered_time)?,
            concluded: micros("concluded_time", request.concluded_time)?,
        };
        let NoteSaleRequest { shop_name: shop, till, receipt_no, still_owed, .. } = request;
        if let Ok(mut captions) = self.0.captions.lock() {
            captions.set_place(&shop, &till);
        }
        let note = Note { shop, till, receipt_no };
        let told = Told { facts, still_owed };
        let order = |reply| Order::Note { sale, note, told, reply };
        let retention = Some(self.keeping(order).await?);
        Ok(NoteSaleResponse { retention }.into())
    }

    async fn get_retention(&self, request: Request<GetRetentionRequest>) -> Answer<GetRetentionResponse> {
        let sale = encode::sale_id(&request.into_inner().sale_id)?;
        let retention = Some(self.keeping(|reply| Order::Keeping { sale, reply }).await?);
        Ok(GetRetentionResponse { retention }.into())
    }

    async fn hold_evidence(&self, request: Request<HoldEvidenceRequest>) -> Answer<HoldEvidenceResponse> {
        let HoldEvidenceRequest { sale_id, hold } = request.into_inner();
        let sale = encode::sale_id(&sale_id)?;
        let hold = hold.unwrap_or_default();
        let kind = match hold.kind() {
            HoldKind::Dispute => custody::HoldKind::Dispute,
            HoldKind::Enquiry => custody::HoldKind::Enquiry,
            HoldKind::Person => custody::HoldKind::Person,
            HoldKind::Unspecified => {
                return Err(error::bad_field("hold.kind", "INVALID_HOLD", "use DISPUTE, ENQUIRY or PERSON"));
            }
        };
        hold_id("hold.hold_id", &hold.hold_id)?;
        let Asked { actor, reason } = asked(hold.actor, hold.reason)?;
        let since = self.0.clock.now().as_microsecond();
        let hold = custody::Hold { id: hold.hold_id, kind, actor, reason, since };
        let retention = Some(self.keeping(|reply| Order::Hold { sale, hold, reply }).await?);
        Ok(HoldEvidenceResponse { retention }.into())
    }

    async fn release_hold(&self, request: Request<ReleaseHoldRequest>) -> Answer<ReleaseHoldResponse> {
        let request = request.into_inner();
        let sale = encode::sale_id(&request.sale_id)?;
        hold_id("hold_id", &request.hold_id)?;
        let Asked { actor, .. } = asked(request.actor, String::new())?;
        let order = |reply| Order::ReleaseHold { sale, hold_id: request.hold_id, actor, reply };
        let retention = Some(self.keeping(order).await?);
        Ok(ReleaseHoldResponse { retention }.into())
    }

    async fn purge_evidence(&self, request: Request<PurgeEvidenceRequest>) -> Answer<PurgeEvidenceResponse> {
        let request = request.into_inner();
        let sale = encode::sale_id(&request.sale_id)?;
        let asked = asked(request.actor, request.reason)?;
        let retention = Some(self.keeping(|reply| Order::Purge { sale, asked, reply }).await?);
        Ok(PurgeEvidenceResponse { retention }.into())
    }

    type WatchEvidenceLogStream = Streaming<WatchEvidenceLogResponse>;

    async fn watch_evidence_log(
        &self,
        request: Request<WatchEvidenceLogRequest>,
    ) -> Answer<Self::WatchEvidenceLogStream> {
        let mut seen = request.into_inner().after_position;
        let mut news = self.0.logged.subscribe();
        let (entries, stream) = mpsc::channel(UNREAD_MAX);
        let api = self.clone();
        tokio::spawn(async move {
            loop {
                news.mark_unchanged();
                let read = api.0.studio.ask(|reply| Order::LogAfter { position: seen, reply }).await;
                let read = match read {
                    Ok(read) => read,
                    Err(failed) => return drop(entries.send(Err(encode::status(failed))).await),
                };
                let more = !read.is_empty();
                for (position, entry) in read {
                    seen = position;
                    if entries.send(Ok(wire_entry(position, entry))).await.is_err() {
                        return;
                    }
                }
                if more {
                    continue;
                }
                tokio::select! {
                    changed = news.changed() => if changed.is_err() { return },
                    () = entries.closed() => return,
                }
            }
        });
        Ok(tonic::Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    type ExportEvidenceStream = Streaming<ExportEvidenceResponse>;

    async fn export_evidence(
        &self,
        request: Request<ExportEvidenceRequest>,
    ) -> Answer<Self::ExportEvidenceStream> {
        let request = request.into_inner();
        let asked = asked(request.actor.clone(), request.reason.clone())?;
        self.export(request, asked).await.map(tonic::Response::new)
    }
}

impl Api {
    async fn keeping(
        &self,
        order: impl FnOnce(crate::studio::Reply<Keeping>) -> Order,
    ) -> Result<Retention, Status> {
        let keeping = self.0.studio.ask(order).await.map_err(encode::status)?;
        let Keeping { sale, profile, custody, schedule } = keeping;
        let time = |at: Option<i64>| at.and_then(encode::time);
        let kept = custody.film_kept();
        Ok(Retention {
            sale_id: sale.to_string(),
            profile: profile.to_owned(),
            film_kept: kept && custody.all_erased.is_none(),
            film_releasable_time: time(schedule.film_releasable),
            film_due_time: time(schedule.film_due),
            rest_due_time: time(schedule.rest_due),
            holds: custody.holds.iter().map(wire_hold).collect(),
            film_erased_time: time(custody.film_erased.as_ref().map(|(at, _)| *at).or(custody.all_erased)),
            film_erased_rule: custody.film_erased.map(|(_, rule)| rule).unwrap_or_default(),
        })
    }
}

/// Who asks, as checkout proved it.
fn asked(actor: String, reason: String) -> Result<Asked, Status> {
    if actor.is_empty() || actor.chars().count() > ID_CHARS_MAX || actor.chars().any(char::is_control) {
        return Err(error::bad_field("actor", "INVALID_ACTOR", "say who asks, in 1 to 64 characters"));
    }
    if reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        return Err(error::bad_field("reason", "INVALID_REASON", "use at most 200 characters"));
    }
    Ok(Asked { actor, reason })
}

fn hold_id(field: &'static str, id: &str) -> Result<(), Status> {
    let plain = !id.is_empty() && id.len() <= ID_CHARS_MAX && id.bytes().all(|byte| byte.is_ascii_graphic());
    let remedy = "use 1 to 64 visible ASCII characters";
    plain.then_some(()).ok_or_else(|| error::bad_field(field, "INVALID_HOLD", remedy))
}

fn micros(field: &'static str, time: Option<Timestamp>) -> Result<Option<i64>, Status> {
    let Some(time) = time else { return Ok(None) };
    let in_range = (0..1_000_000_000).contains(&time.nanos);
    let at = time.seconds.checked_mul(1_000_000).filter(|at| *at > 0 && in_range);
    let at = at.and_then(|at| at.checked_add(i64::from(time.nanos) / 1000));
    at.map(Some).ok_or_else(|| error::bad_field(field, "INVALID_SALE_FACT", "use a time after 1970"))
}

fn wire_hold(hold: &custody::Hold) -> Hold {
    let kind = match hold.kind {
        custody::HoldKind::Dispute => HoldKind::Dispute,
        custody::HoldKind::Enquiry => HoldKind::Enquiry,
        custody::HoldKind::Person => HoldKind::Person,
    };
    Hold {
        hold_id: hold.id.clone(),
        kind: kind.into(),
        actor: hold.actor.clone(),
        reason: hold.reason.clone(),
        since_time: encode::time(hold.since),
    }
}

fn wire_entry(position: u64, entry: Entry) -> WatchEvidenceLogResponse {
    let kind = match entry.kind {
        EntryKind::FilmErased => EvidenceLogKind::FilmErased,
        EntryKind::AllErased => EvidenceLogKind::BundleErased,
        EntryKind::ExportedRedacted => EvidenceLogKind::ExportedRedacted,
        EntryKind::ExportedWhole => EvidenceLogKind::ExportedWhole,
        EntryKind::Held => EvidenceLogKind::Held,
        EntryKind::HoldReleased => EvidenceLogKind::HoldReleased,
    };
    WatchEvidenceLogResponse {
        position,
        sale_id: entry.sale.to_string(),
        kind: kind.into(),
        time: encode::time(entry.at),
        rule: entry.rule,
        actor: entry.actor,
        reason: entry.reason,
        manifest_sha256: entry.manifest_sha256,
    }
}
