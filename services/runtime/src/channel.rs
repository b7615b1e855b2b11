//! A channel with observed calls: each has a span and a metric, and carries its trace to the other side.

use crate::config::Shared;
use crate::observe::code_in;
use crate::record::{Record, Records, Side};
use crate::session::{self, Token};
use crate::trace;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::transport::{Endpoint, Error};
use tonic::{Code, Status};
use tower::Service;
use tracing::{Instrument, Span};

/// What generated clients are made over, as they are over tonic's own channel.
#[derive(Clone)]
pub struct Channel {
    inner: tonic::transport::Channel,
    records: Records,
    session: Option<Token>,
}

impl Channel {
    /// The same connection for a person who has signed in: every call carries their session.
    #[must_use]
    pub fn with_session(mut self, token: Token) -> Self {
        self.session = Some(token);
        self
    }
}

/// A lazy channel over the service's Unix socket; it reconnects by itself.
pub fn channel(shared: &Shared, service: &str) -> Channel {
    let uri = format!("unix:{}", shared.socket_of(service).display());
    channel_to(&uri).expect("a path after unix: is always accepted")
}

/// The same to any address tonic knows (`http://host:port`, `unix:/path`).
pub fn channel_to(uri: &str) -> Result<Channel, Error> {
    Ok(Endpoint::from_shared(uri.to_owned())?.connect_lazy().into())
}

/// For an `Endpoint` with settings besides its address.
impl From<tonic::transport::Channel> for Channel {
    fn from(inner: tonic::transport::Channel) -> Self {
        Self { inner, records: Records::of(Side::Client), session: None }
    }
}

impl Service<Request<Body>> for Channel {
    type Response = Response<AnsweredBody>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let mut record = self.records.start(request.uri().path(), !Span::current().is_none());
        trace::send(&record.span, request.headers_mut());
        session::send(self.session.as_ref(), request.headers_mut());
        let answer = self.inner.call(request).instrument(record.span.clone());
        Box::pin(async move {
            let answer = answer.await;
            record.code = match &answer {
                Ok(answer) => code_in(answer.headers()),
                Err(_no_connection) => Some(Code::Unavailable),
            };
            Ok(answer?.map(|inner| AnsweredBody { inner, record }))
        })
    }
}

/// The call is over when its trailers are here, or when the caller stops reading.
pub struct AnsweredBody {
    inner: Body,
    record: Record,
}

impl http_body::Body for AnsweredBody {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.record.code = code_in(trailers);
                }
            }
            Poll::Ready(Some(Err(broken))) => self.record.code = Some(broken.code()),
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
