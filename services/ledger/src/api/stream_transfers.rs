//! `StreamTransfers`.

use chit_proto::ledger::v1::stream_transfers_response::Outcome;
use chit_proto::ledger::v1::{
    CreateTransferRequest, CreateTransferResponse, StreamTransfersRequest, StreamTransfersResponse,
    TransferError,
};
use chit_runtime::error::reason_of;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{Api, create_transfer};

pub type Answers = ReceiverStream<Result<StreamTransfersResponse, Status>>;

/// Transfers of one stream that may wait for their commit; then the stream is read no further.
const IN_FLIGHT_MAX: usize = 1024;

type Pending = (String, JoinHandle<Result<CreateTransferResponse, Status>>);

pub fn handle(api: &Api, requests: Streaming<StreamTransfersRequest>) -> Result<Answers, Status> {
    let (waiting, answering) = mpsc::channel(IN_FLIGHT_MAX);
    let (sender, answers) = mpsc::channel(64);
    tokio::spawn(ask(api.clone(), requests, waiting));
    tokio::spawn(answer(answering, sender));
    Ok(ReceiverStream::new(answers))
}

/// Ends with the caller's half of the stream, or when the caller no longer reads answers.
async fn ask(api: Api, mut requests: Streaming<StreamTransfersRequest>, waiting: mpsc::Sender<Pending>) {
    while let Ok(place) = waiting.reserve().await {
        let Ok(Some(request)) = requests.message().await else { return };
        let StreamTransfersRequest { transfer, actor } = request;
        let id = transfer.as_ref().map(|transfer| transfer.transfer_id.clone()).unwrap_or_default();
        let api = api.clone();
        let asked = tokio::spawn(async move {
            create_transfer::handle(&api, CreateTransferRequest { transfer, actor }).await
        });
        place.send((id, asked));
    }
}

async fn answer(
    mut answering: mpsc::Receiver<Pending>,
    sender: mpsc::Sender<Result<StreamTransfersResponse, Status>>,
) {
    while let Some((transfer_id, asked)) = answering.recv().await {
        let outcome = match asked.await {
            Ok(Ok(created)) => Outcome::Created(created),
            Ok(Err(status)) => Outcome::Error(refused(&status)),
            Err(error) => Outcome::Error(refused(&super::status::lost(error))),
        };
        let response = StreamTransfersResponse { transfer_id, outcome: Some(outcome) };
        if sender.send(Ok(response)).await.is_err() {
            return;
        }
    }
}

fn refused(status: &Status) -> TransferError {
    TransferError {
        code: status.code() as i32,
        reason: reason_of(status).unwrap_or_default(),
        message: status.message().to_owned(),
    }
}
