//! The layer around every call: who may come in, the span and the metric of the call, a reason on every error,
//! and an end for streams when the service stops.

use crate::peer::Allowed;
use crate::shutdown::Shutdown;
use crate::{error, trace};
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tonic::body::Body;
use tonic::transport::server::UdsConnectInfo;
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::{Instrument, Span};

/// Streams of a stopping service get this long to end by themselves, then UNAVAILABLE ends them.
const STREAM_GRACE: Duration = Duration::from_millis(200);
/// Seconds; the boundaries OpenTelemetry's RPC conventions advise.
const DURATION_BOUNDS_S: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

type Cut = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Clone)]
pub(crate) struct Observe {
    /// `None` on the TCP listener, where there are no peer credentials.
    allowed: Option<Allowed>,
    shutdown: Shutdown,
    duration: Histogram<f64>,
}

impl Observe {
    pub(crate) fn new(allowed: Option<Allowed>, shutdown: Shutdown) -> Self {
        let duration = opentelemetry::global::meter("chit")
            .f64_histogram("rpc.server.call.duration")
            .with_unit("s")
            .with_boundaries(DURATION_BOUNDS_S.to_vec())
            .build();
        Self { allowed, shutdown, duration }
    }

    fn admit(&self, request: &Request<Body>) -> Result<(), Status> {
        let Some(allowed) = &self.allowed else { return Ok(()) };
        let peer = request.extensions().get::<UdsConnectInfo>().and_then(|info| info.peer_cred);
        allowed.check(peer.map(|cred| cred.uid()))
    }
}

impl<S> Layer<S> for Observe {
    type Service = Observed<S>;

    fn layer(&self, inner: S) -> Observed<S> {
        Observed { inner, observe: self.clone() }
    }
}

#[derive(Clone)]
pub(crate) struct Observed<S> {
    inner: S,
    observe: Observe,
}

impl<S> Service<Request<Body>> for Observed<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = request.uri().path().trim_start_matches('/').to_owned();
        let span = tracing::info_span!(
            "rpc",
            otel.name = method,
            otel.kind = "server",
            otel.status_code = tracing::field::Empty,
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.response.status_code = tracing::field::Empty,
        );
        if let Some(parent) = request.headers().get(trace::HEADER).and_then(|value| value.to_str().ok()) {
            trace::continue_from(&span, parent);
        }
        let duration = self.observe.duration.clone();
        let record = Record { method, span: span.clone(), started: Instant::now(), duration, code: None };
        if let Err(refused) = self.observe.admit(&request) {
            let refused = refused.into_http();
            return Box::pin(async move {
                Ok(ServedBody::around(refused, record, Box::pin(std::future::pending())))
            });
        }
        let shutdown = self.observe.shutdown.clone();
        let cut = Box::pin(async move {
            shutdown.wait().await;
            tokio::time::sleep(STREAM_GRACE).await;
        });
        let answer = span.in_scope(|| self.inner.call(request));
        Box::pin(async move { Ok(ServedBody::around(answer.await?, record, cut)) }.instrument(span))
    }
}

/// Written when the call is over, however it ends.
struct Record {
    method: String,
    span: Span,
    started: Instant,
    duration: Histogram<f64>,
    code: Option<Code>,
}

impl Drop for Record {
    fn drop(&mut self) {
        // Without a status the caller went away or its deadline passed.
        let code = self.code.unwrap_or(Code::Cancelled);
        let name = error::name_of(code);
        self.span.record("rpc.response.status_code", name);
        let is_our_fault = matches!(
            code,
            Code::Unknown | Code::DeadlineExceeded | Code::Unimplemented | Code::Internal | Code::Unavailable
        );
        if is_our_fault || code == Code::DataLoss {
            self.span.record("otel.status_code", "ERROR");
        }
        // A caller must not be able to invent metric series.
        let method = if code == Code::Unimplemented { "_OTHER" } else { &self.method };
        let attributes = [
            KeyValue::new("rpc.system.name", "grpc"),
            KeyValue::new("rpc.method", method.to_owned()),
            KeyValue::new("rpc.response.status_code", name),
        ];
        self.duration.record(self.started.elapsed().as_secs_f64(), &attributes);
    }
}

struct ServedBody {
    inner: Body,
    record: Record,
    cut: Cut,
    is_cut: bool,
}

impl ServedBody {
    fn around(response: Response<Body>, mut record: Record, cut: Cut) -> Response<Body> {
        let (mut head, inner) = response.into_parts();
        record.code = finish(&mut head.headers);
        Response::from_parts(head, Body::new(Self { inner, record, cut, is_cut: false }))
    }
}

/// Reads the status out of headers or trailers and adds the reason if tonic made the error itself.
fn finish(headers: &mut HeaderMap) -> Option<Code> {
    let status = Status::from_header_map(headers)?;
    if status.code() != Code::Ok && status.details().is_empty() {
        // A message that is no header value cannot come out of a header.
        let _ = error::with_reason(status.clone()).add_header(headers);
    }
    Some(status.code())
}

impl http_body::Body for ServedBody {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        if self.is_cut {
            return Poll::Ready(None);
        }
        let span = self.record.span.clone();
        let _entered = span.enter();
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(mut frame))) => {
                if let Some(trailers) = frame.trailers_mut() {
                    self.record.code = finish(trailers);
                }
                return Poll::Ready(Some(Ok(frame)));
            }
            Poll::Ready(end) => return Poll::Ready(end),
            Poll::Pending => {}
        }
        if self.cut.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.is_cut = true;
        let status = error::status(Code::Unavailable, "SERVICE_STOPPING", "the service restarts; ask again");
        let mut trailers = HeaderMap::new();
        let _ = status.add_header(&mut trailers);
        self.record.code = Some(Code::Unavailable);
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_cut || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
