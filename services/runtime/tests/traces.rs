//! One trace from the caller through the server's span into the handler.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod echo;

use chit_runtime::trace::{current_traceparent, span_from_traceparent};
use chit_runtime::{Context, call, channel};
use opentelemetry::trace::{SpanKind, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

/// Keeps every span that ended.
#[derive(Clone, Debug, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Ended {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

#[tokio::test]
async fn a_call_stays_in_the_callers_trace() {
    let ended = Ended::default();
    let provider =
        opentelemetry_sdk::trace::SdkTracerProvider::builder().with_simple_exporter(ended.clone()).build();
    let tracer = provider.tracer("test");
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
    let ended = ended.0.lock().unwrap();
    let of_kind = |kind| ended.iter().find(|span| span.span_kind == kind).unwrap();
    let (client, served) = (of_kind(SpanKind::Client), of_kind(SpanKind::Server));
    assert_eq!((&*client.name, &*served.name), ("chit.test.Echo/Say", "chit.test.Echo/Say"));
    assert_eq!(
        served.parent_span_id,
        client.span_context.span_id(),
        "the served call hangs on the asked one"
    );
}
