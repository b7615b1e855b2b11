//! gRPC by path: a fake names the calls it answers and nothing else, so a far side that learns new calls does not
//! change these tests.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::{Grpc, ServerStreamingService, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

pub type Answer = http::Response<Body>;
pub type Call = http::Request<Body>;
type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub async fn unary<Req, Resp, F>(call: Call, answer: F) -> Answer
where
    Req: Message + Default + 'static,
    Resp: Message + Default + 'static,
    F: FnMut(Req) -> Result<Resp, Status> + Send + 'static,
{
    Grpc::new(ProstCodec::<Resp, Req>::default()).unary(By(answer, PhantomData), call).await
}

pub async fn stream<Req, Resp, F>(call: Call, answer: F) -> Answer
where
    Req: Message + Default + 'static,
    Resp: Message + Default + 'static,
    F: FnMut(Req) -> mpsc::Receiver<Result<Resp, Status>> + Send + 'static,
{
    Grpc::new(ProstCodec::<Resp, Req>::default()).server_streaming(By(answer, PhantomData), call).await
}

pub fn unknown() -> Answer {
    Status::unimplemented("the fake does not answer this call").into_http()
}

/// As a process that is not there.
pub fn away() -> Answer {
    Status::unavailable("nobody is there").into_http()
}

struct By<F, Req, Resp>(F, PhantomData<fn(Req) -> Resp>);

impl<F, Req, Resp> UnaryService<Req> for By<F, Req, Resp>
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

impl<F, Req, Resp> ServerStreamingService<Req> for By<F, Req, Resp>
where
    Resp: Send + 'static,
    F: FnMut(Req) -> mpsc::Receiver<Result<Resp, Status>>,
{
    type Response = Resp;
    type ResponseStream = ReceiverStream<Result<Resp, Status>>;
    type Future = Later<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Req>) -> Self::Future {
        let receiver = (self.0)(request.into_inner());
        Box::pin(async move { Ok(Response::new(ReceiverStream::new(receiver))) })
    }
}

/// A function from call to answer as a service.
#[derive(Clone)]
pub struct FarSide<F>(pub F);

impl<F, Fut> Service<Call> for FarSide<F>
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
