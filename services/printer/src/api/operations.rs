//! Drawer, cut, feed, beep, roll change: one path for all, because they differ in one value only.

use std::time::Duration;

use chit_proto::printer::v1 as proto;
use chit_runtime::error::{bad_field, retry_after, status};
use chit_runtime::request_id;
use prost_types::Timestamp;
use tokio::sync::oneshot;
use tonic::{Code, Status};

use super::{Api, errors};
use crate::device::order::{Order, Refusal};
use crate::domain::operation::{Action, Operation};
use crate::store::{Request, StoreError};

/// A printer that takes this long to accept a command is busy with a paper.
const ORDER_MAX: Duration = Duration::from_secs(2);
const BUSY_RETRY: Duration = Duration::from_secs(1);
const REASON_LEN_MAX: usize = 120;
const LINES_MAX: u32 = 50;
const TIMES_MAX: u32 = 9;
const PINS: [u32; 2] = [2, 5];
/// Epson's drawers want 50 ms and a rest of 500 ms; ESC p counts up to 255 times 2 ms.
const ON_MS_DEFAULT: u32 = 50;
const OFF_MS_DEFAULT: u32 = 500;
const PULSE_MS: std::ops::RangeInclusive<u32> = 20..=510;

pub async fn kick_drawer(
    api: &Api,
    request: proto::KickDrawerRequest,
) -> Result<proto::KickDrawerResponse, Status> {
    let or = |value: u32, default| if value == 0 { default } else { value };
    let (pin, on_ms, off_ms) =
        (or(request.pin, 2), or(request.on_ms, ON_MS_DEFAULT), or(request.off_ms, OFF_MS_DEFAULT));
    if !PINS.contains(&pin) {
        return Err(bad_field("pin", "PULSE_INVALID", "the drawer hangs on pin 2 or 5"));
    }
    if !PULSE_MS.contains(&on_ms) || !PULSE_MS.contains(&off_ms) {
        return Err(bad_field("on_ms", "PULSE_INVALID", "pulse and rest are 20 to 510 ms"));
    }
    if !(1..=REASON_LEN_MAX).contains(&request.reason.chars().count()) {
        let remedy = format!("say why, in 1 to {REASON_LEN_MAX} characters");
        return Err(bad_field("reason", "REASON_INVALID", remedy));
    }
    let by = Request { id: request.request_id.clone(), fingerprint: request_id::fingerprint(&request) };
    let action = Action::KickDrawer { pin, on_ms, off_ms };
    let operation = Operation { action, actor: request.actor, reason: request.reason };
    Ok(proto::KickDrawerResponse { time: Some(order(api, by, operation).await?) })
}

pub async fn cut_paper(
    api: &Api,
    request: proto::CutPaperRequest,
) -> Result<proto::CutPaperResponse, Status> {
    let by = Request { id: request.request_id.clone(), fingerprint: request_id::fingerprint(&request) };
    let operation = Operation { action: Action::Cut, actor: request.actor, reason: String::new() };
    Ok(proto::CutPaperResponse { time: Some(order(api, by, operation).await?) })
}

pub async fn feed_paper(
    api: &Api,
    request: proto::FeedPaperRequest,
) -> Result<proto::FeedPaperResponse, Status> {
    if !(1..=LINES_MAX).contains(&request.lines) {
        return Err(bad_field("lines", "LINES_INVALID", format!("feed 1 to {LINES_MAX} lines")));
    }
    let by = Request { id: request.request_id.clone(), fingerprint: request_id::fingerprint(&request) };
    let action = Action::Feed { lines: request.lines as u8 };
    let operation = Operation { action, actor: request.actor, reason: String::new() };
    Ok(proto::FeedPaperResponse { time: Some(order(api, by, operation).await?) })
}

pub async fn beep(api: &Api, request: proto::BeepRequest) -> Result<proto::BeepResponse, Status> {
    if !(1..=TIMES_MAX).contains(&request.times) {
        return Err(bad_field("times", "TIMES_INVALID", format!("beep 1 to {TIMES_MAX} times")));
    }
    let by = Request { id: request.request_id.clone(), fingerprint: request_id::fingerprint(&request) };
    let action = Action::Beep { times: request.times as u8 };
    let operation = Operation { action, actor: request.actor, reason: String::new() };
    Ok(proto::BeepResponse { time: Some(order(api, by, operation).await?) })
}

/// Needs no printer: a person changed the roll.
pub async fn record_roll_change(
    api: &Api,
    request: proto::RecordRollChangeRequest,
) -> Result<proto::RecordRollChangeResponse, Status> {
    request_id::check(&request.request_id)?;
    errors::check_actor(&request.actor)?;
    let by = Request { id: request.request_id.clone(), fingerprint: request_id::fingerprint(&request) };
    let operation = Operation { action: Action::RollChange, actor: request.actor, reason: String::new() };
    let moment = api.journal.moment();
    let done = api.journal.write("roll", move |store| store.operate(&by, &operation, 0, moment)).await;
    let done = done.map_err(|error| refused(Refusal::Store(error)))?;
    Ok(proto::RecordRollChangeResponse { time: Some(chit_runtime::clock::to_proto(done.time)) })
}

/// Sends the command to the printer's actor, unless this request id has its answer already.
async fn order(api: &Api, request: Request, operation: Operation) -> Result<Timestamp, Status> {
    request_id::check(&request.id)?;
    errors::check_actor(&operation.actor)?;
    let known = request.clone();
    let first = api.journal.read(move |store| store.operation(&known)).await;
    if let Some(done) = first.map_err(|error| refused(Refusal::Store(error)))? {
        return Ok(chit_runtime::clock::to_proto(done.time));
    }
    tracing::info!(action = ?operation.action, actor = %operation.actor, reason = %operation.reason, "asked of the printer");
    let (reply, answer) = oneshot::channel();
    api.orders.try_send(Order { request, operation, reply }).map_err(|_| refused(Refusal::Busy))?;
    let answer = tokio::time::timeout(ORDER_MAX, answer).await;
    let time = answer.map_err(|_| refused(Refusal::Busy))?.map_err(|_| refused(Refusal::Offline))?;
    Ok(chit_runtime::clock::to_proto(time.map_err(refused)?))
}

fn refused(refusal: Refusal) -> Status {
    match refusal {
        Refusal::Offline => status(Code::FailedPrecondition, "PRINTER_OFFLINE", refusal.to_string()),
        Refusal::NotBuiltIn => status(Code::FailedPrecondition, "NOT_BUILT_IN", refusal.to_string()),
        Refusal::Busy => {
            retry_after(Code::FailedPrecondition, "PRINTER_BUSY", refusal.to_string(), BUSY_RETRY)
        }
        Refusal::Store(StoreError::Different) => {
            status(Code::AlreadyExists, "REQUEST_ID_REUSED", "this request_id was used for another request")
        }
        Refusal::Store(error) => errors::from_store(error, "REQUEST_ID_REUSED"),
    }
}
