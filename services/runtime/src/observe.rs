//! What surrounds every call: who may come in, the span and the metric of the call, a reason on every error,
//! and an end for streams when the service stops.

use crate::allowed::Allowed;
use crate::record::{Record, Records, Side};
use crate::shutdown::Shutdown;
use crate::tls::May;
use crate::{error, tls, trace};
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::server::UdsConnectInfo;
use tonic::{Code, Status};
use tower::Service;
use tracing::Instrument;

/// Streams of a stopping service get this long to end by themselves, then UNAVAILABLE ends them.
const STREAM_GRACE: Duration = Duration::from_millis(50);
/// How a listener admits callers.
#[derive(Clone)]
pub(crate) enum Gate {
    /// The Unix socket: by the kernel's peer credentials.
    Local(Allowed),
    /// TCP: by the certificate's role.
    Certified(May),
}

#[derive(Clone)]
pub(crate) struct Observe {
    gate: Gate,
    shutdown: Shutdown,
    records: Records,
}

impl Observe {
    pub(crate) fn new(gate: Gate, shutdown: Shutdown) -> Self {
        Self { gate, shutdown, records: Records::of(Side::Server) }
    }

    pub(crate) async fn call(
        self,
        mut routes: Routes,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, Infallible> {
        let parent = request.headers().get(trace::HEADER).and_then(|value| value.to_str().ok());
        let mut record = self.records.start(request.uri().path(), parent.is_some());
        if let Some(parent) = parent {
            trace::continue_from(&record.span, parent);
        }
        let answer = async {
            match self.admit(&mut request) {
                Ok(()) => routes.call(request).await,
                Err(refused) => Ok(refused.into_http()),
            }
        };
        let (mut head, inner) = answer.instrument(record.span.clone()).await?.into_parts();
        record.code = finish(&mut head.headers);
        let body = ServedBody { inner, record, shutdown: self.shutdown, cut: None, is_cut: false };
        Ok(Response::from_parts(head, Body::new(body)))
    }

    fn admit(&self, request: &mut Request<Body>) -> Result<(), Status> {
        match &self.gate {
            Gate::Local(allowed) => {
                let peer = request.extensions().get::<UdsConnectInfo>().and_then(|info| info.peer_cred);
                allowed.check(peer.map(|cred| cred.uid()), request.uri().path())
            }
            Gate::Certified(may) => {
                let method = request.uri().path().trim_start_matches('/').to_owned();
                tls::admit(*may, &method, request)
            }
        }
    }
}

struct ServedBody {
    inner: Body,
    record: Record,
    shutdown: Shutdown,
    /// When a stream is to end; made when there is something to wait for, so never for a unary answer.
    cut: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    is_cut: bool,
}

async fn end_of_streams(shutdown: Shutdown) {
    shutdown.wait().await;
    tokio::time::sleep(STREAM_GRACE).await;
}

/// Reads the status out of headers or trailers and adds the reason if tonic made the error itself.
fn finish(headers: &mut HeaderMap) -> Option<Code> {
    let code = code_in(headers)?;
    if code != Code::Ok {
        let status = Status::from_header_map(headers)?;
        if status.details().is_empty() {
            // A message that is no header value cannot come out of a header.
            let _ = error::with_reason(status).add_header(headers);
        }
    }
    Some(code)
}

/// Only the code, which a good answer has alone.
pub(crate) fn code_in(headers: &HeaderMap) -> Option<Code> {
    headers.get(Status::GRPC_STATUS).map(|code| Code::from_bytes(code.as_bytes()))
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
        let Self { cut, shutdown, .. } = &mut *self;
        let cut = cut.get_or_insert_with(|| Box::pin(end_of_streams(shutdown.clone())));
        if cut.as_mut().poll(cx).is_pending() {
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
