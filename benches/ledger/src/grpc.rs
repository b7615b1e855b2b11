//! Calls over a Unix socket: the ledger's, and the same messages to a handler that does nothing.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Context as _;
use chit_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use chit_proto::ledger::v1::{
    CreateTransferRequest, CreateTransferResponse, CreateTransfersRequest, Head, Transfer, TransferKind,
};
use chit_proto::money::v1::Money;
use hyper_util::rt::TokioIo;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::body::Body;
use tonic::server::{NamedService, UnaryService};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};
use ulid::Ulid;

use crate::load::{self, Job, Jobs, Seen};

/// Connections that the clients share, as a till's processes do; HTTP/2 carries many calls on each.
const CONNECTIONS: usize = 8;

pub type Clients = Vec<LedgerServiceClient<Channel>>;

pub fn clients(socket: &Path, count: usize) -> anyhow::Result<Clients> {
    let connect = |_| {
        let socket = socket.to_owned();
        let connector = tower::service_fn(move |_| {
            let socket = socket.clone();
            async move { Ok::<_, std::io::Error>(TokioIo::new(tokio::net::UnixStream::connect(socket).await?)) }
        });
        let channel = Endpoint::try_from("http://ledger.local")?.connect_with_connector_lazy(connector);
        Ok(LedgerServiceClient::new(channel).max_decoding_message_size(64 << 20))
    };
    (0..count.min(CONNECTIONS)).map(connect).collect()
}

pub fn account_id(n: u64) -> String {
    Ulid::from((0x0198_0000_0000_u128 << 80) | u128::from(n + 1)).to_string()
}

fn transfer(job: Job) -> Transfer {
    Transfer {
        transfer_id: Ulid::from(job.id).to_string(),
        kind: TransferKind::Posted as i32,
        debit_account_id: account_id(job.debit),
        credit_account_id: account_id(job.credit),
        amount: Some(Money { amount_minor: 1, currency_code: "CNY".to_owned() }),
        code: 7,
        ..Transfer::default()
    }
}

pub async fn unary(clients: &Clients, count: usize, time: Duration, jobs: Jobs) -> Seen {
    let clients = clients.clone();
    let call = move |client: usize, jobs: Vec<Job>| {
        let mut ledger = clients[client % clients.len()].clone();
        async move {
            loop {
                let transfer = jobs.first().copied().map(transfer);
                let request = CreateTransferRequest { transfer, actor: "bench".to_owned() };
                match ledger.create_transfer(request).await {
                    Ok(_) => return,
                    Err(status) => pause(&status).await,
                }
            }
        }
    };
    load::run(count, 1, time, jobs, call).await
}

pub async fn batches(clients: &Clients, count: usize, batch: usize, time: Duration, jobs: Jobs) -> Seen {
    let clients = clients.clone();
    let call = move |client: usize, jobs: Vec<Job>| {
        let mut ledger = clients[client % clients.len()].clone();
        async move {
            loop {
                let transfers = jobs.iter().copied().map(transfer).collect();
                let request = CreateTransfersRequest { transfers, actor: "bench".to_owned() };
                match ledger.create_transfers(request).await {
                    Ok(_) => return,
                    Err(status) => pause(&status).await,
                }
            }
        }
    };
    load::run(count, batch, time, jobs, call).await
}

/// A full queue is waited for, as the ledger asks; anything else ends the benchmark.
async fn pause(status: &Status) {
    assert_eq!(status.code(), Code::ResourceExhausted, "the call failed: {status}");
    tokio::time::sleep(Duration::from_millis(5)).await;
}

/// Serves the handler that does nothing but answer with a transfer as large as the ledger's.
pub async fn serve_noop(socket: PathBuf) -> anyhow::Result<()> {
    let listener = tokio::net::UnixListener::bind(&socket).context("cannot listen")?;
    tonic::transport::Server::builder()
        .add_service(Noop)
        .serve_with_incoming(UnixListenerStream::new(listener))
        .await?;
    Ok(())
}

#[derive(Clone)]
struct Noop;

impl NamedService for Noop {
    const NAME: &'static str = "chit.ledger.v1.LedgerService";
}

impl tower::Service<http::Request<Body>> for Noop {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let codec = tonic_prost::ProstCodec::default();
            Ok(tonic::server::Grpc::new(codec).unary(Echo, request).await)
        })
    }
}

struct Echo;

impl UnaryService<CreateTransferRequest> for Echo {
    type Response = CreateTransferResponse;
    type Future = Ready<Result<Response<Self::Response>, Status>>;

    fn call(&mut self, request: Request<CreateTransferRequest>) -> Self::Future {
        let transfer = request.into_inner().transfer;
        let head = Some(Head { seq: 1, hash: vec![1; 32], root: vec![2; 32] });
        ready(Ok(Response::new(CreateTransferResponse { transfer, exists: false, head })))
    }
}
