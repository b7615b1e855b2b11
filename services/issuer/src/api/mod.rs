//! One file for each call: decode, check who asks, one call of the domain in a transaction, encode.

mod add_checkpoint;
mod assign_rows;
mod calls;
mod errors;
mod get_keys;
mod get_witnessed;
mod judge_reply;
mod list_custody;
mod make_cards;
mod proof;
mod register_holder;
mod report_lost;
mod reset_payer;

pub use calls::CALLS;

use std::sync::Arc;

use chit_proto::issuer::v1 as proto;
use chit_runtime::Clock;
use chit_verdict::verify_request;
use proto::issuer_service_server::IssuerService;
use proto::witness_service_server::WitnessService;
use tonic::{Request, Response, Status};

use crate::asking::Asking;
use crate::config::{Config, Logs, Shops};
use crate::keys::Keys;
use crate::people::People;
use crate::store::{self, Draft, Store, StoreError};

#[derive(Clone)]
pub struct Api {
    store: Arc<Store>,
    keys: Arc<Keys>,
    people: Arc<People>,
    shops: Arc<Shops>,
    logs: Arc<Logs>,
    rows_a_time: u8,
    clock: Clock,
    /// Where payers are asked before anything is collected.
    asking: Option<Arc<Asking>>,
}

impl Api {
    pub fn new(
        config: &Config,
        store: Arc<Store>,
        keys: Arc<Keys>,
        people: Arc<People>,
        clock: Clock,
        asking: Option<Arc<Asking>>,
    ) -> anyhow::Result<Self> {
        let (shops, logs) = (Arc::new(config.shops()?), Arc::new(config.logs()?));
        Ok(Self { store, keys, people, shops, logs, rows_a_time: config.rows_a_time, clock, asking })
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// The shop asks, nobody in its name.
    fn must_be_of(&self, shop: &str, asked: &[u8], signature: &[u8]) -> Result<(), Status> {
        let known = self.shops.get(shop).ok_or_else(errors::shop_unknown)?;
        if verify_request(asked, signature, &known.key) { Ok(()) } else { Err(errors::signature_invalid()) }
    }

    /// A repeated request gets the first answer, byte for byte.
    async fn once(
        &self,
        request: store::Request,
        work: impl FnOnce(&Draft<'_>) -> store::Result<Vec<u8>> + Send + 'static,
    ) -> Result<Vec<u8>, Status> {
        self.on_disk(move |store| store.once(&request, work)).await
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> store::Result<T> + Send + 'static,
    ) -> Result<T, Status> {
        let store = Arc::clone(&self.store);
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        done.unwrap_or(Err(StoreError::Stopping)).map_err(errors::from_store)
    }
}

macro_rules! calls {
    ($service:ident: $($name:ident($request:ident) -> $response:ident;)+) => {
        #[tonic::async_trait]
        impl $service for Api {
            $(async fn $name(
                &self,
                request: Request<proto::$request>,
            ) -> Result<Response<proto::$response>, Status> {
                $name::call(self, request.into_inner()).await.map(Response::new)
            })+
        }
    };
}

calls! {
    IssuerService:
    make_cards(MakeCardsRequest) -> MakeCardsResponse;
    register_holder(RegisterHolderRequest) -> RegisterHolderResponse;
    assign_rows(AssignRowsRequest) -> AssignRowsResponse;
    judge_reply(JudgeReplyRequest) -> JudgeReplyResponse;
    report_lost(ReportLostRequest) -> ReportLostResponse;
    reset_payer(ResetPayerRequest) -> ResetPayerResponse;
    list_custody(ListCustodyRequest) -> ListCustodyResponse;
    get_keys(GetKeysRequest) -> GetKeysResponse;
}

calls! {
    WitnessService:
    get_witnessed(GetWitnessedRequest) -> GetWitnessedResponse;
    add_checkpoint(AddCheckpointRequest) -> AddCheckpointResponse;
}
