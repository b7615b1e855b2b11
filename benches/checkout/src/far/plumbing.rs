//! gRPC by path: a fake answers the calls it names, and others are UNIMPLEMENTED.

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use prost::Message;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::body::Body;
use tonic::server::{Grpc, ServerStreamingService, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

pub type Call = http::Request<Body>;
pub type Answer = http::Response<Body>;
type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub async fn unary<Req, Resp>(
    call: Call,
    answer: impl FnMut(Req) -> Result<Resp, Status> + Send + 'static,
) -> Answer
where
    Req: Message + Default + 'static,
    Resp: Message + Default + 'static,
{
    Grpc::new(ProstCodec::<Resp, Req>::default()).unary(Handler(answer, PhantomData), call).await
}

pub async fn stream<Req, Resp>(
    call: Call,
    answer: impl FnMut(Req) -> UnboundedReceiver<Result<Resp, Status>> + Send + 'static,
) -> Answer
where
    Req: Message + Default + 'static,
    Resp: Message + Default + 'static,
{
    Grpc::new(ProstCodec::<Resp, Req>::default()).server_streaming(Handler(answer, PhantomData), call).await
}

pub fn unimplemented() -> Answer {
    Status::unimplemented("this fake does not answer the call").into_http()
}

struct Handler<F, Req, Resp>(F, PhantomData<fn(Req) -> Resp>);

impl<F, Req, Resp> UnaryService<Req> for Handler<F, Req, Resp>
where
    Resp: Send + 'static,
    F: FnMut(Req) -> Result<Resp, Status>,
{
    type Response = Resp;
    type Future = Later<Result<Response<Resp>, Status>>;

    fn call(&mut self, request: Request<Req>) -> Self::Future {
        let answer = (self.0)(request.into_inner());
        Box::pin(async move { answer.map(Response::new) })
    }
}

impl<F, Req, Resp> ServerStreamingService<Req> for Handler<F, Req, Resp>
where
    Resp: Send + 'static,
    F: FnMut(Req) -> UnboundedReceiver<Result<Resp, Status>>,
{
    type Response = Resp;
    type ResponseStream = UnboundedReceiverStream<Result<Resp, Status>>;
    type Future = Later<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Req>) -> Self::Future {
        let answers = (self.0)(request.into_inner());
        Box::pin(async move { Ok(Response::new(UnboundedReceiverStream::new(answers))) })
    }
}

/// A function from call to answer, as tonic's server wants it.
#[derive(Clone)]
pub struct Fake<F>(pub F);

impl<F, Fut> tower::Service<Call> for Fake<F>
where
    F: Fn(Call) -> Fut,
    Fut: Future<Output = Answer> + Send + 'static,
{
    type Response = Answer;
    type Error = Infallible;
    type Future = Later<Result<Answer, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let answer = (self.0)(call);
        Box::pin(async move { Ok(answer.await) })
    }
}
