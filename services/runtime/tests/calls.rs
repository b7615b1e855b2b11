//! Deadlines, reasons and streams as a caller sees them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod echo;

use chit_runtime::Channel;
use chit_runtime::error::reason_of;
use chit_runtime::{Context, HealthHandle, Server, call, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tokio_stream::StreamExt;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

const PATIENCE: Duration = Duration::from_secs(20);

struct Running {
    ctx: Context,
    channel: Channel,
    served: tokio::task::JoinHandle<anyhow::Result<()>>,
    _dir: tempfile::TempDir,
}

/// An echo server on a socket of its own, made by the server itself.
fn start(say: impl Fn(tonic::Request<String>) -> echo::Answer + Send + Sync + 'static) -> Running {
    let dir = tempfile::tempdir().unwrap();
    let ctx = Context::sandbox_in("ledger", dir.path());
    std::fs::create_dir_all(&ctx.shared.run_dir).unwrap();
    let listener = std::os::unix::net::UnixListener::bind(ctx.shared.socket_of("ledger")).unwrap();
    let served = tokio::spawn(echo::run(ctx.clone(), listener, say));
    Running { channel: channel(&ctx.shared, "ledger"), ctx, served, _dir: dir }
}

fn timeout_us(metadata: &MetadataMap) -> u64 {
    let (digits, unit) = {
        let text = metadata.get("grpc-timeout").expect("grpc-timeout is sent").to_str().unwrap();
        text.split_at(text.len() - 1)
    };
    let number: u64 = digits.parse().unwrap();
    match unit {
        "n" => number / 1000,
        "u" => number,
        "m" => number * 1000,
        "S" => number * 1_000_000,
        other => panic!("unit {other}"),
    }
}

#[tokio::test]
async fn a_late_answer_is_reported_as_deadline_exceeded() {
    let server = start(|_| Box::pin(std::future::pending()));
    let deadline = Duration::from_millis(50);
    let status = call(deadline, String::new(), |r| echo::say(server.channel.clone(), r)).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(reason_of(&status).as_deref(), Some("DEADLINE_EXCEEDED"));
}

#[tokio::test]
async fn each_try_sends_only_the_time_that_is_left() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notes = seen.clone();
    let server = start(move |request| {
        let mut seen = notes.lock().unwrap();
        seen.push(timeout_us(request.metadata()));
        let tries = seen.len();
        Box::pin(async move {
            if tries < 3 { Err(Status::unavailable("not yet")) } else { Ok(tries.to_string()) }
        })
    });
    let tries = call(PATIENCE, String::new(), |r| echo::say(server.channel.clone(), r)).await.unwrap();
    assert_eq!(tries, "3");
    let seen = seen.lock().unwrap();
    assert!(seen[0] <= 20_000_000, "{seen:?}");
    // The pauses before the second and the third try are 20 and 40 ms.
    assert!(seen[1] + 20_000 <= seen[0] && seen[2] + 40_000 <= seen[1], "{seen:?}");
}

#[tokio::test]
async fn an_answer_with_a_reason_is_not_asked_for_again() {
    let tries = Arc::new(Mutex::new(0));
    let count = tries.clone();
    let server = start(move |_| {
        *count.lock().unwrap() += 1;
        Box::pin(async {
            Err(chit_runtime::error::status(Code::FailedPrecondition, "DRAWER_OPEN", "close it"))
        })
    });
    let status = call(PATIENCE, String::new(), |r| echo::say(server.channel.clone(), r)).await.unwrap_err();
    assert_eq!(
        (status.code(), reason_of(&status).as_deref()),
        (Code::FailedPrecondition, Some("DRAWER_OPEN"))
    );
    assert_eq!(*tries.lock().unwrap(), 1);
}

