//! A gRPC service made by hand, so that these tests need no domain: `Say` answers what the test's closure says,
//! `Watch` streams "first" and then stays silent for ever.

#![allow(dead_code, reason = "no test program uses all of it")]

use chit_runtime::Channel;
use chit_runtime::{Context, Server};
use http::{Request, Response};
use std::convert::Infallible;
use std::os::unix::net::UnixListener;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use tokio_stream::{Stream, StreamExt};
use tonic::body::Body;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::server::{Grpc, NamedService, ServerStreamingService, UnaryService};
use tonic::{Code, Status, Streaming};
use tonic_prost::ProstCodec;

pub type Answer = Pin<Box<dyn Future<Output = Result<String, Status>> + Send>>;
type Say = Arc<dyn Fn(tonic::Request<String>) -> Answer + Send + Sync>;
type Words = Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;

#[derive(Clone)]
pub struct Echo(Say);

impl Echo {
    pub fn new(say: impl Fn(tonic::Request<String>) -> Answer + Send + Sync + 'static) -> Self {
        Self(Arc::new(say))
    }
}

/// Serves on `socket` until `ctx.shutdown`.
pub async fn run(
    ctx: Context,
    socket: UnixListener,
    say: impl Fn(tonic::Request<String>) -> Answer + Send + Sync + 'static,
) -> anyhow::Result<()> {
    Server::new(&ctx, &[]).add(Echo::new(say)).listener(socket).run().await
}

pub fn reply(words: impl Into<String>) -> Answer {
    let words = words.into();
    Box::pin(async move { Ok(words) })
}

pub async fn say(
    channel: Channel,
    request: tonic::Request<String>,
) -> Result<tonic::Response<String>, Status> {
    let mut grpc = ready(channel).await?;
    grpc.unary(request, PathAndQuery::from_static("/chit.test.Echo/Say"), ProstCodec::default()).await
}

pub async fn unknown(
    channel: Channel,
    request: tonic::Request<String>,
) -> Result<tonic::Response<String>, Status> {
    let mut grpc = ready(channel).await?;
    grpc.unary(request, PathAndQuery::from_static("/chit.test.Echo/Shout"), ProstCodec::default()).await
}

pub async fn watch(channel: Channel) -> Result<Streaming<String>, Status> {
    let mut grpc = ready(channel).await?;
    let path = PathAndQuery::from_static("/chit.test.Echo/Watch");
    let request = tonic::Request::new(String::new());
    Ok(grpc.server_streaming(request, path, ProstCodec::default()).await?.into_inner())
}

async fn ready(channel: Channel) -> Result<tonic::client::Grpc<Channel>, Status> {
    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
    Ok(grpc)
}

impl NamedService for Echo {
    const NAME: &'static str = "chit.test.Echo";
}

impl tower::Service<Request<Body>> for Echo {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let echo = self.clone();
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::default());
            Ok(match request.uri().path() {
                "/chit.test.Echo/Say" => grpc.unary(echo, request).await,
                "/chit.test.Echo/Watch" => grpc.server_streaming(echo, request).await,
                _ => Status::new(Code::Unimplemented, "").into_http(),
            })
        })
    }
}

impl UnaryService<String> for Echo {
    type Response = String;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<String>, Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<String>) -> Self::Future {
        let answer = (self.0)(request);
        Box::pin(async move { answer.await.map(tonic::Response::new) })
    }
}

impl ServerStreamingService<String> for Echo {
    type Response = String;
    type ResponseStream = Words;
    type Future = std::future::Ready<Result<tonic::Response<Words>, Status>>;

    fn call(&mut self, _: tonic::Request<String>) -> Self::Future {
        let words: Words =
            Box::pin(tokio_stream::once(Ok("first".to_owned())).chain(tokio_stream::pending()));
        std::future::ready(Ok(tonic::Response::new(words)))
    }
}
