//! Calls to other services: a deadline that travels, and a bounded retry that makes a restart invisible.

use crate::config::Shared;
use crate::{error, trace};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status};

/// 20 + 40 + 80 + 160 + 200 ms of pauses: half a second, which is what a restart may take.
const TRIES_MAX: u32 = 6;
const PAUSE_FIRST: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// A lazy channel over the service's Unix socket; it reconnects by itself.
pub fn channel(shared: &Shared, service: &str) -> Channel {
    let uri = format!("unix:{}", shared.socket_of(service).display());
    Endpoint::from_shared(uri).expect("a path after unix: is always accepted").connect_lazy()
}

/// The same to any address tonic knows (`http://host:port`, `unix:/path`).
pub fn channel_to(uri: &str) -> Result<Channel, tonic::transport::Error> {
    Ok(Endpoint::from_shared(uri.to_owned())?.connect_lazy())
}

/// A request that carries the current trace and, if given, the time that is left. `Endpoint::timeout` would
/// end the call on this side only: the server would never hear of it.
pub fn request<R>(message: R, left: Option<Duration>) -> tonic::Request<R> {
    let mut request = tonic::Request::new(message);
    if let Some(traceparent) = trace::current_traceparent().and_then(|text| text.parse().ok()) {
        request.metadata_mut().insert(trace::HEADER, traceparent);
    }
    if let Some(left) = left {
        request.set_timeout(left);
    }
    request
}

/// Calls `f` until it answers or `deadline` has passed. Only for reads and for mutations with a `request_id`:
/// a lost connection does not tell whether the other side acted.
pub async fn call<R, T, F, Fut>(deadline: Duration, message: R, mut f: F) -> Result<T, Status>
where
    R: Clone,
    F: FnMut(tonic::Request<R>) -> Fut,
    Fut: Future<Output = Result<Response<T>, Status>>,
{
    let end = Instant::now() + deadline;
    let mut pause = PAUSE_FIRST;
    let mut tries = 1;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let answer = timeout(left, f(request(message.clone(), Some(left)))).await;
        let status = match answer {
            Ok(Ok(response)) => return Ok(response.into_inner()),
            Ok(Err(status)) if !is_transient(&status) => return Err(error::with_reason(status)),
            Ok(Err(status)) => status,
            Err(_elapsed) => return Err(too_late(deadline)),
        };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(too_late(deadline));
        }
        if tries == TRIES_MAX {
            return Err(unreachable(status));
        }
        sleep(pause.min(left)).await;
        pause = (pause * 2).min(PAUSE_MAX);
        tries += 1;
    }
}

/// Our servers give every error a reason, so an error without one was made by the transport. tonic 0.14 says
/// CANCELLED or UNKNOWN, seldom INTERNAL, for a connection lost by a restart.
fn is_transient(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable => true,
        Code::Cancelled | Code::Unknown | Code::Internal => error::reason_of(status).is_none(),
        _ => false,
    }
}

fn too_late(deadline: Duration) -> Status {
    let message = format!("no answer within {} ms", deadline.as_millis());
    error::status(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", message)
}

fn unreachable(status: Status) -> Status {
    if error::reason_of(&status).is_some() {
        return status;
    }
    let message = format!("the service cannot be reached: {}", status.message());
    error::status(Code::Unavailable, "SERVICE_UNREACHABLE", message)
}
