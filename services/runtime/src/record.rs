//! The span and the metric of one call, seen from one of its two sides
//! (https://opentelemetry.io/docs/specs/semconv/rpc/: `rpc.server.call.duration`, `rpc.client.call.duration`).

use crate::error;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use std::sync::Arc;
use std::time::Instant;
use tonic::Code;
use tracing::Span;
use tracing::field::Empty;

/// Seconds; the boundaries OpenTelemetry's RPC conventions advise.
const DURATION_BOUNDS_S: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The target of spans that open a trace. Without an exporter they are not made: unread ids were a seventh of the cost of a
/// ledger call.
pub(crate) const ROOT: &str = "chit_runtime::root";
const PART: &str = "chit_runtime::part";

macro_rules! span {
    ($target:expr, $kind:expr, $method:expr) => {
        tracing::info_span!(
            target: $target,
            "rpc",
            otel.name = $method,
            otel.kind = $kind,
            otel.status_code = Empty,
            rpc.system.name = "grpc",
            rpc.method = $method,
            rpc.response.status_code = Empty,
        )
    };
}

#[derive(Clone, Copy)]
pub(crate) enum Side {
    Server,
    Client,
}

/// What all calls of one side write to. Make it after telemetry is installed, or its records are lost.
#[derive(Clone)]
pub(crate) struct Records {
    side: Side,
    duration: Histogram<f64>,
}

impl Records {
    pub(crate) fn of(side: Side) -> Self {
        let name = match side {
            Side::Server => "rpc.server.call.duration",
            Side::Client => "rpc.client.call.duration",
        };
        let duration = opentelemetry::global::meter("chit")
            .f64_histogram(name)
            .with_unit("s")
            .with_boundaries(DURATION_BOUNDS_S.to_vec())
            .build();
        Self { side, duration }
    }

    /// `path` is the request's: `/chit.ledger.v1.LedgerService/GetAccount`. `is_traced`: the call is part of a trace
    /// already; otherwise it opens one, if there is an exporter.
    pub(crate) fn start(&self, path: &str, is_traced: bool) -> Record {
        let method: Arc<str> = path.trim_start_matches('/').into();
        let kind = match self.side {
            Side::Server => "server",
            Side::Client => "client",
        };
        let span = if is_traced { span!(PART, kind, &*method) } else { span!(ROOT, kind, &*method) };
        Record {
            side: self.side,
            method,
            span,
            started: Instant::now(),
            duration: self.duration.clone(),
            code: None,
        }
    }
}

/// Written when the call is over, however it ends.
pub(crate) struct Record {
    side: Side,
    method: Arc<str>,
    pub(crate) span: Span,
    started: Instant,
    duration: Histogram<f64>,
    /// None while no status was seen: the caller went away or its deadline passed.
    pub(crate) code: Option<Code>,
}

impl Drop for Record {
    fn drop(&mut self) {
        let code = self.code.unwrap_or(Code::Cancelled);
        let name = error::name_of(code);
        self.span.record("rpc.response.status_code", name);
        if is_error(self.side, code) {
            self.span.record("otel.status_code", "ERROR");
        }
        // A caller must not be able to invent metric series.
        let method = if code == Code::Unimplemented { "_OTHER".into() } else { Arc::clone(&self.method) };
        let attributes = [
            KeyValue::new("rpc.system.name", "grpc"),
            KeyValue::new("rpc.method", method),
            KeyValue::new("rpc.response.status_code", name),
        ];
        self.duration.record(self.started.elapsed().as_secs_f64(), &attributes);
    }
}

/// For a server only what is not the caller's fault (the conventions' list for gRPC); for a client everything
/// but a stream that it closed itself.
fn is_error(side: Side, code: Code) -> bool {
    use Code::{Cancelled, DataLoss, DeadlineExceeded, Internal, Ok, Unavailable, Unimplemented, Unknown};
    match side {
        Side::Server => {
            matches!(code, Unknown | DeadlineExceeded | Unimplemented | Internal | Unavailable | DataLoss)
        }
        Side::Client => !matches!(code, Ok | Cancelled),
    }
}