#[tokio::test]
async fn errors_that_nobody_wrote_a_reason_for_get_one() {
    let server = start(|_| Box::pin(async { Err(Status::internal("disk")) }));
    let plain = || tonic::Request::new(String::new());
    let status = echo::say(server.channel.clone(), plain()).await.unwrap_err();
    assert_eq!((status.message(), reason_of(&status).as_deref()), ("disk", Some("INTERNAL")));
    let status = echo::unknown(server.channel.clone(), plain()).await.unwrap_err();
    assert_eq!(reason_of(&status).as_deref(), Some("UNIMPLEMENTED"));
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unavailable_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = Context::sandbox_in("checkout", dir.path());
    let nowhere = channel(&ctx.shared, "ledger");
    let status = call(PATIENCE, String::new(), |r| echo::say(nowhere.clone(), r)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(reason_of(&status).as_deref(), Some("SERVICE_UNREACHABLE"));
}

#[tokio::test]
async fn an_open_stream_ends_with_a_reason_and_does_not_hold_the_drain() {
    let server = start(|_| echo::reply(""));
    let mut words = echo::watch(server.channel.clone()).await.unwrap();
    assert_eq!(words.next().await.unwrap().unwrap(), "first");
    let stopped = Instant::now();
    server.ctx.shutdown.trigger();
    let status = timeout(PATIENCE, words.next()).await.unwrap().unwrap().unwrap_err();
    assert_eq!((status.code(), reason_of(&status).as_deref()), (Code::Unavailable, Some("SERVICE_STOPPING")));
    server.served.await.unwrap().unwrap();
    assert!(
        stopped.elapsed() < Duration::from_secs(2),
        "drained in {:?}, grace for calls is 3 s",
        stopped.elapsed()
    );
}

#[tokio::test]
async fn a_call_in_flight_is_answered_before_the_server_ends() {
    let (arrived, mut arrival) = tokio::sync::mpsc::unbounded_channel();
    let release = chit_runtime::Shutdown::default();
    let gate = release.clone();
    let server = start(move |_| {
        arrived.send(()).unwrap();
        let gate = gate.clone();
        Box::pin(async move {
            gate.wait().await;
            Ok("kept".to_owned())
        })
    });
    let channel = server.channel.clone();
    let asking = tokio::spawn(async move { echo::say(channel, tonic::Request::new(String::new())).await });
    arrival.recv().await.unwrap();
    server.ctx.shutdown.trigger();
    release.trigger();
    assert_eq!(asking.await.unwrap().unwrap().into_inner(), "kept");
    server.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn health_follows_the_device_and_the_drain() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = Context::sandbox_in("printer", dir.path());
    let health = HealthHandle::new();
    let name = "chit.printer.v1.PrinterService";
    health.set(name, false);
    let server = tokio::spawn(Server::new(&ctx, &[]).health(health.clone()).run());
    let mut client = HealthClient::new(channel(&ctx.shared, "printer"));
    let request = HealthCheckRequest { service: name.to_owned() };
    // The first calls may come before the socket is there.
    let check = HealthCheckRequest::default();
    let whole = call(PATIENCE, check, |r| {
        let mut client = client.clone();
        async move { client.check(r).await }
    });
    assert_eq!(whole.await.unwrap().status(), ServingStatus::Serving);
    let mut states = client.watch(request).await.unwrap().into_inner();
    assert_eq!(states.next().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    health.set(name, true);
    assert_eq!(states.next().await.unwrap().unwrap().status(), ServingStatus::Serving);
    ctx.shutdown.trigger();
    assert_eq!(states.next().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_socket_is_for_its_group_and_a_second_server_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let ctx = Context::sandbox_in("printer", dir.path());
    let socket = ctx.shared.socket_of("printer");
    std::fs::create_dir_all(&ctx.shared.run_dir).unwrap();
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(socket.exists(), "a stale socket is in the way");
    let server = tokio::spawn(Server::new(&ctx, &[]).run());
    let client = HealthClient::new(channel(&ctx.shared, "printer"));
    let check = call(PATIENCE, HealthCheckRequest::default(), |r| {
        let mut client = client.clone();
        async move { client.check(r).await }
    });
    check.await.unwrap();
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o660);
    let second = Server::new(&ctx, &[]).run().await.unwrap_err();
    assert!(format!("{second:#}").contains("another process serves it"), "{second:#}");
    ctx.shutdown.trigger();
    server.await.unwrap().unwrap();
}
