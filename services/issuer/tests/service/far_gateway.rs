//! An SMS gateway at the far end of a socket: it takes texts, says when they left, and hands over what payers write.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use chit_proto::sms_gateway::v1 as sms;
use chit_runtime::clock;
use prost::Message;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::{ReceiverStream, UnixListenerStream};
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::{Grpc, ServerStreamingService, UnaryService};
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;

type Call = http::Request<Body>;
type Answer = http::Response<Body>;
type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Watching = sms::WatchInboundRequest;
type Inbounded = sms::WatchInboundResponse;
type Inbounds = ReceiverStream<Result<Inbounded, Status>>;

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Default)]
pub struct Facts {
    pub away: bool,
    /// Takes no text: the number is none that it writes to.
    pub refuses: bool,
    /// Each once, whatever was sent again.
    pub sent: Vec<sms::SendMessageRequest>,
    /// When the network took them, unix milliseconds; none = they still wait.
    pub left_ms: Option<i64>,
    inbound: Vec<sms::Inbound>,
}

#[derive(Clone)]
pub struct FarGateway {
    facts: Arc<Mutex<Facts>>,
    changed: watch::Sender<()>,
}

impl FarGateway {
    pub fn at(socket: &Path) -> Self {
        let gateway = Self { facts: Arc::default(), changed: watch::Sender::new(()) };
        let listener = UnixListenerStream::new(UnixListener::bind(socket).unwrap());
        tokio::spawn(tonic::transport::Server::builder().serve_with_incoming(gateway.clone(), listener));
        gateway
    }

    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap()
    }

    pub fn change(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.facts());
        self.changed.send_replace(());
    }

    pub fn payer_writes(&self, from: &str, text: &str) {
        self.change(|facts| {
            let seq = facts.inbound.len() as u64 + 1;
            let (from_e164, text) = (from.to_owned(), text.to_owned());
            facts.inbound.push(sms::Inbound { seq, from_e164, text, ..Default::default() });
        });
    }

    /// The text of the `nth` message, and the number in it.
    pub async fn asked(&self, nth: usize) -> (String, String) {
        let mut changed = self.changed.subscribe();
        let text = async {
            loop {
                if let Some(sent) = self.facts().sent.get(nth - 1) {
                    return sent.text.clone();
                }
                changed.changed().await.unwrap();
            }
        };
        let text = tokio::time::timeout(PATIENCE, text).await.expect("the payer is asked");
        let number = text.split(|c: char| !c.is_ascii_digit()).find(|group| group.len() == 5).unwrap();
        (text.clone(), number.to_owned())
    }

    fn send(&self, request: sms::SendMessageRequest) -> Result<sms::SendMessageResponse, Status> {
        let mut answer = Ok(sms::SendMessageResponse::default());
        self.change(|facts| {
            if facts.away {
                answer = Err(Status::unavailable("away"));
            } else if facts.refuses {
                let refused = chit_runtime::error::status;
                answer = Err(refused(Code::PermissionDenied, "COUNTRY_REFUSED", "not to there"));
            } else if !facts.sent.contains(&request) {
                assert!(facts.sent.iter().all(|sent| sent.message_id != request.message_id), "another body");
                facts.sent.push(request);
            }
        });
        answer
    }

    fn get(&self, request: &sms::GetMessageRequest) -> Result<sms::GetMessageResponse, Status> {
        let left = self.facts().left_ms.map(|ms| jiff::Timestamp::from_millisecond(ms).unwrap());
        let message = sms::Message {
            message_id: request.message_id.clone(),
            submit_time: left.map(clock::to_proto),
            ..Default::default()
        };
        Ok(sms::GetMessageResponse { message: Some(message) })
    }

    fn inbound(&self, request: &sms::WatchInboundRequest) -> Inbounds {
        let (sender, receiver) = mpsc::channel(16);
        let (facts, mut changed) = (self.facts.clone(), self.changed.subscribe());
        let mut told = usize::try_from(request.after_seq).unwrap();
        tokio::spawn(async move {
            loop {
                let next = facts.lock().unwrap().inbound.get(told).cloned();
                let Some(inbound) = next else {
                    if changed.changed().await.is_err() {
                        return;
                    }
                    continue;
                };
                told += 1;
                let message = sms::WatchInboundResponse { inbound: Some(inbound) };
                if sender.send(Ok(message)).await.is_err() {
                    return;
                }
            }
        });
        ReceiverStream::new(receiver)
    }
}

/// gRPC by path: the fake names the calls that an issuer makes.
impl Service<Call> for FarGateway {
    type Response = Answer;
    type Error = Infallible;
    type Future = Later<Result<Answer, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let here = self.clone();
        Box::pin(async move {
            let method = call.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
            Ok(match method.as_str() {
                "SendMessage" => unary(call, move |request| here.send(request)).await,
                "GetMessage" => unary(call, move |request| here.get(&request)).await,
                "AckInbound" => {
                    unary(call, |_: sms::AckInboundRequest| Ok(sms::AckInboundResponse::default())).await
                }
                "WatchInbound" => {
                    Grpc::new(ProstCodec::<Inbounded, Watching>::default()).server_streaming(here, call).await
                }
                _ => Status::unimplemented("an issuer does not call this").into_http(),
            })
        })
    }
}

impl ServerStreamingService<Watching> for FarGateway {
    type Response = Inbounded;
    type ResponseStream = Inbounds;
    type Future = Later<Result<Response<Inbounds>, Status>>;

    fn call(&mut self, request: Request<Watching>) -> Self::Future {
        let inbound = self.inbound(request.get_ref());
        Box::pin(async move { Ok(Response::new(inbound)) })
    }
}

async fn unary<Req, Resp>(call: Call, answer: impl Fn(Req) -> Result<Resp, Status> + Send + 'static) -> Answer
where
    Req: Message + Default + 'static,
    Resp: Message + Default + 'static,
{
    Grpc::new(ProstCodec::<Resp, Req>::default()).unary(By(answer, PhantomData), call).await
}

struct By<F, Req, Resp>(F, PhantomData<fn(Req) -> Resp>);

impl<F, Req, Resp> UnaryService<Req> for By<F, Req, Resp>
where
    Resp: Send + 'static,
    F: Fn(Req) -> Result<Resp, Status>,
{
    type Response = Resp;
    type Future = Later<Result<Response<Resp>, Status>>;

    fn call(&mut self, request: Request<Req>) -> Self::Future {
        let answer = (self.0)(request.into_inner());
        Box::pin(async move { answer.map(Response::new) })
    }
}
