//! The connections of browsers. A connection that does nothing gives its place to one that comes; one that never asks
//! for anything is closed soon. So nobody keeps a cashier out by holding connections open.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use chit_runtime::Shutdown;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tower::ServiceExt as _;

/// Connections at a time: a browser opens six, and a shop has a handful of screens.
const GUESTS_MAX: usize = 256;
/// Until the head of the first request, and of each next one.
const HEAD_MAX: Duration = Duration::from_secs(10);
/// What is being answered gets this long at the stop.
const GRACE: Duration = Duration::from_secs(3);
/// Before another accept, when the system gives no connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

struct Seat {
    last: Instant,
    answering: usize,
    leave: Arc<Notify>,
}

#[derive(Default)]
struct Seats {
    next: u64,
    taken: BTreeMap<u64, Seat>,
}

#[derive(Clone, Default)]
struct Guests(Arc<Mutex<Seats>>);

/// One connection's place; given back when dropped.
struct Guest {
    guests: Guests,
    id: u64,
    leave: Arc<Notify>,
}

/// A request that is being answered, its body included.
struct Answering(Arc<Guest>);

impl Guests {
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When all places are taken, the one leaves that has done nothing for longest; `None` while all are being answered.
    fn admit(&self, now: Instant) -> Option<Guest> {
        let mut seats = self.seats();
        if seats.taken.len() >= GUESTS_MAX {
            let idle = seats.taken.iter().filter(|(_, seat)| seat.answering == 0);
            let (id, leave) =
                idle.min_by_key(|(_, seat)| seat.last).map(|(id, seat)| (*id, seat.leave.clone()))?;
            seats.taken.remove(&id);
            leave.notify_one();
        }
        let (id, leave) = (seats.next, Arc::new(Notify::new()));
        seats.next += 1;
        seats.taken.insert(id, Seat { last: now, answering: 0, leave: leave.clone() });
        Some(Guest { guests: self.clone(), id, leave })
    }
}

impl Guest {
    fn answers(self: &Arc<Self>) -> Answering {
        if let Some(seat) = self.guests.seats().taken.get_mut(&self.id) {
            seat.answering += 1;
        }
        Answering(self.clone())
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(seat) = self.0.guests.seats().taken.get_mut(&self.0.id) {
            seat.answering -= 1;
            seat.last = Instant::now();
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.guests.seats().taken.remove(&self.id);
    }
}

/// Serves until shutdown.
pub async fn serve(listener: TcpListener, pages: Router, shutdown: Shutdown) {
    let (guests, graceful) = (Guests::default(), GracefulShutdown::new());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.wait() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                if let Some(guest) = guests.admit(Instant::now()) {
                    receive(stream, Arc::new(guest), pages.clone(), &graceful);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a browser's connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::info!("pages that are still open are cut");
    }
}

fn receive(stream: TcpStream, guest: Arc<Guest>, pages: Router, graceful: &GracefulShutdown) {
    let leave = guest.leave.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (answering, pages) = (guest.answers(), pages.clone());
        async move { Ok::<_, Infallible>(answer(pages, request, answering).await) }
    });
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        tokio::select! {
            // A browser that goes away in the middle is no fault of ours.
            _ended = connection => {}
            () = leave.notified() => {}
        }
    });
}

/// The page; it counts as being answered until its last byte is sent, an event stream until it ends.
async fn answer(pages: Router, request: Request<Incoming>, answering: Answering) -> Response<Body> {
    let answered = pages.oneshot(request.map(Body::new)).await;
    let response = answered.unwrap_or_else(|never: Infallible| match never {});
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _until_the_end = &answering;
            frame
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_too_many_takes_the_place_of_who_has_done_nothing_for_longest() {
        let (guests, start) = (Guests::default(), Instant::now());
        let at = |n: usize| start + Duration::from_millis(n as u64);
        let mut all: Vec<_> = (0..GUESTS_MAX).map(|n| Arc::new(guests.admit(at(n)).unwrap())).collect();
        let busy = all[0].answers();
        let newest = guests.admit(at(GUESTS_MAX)).unwrap();
        let ids: Vec<u64> = guests.seats().taken.keys().copied().collect();
        assert!(ids.contains(&all[0].id), "it is being answered");
        assert!(!ids.contains(&all[1].id) && ids.contains(&all[2].id) && ids.contains(&newest.id));
        drop(busy);
        all.clear();
        assert_eq!(guests.seats().taken.len(), 1, "who goes gives the place back");
    }

    #[test]
    fn while_all_are_being_answered_nobody_more_is_let_in() {
        let guests = Guests::default();
        let all: Vec<_> = (0..GUESTS_MAX).map(|_| Arc::new(guests.admit(Instant::now()).unwrap())).collect();
        let busy: Vec<_> = all.iter().map(Guest::answers).collect();
        assert!(guests.admit(Instant::now()).is_none());
        drop(busy);
        assert!(guests.admit(Instant::now()).is_some());
    }
}
