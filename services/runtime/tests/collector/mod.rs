//! An OTLP collector that keeps what it is sent as bytes (opentelemetry-proto, `Export` of each signal).

use http::{Request, Response};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

/// Every export request has its payload in field 1: resource spans, resource metrics.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Export {
    #[prost(bytes = "vec", repeated, tag = "1")]
    resources: Vec<Vec<u8>>,
}

type Received = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

struct Keep {
    path: String,
    received: Received,
}

impl UnaryService<Export> for Keep {
    type Response = ();
    type Future = std::future::Ready<Result<tonic::Response<()>, Status>>;

    fn call(&mut self, request: tonic::Request<Export>) -> Self::Future {
        let body = request.into_inner().resources.concat();
        self.received.lock().unwrap().push((self.path.clone(), body));
        std::future::ready(Ok(tonic::Response::new(())))
    }
}

/// Its address and what it has received: (path of the call, payload).
pub async fn start() -> (String, Received) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let received = Received::default();
    let keep = received.clone();
    let service = tower::service_fn(move |request: Request<Body>| answer(request, keep.clone()));
    let incoming = TcpListenerStream::new(listener);
    tokio::spawn(tonic::transport::Server::builder().serve_with_incoming(service, incoming));
    (endpoint, received)
}

async fn answer(request: Request<Body>, received: Received) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    if !path.ends_with("/Export") {
        return Ok(Status::new(Code::Unimplemented, "").into_http());
    }
    Ok(Grpc::new(ProstCodec::<(), Export>::default()).unary(Keep { path, received }, request).await)
}
