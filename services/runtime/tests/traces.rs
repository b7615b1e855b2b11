//! One trace from the caller through the server's span into the handler.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod echo;

use chit_runtime::trace::{current_traceparent, span_from_traceparent};
use chit_runtime::{Context, call, channel};
use opentelemetry::trace::TracerProvider;
use std::time::Duration;
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

#[tokio::test]
async fn a_call_stays_in_the_callers_trace() {
    let tracer = opentelemetry_sdk::trace::SdkTracerProvider::builder().build().tracer("test");
    let subscriber = tracing_subscriber::registry().with(tracing_opentelemetry::layer().with_tracer(tracer));
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let ctx = Context::sandbox_in("ledger", dir.path());
    std::fs::create_dir_all(&ctx.shared.run_dir).unwrap();
    let listener = std::os::unix::net::UnixListener::bind(ctx.shared.socket_of("ledger")).unwrap();
    let server = tokio::spawn(echo::run(ctx.clone(), listener, |_| {
        Box::pin(async { Ok(current_traceparent().unwrap_or_default()) })
    }));
    let ledger = channel(&ctx.shared, "ledger");

    let sale = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let ask = call(Duration::from_secs(20), String::new(), |request| echo::say(ledger.clone(), request));
    let inside = ask.instrument(span_from_traceparent("resume sale", sale)).await.unwrap();
    assert_eq!(inside.get(..36), sale.get(..36));
    assert_ne!(inside, sale, "the handler runs in the server's span");

    ctx.shutdown.trigger();
    server.await.unwrap().unwrap();
}
