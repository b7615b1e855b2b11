//! `chit.ledger.v1.LedgerService`: one file a call. Callers are authorised by the socket (`chit_runtime::peer`).

mod calls;
mod compact_index;
mod create_account;
mod create_transfer;
mod create_transfers;
mod get_account;
mod get_checkpoint;
mod get_consistency_proof;
mod get_head;
mod get_inclusion_proof;
mod get_proof;
mod get_transfer;
mod get_trial_balance;
mod import_journal;
mod list_accounts;
mod list_facts;
mod list_transfers;
mod record_fact;
mod status;
mod stream_transfers;
mod tree;
mod verify_chain;
mod watch_journal;

pub use calls::CALLS;

use std::sync::Arc;

use chit_proto::ledger::v1 as pb;
use chit_proto::ledger::v1::ledger_service_server::LedgerService;
use chit_runtime::Shutdown;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, Streaming};

use crate::domain::StorageError;
use crate::notary::Notary;
use crate::store::{Head, JournalEntry, Storage, View};
use crate::writer::Writer;

/// Journal streams at one time; each holds a task and a small buffer.
const WATCHERS_MAX: usize = 64;

/// What every call works with.
#[derive(Clone)]
pub struct Api {
    storage: Arc<dyn Storage>,
    writer: Writer,
    notary: Arc<Notary>,
    shutdown: Shutdown,
    watchers: Arc<Semaphore>,
}

impl Api {
    pub fn new(storage: Arc<dyn Storage>, writer: Writer, notary: Arc<Notary>, shutdown: Shutdown) -> Self {
        Self { storage, writer, notary, shutdown, watchers: Arc::new(Semaphore::new(WATCHERS_MAX)) }
    }

    /// Reads the last durable state without holding up the async threads.
    async fn read<T, F>(&self, read: F) -> Result<T, Status>
    where
        T: Send + 'static,
        F: FnOnce(&dyn View) -> Result<T, StorageError> + Send + 'static,
    {
        read_from(Arc::clone(&self.storage), read).await
    }
}

async fn read_from<T, F>(storage: Arc<dyn Storage>, read: F) -> Result<T, Status>
where
    T: Send + 'static,
    F: FnOnce(&dyn View) -> Result<T, StorageError> + Send + 'static,
{
    let reading = tokio::task::spawn_blocking(move || read(&*storage.view()?));
    reading.await.map_err(status::lost)?.map_err(status::storage)
}

fn head(head: Head) -> pb::Head {
    pb::Head { seq: head.seq, hash: head.hash.to_vec(), root: head.root.to_vec() }
}

fn entry(entry: JournalEntry) -> pb::JournalEntry {
    pb::JournalEntry {
        seq: entry.seq,
        previous_hash: entry.previous_hash.to_vec(),
        hash: entry.hash.to_vec(),
        record: entry.stored,
    }
}

/// Rows of one answer: what was asked for, 100 by default, 1000 at most.
fn page_size(asked: u32) -> Result<usize, Status> {
    match asked {
        0 => Ok(100),
        1..=1000 => Ok(asked as usize),
        _ => Err(status::bad("page_size", "must be 1 to 1000, or 0 for 100")),
    }
}

macro_rules! calls {
    ($($name:ident($request:ident) -> $response:ident;)+) => {
        #[tonic::async_trait]
        impl LedgerService for Api {
            $(async fn $name(&self, request: Request<pb::$request>) -> Result<Response<pb::$response>, Status> {
                $name::handle(self, request.into_inner()).await.map(Response::new)
            })+

            type StreamTransfersStream = stream_transfers::Answers;

            async fn stream_transfers(
                &self,
                request: Request<Streaming<pb::StreamTransfersRequest>>,
            ) -> Result<Response<Self::StreamTransfersStream>, Status> {
                stream_transfers::handle(self, request.into_inner()).map(Response::new)
            }

            async fn import_journal(
                &self,
                request: Request<Streaming<pb::ImportJournalRequest>>,
            ) -> Result<Response<pb::ImportJournalResponse>, Status> {
                import_journal::handle(self, request.into_inner()).await.map(Response::new)
            }

            type WatchJournalStream = watch_journal::Entries;

            async fn watch_journal(
                &self,
                request: Request<pb::WatchJournalRequest>,
            ) -> Result<Response<Self::WatchJournalStream>, Status> {
                watch_journal::handle(self, request.into_inner()).map(Response::new)
            }
        }
    };
}

calls! {
    create_account(CreateAccountRequest) -> CreateAccountResponse;
    get_account(GetAccountRequest) -> GetAccountResponse;
    list_accounts(ListAccountsRequest) -> ListAccountsResponse;
    create_transfer(CreateTransferRequest) -> CreateTransferResponse;
    create_transfers(CreateTransfersRequest) -> CreateTransfersResponse;
    get_transfer(GetTransferRequest) -> GetTransferResponse;
    list_transfers(ListTransfersRequest) -> ListTransfersResponse;
    record_fact(RecordFactRequest) -> RecordFactResponse;
    list_facts(ListFactsRequest) -> ListFactsResponse;
    get_trial_balance(GetTrialBalanceRequest) -> GetTrialBalanceResponse;
    get_head(GetHeadRequest) -> GetHeadResponse;
    verify_chain(VerifyChainRequest) -> VerifyChainResponse;
    get_proof(GetProofRequest) -> GetProofResponse;
    get_checkpoint(GetCheckpointRequest) -> GetCheckpointResponse;
    get_inclusion_proof(GetInclusionProofRequest) -> GetInclusionProofResponse;
    get_consistency_proof(GetConsistencyProofRequest) -> GetConsistencyProofResponse;
    compact_index(CompactIndexRequest) -> CompactIndexResponse;
}
