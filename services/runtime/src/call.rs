//! A call to another service with a deadline that travels, and a bounded retry that makes a restart invisible.

use crate::error;
use backon::{ExponentialBuilder, Retryable};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tonic::{Code, Response, Status};

/// 20 + 40 + 80 + 160 + 200 ms of pauses: half a second, which is what a restart may take.
const RETRIES_MAX: usize = 5;
const PAUSE_FIRST: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// A request that carries its deadline to the server. `Endpoint::timeout` would end the call on this side only, unknown to
/// the server.
///
/// ```
/// use std::time::Duration;
///
/// let request = chit_runtime::call::within(Duration::from_millis(250), "any message");
/// assert_eq!(request.metadata().get("grpc-timeout").unwrap(), "250000u");
/// ```
pub fn within<R>(left: Duration, message: R) -> tonic::Request<R> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(left);
    request
}

/// Calls `f` until it answers or `deadline` has passed. Only for reads and for mutations with a `request_id`:
/// a lost connection does not tell whether the other side acted.
///
/// A restart of the other side is not seen; a refusal is answered at once:
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use std::time::Duration;
///
/// use tonic::{Code, Response, Status};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let calls = AtomicU32::new(0);
/// let answer = chit_runtime::call(Duration::from_secs(1), "any message", |_request| async {
///     match calls.fetch_add(1, Ordering::Relaxed) {
///         0 => Err(Status::unavailable("it restarts")),
///         _ => Ok(Response::new("an answer")),
///     }
/// });
/// assert_eq!(answer.await.unwrap(), "an answer");
///
/// let refused = chit_runtime::call(Duration::from_secs(1), "any message", |_request| async {
///     Err::<Response<()>, _>(Status::not_found("no such sale"))
/// });
/// assert_eq!(refused.await.unwrap_err().code(), Code::NotFound);
/// # }
/// ```
pub async fn call<R, T, F, Fut>(deadline: Duration, message: R, mut f: F) -> Result<T, Status>
where
    R: Clone,
    F: FnMut(tonic::Request<R>) -> Fut,
    Fut: Future<Output = Result<Response<T>, Status>>,
{
    let end = Instant::now() + deadline;
    let pauses = ExponentialBuilder::new()
        .with_min_delay(PAUSE_FIRST)
        .with_max_delay(PAUSE_MAX)
        .with_max_times(RETRIES_MAX);
    let ask = || f(within(end.saturating_duration_since(Instant::now()), message.clone()));
    match timeout_at(end, ask.retry(pauses).when(is_transient)).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) if is_transient(&status) => Err(unreachable(status)),
        Ok(Err(status)) => Err(error::with_reason(status)),
        Err(_elapsed) => Err(too_late(deadline)),
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
