//! One file for each call: decode, check who asks, one call of the domain in a transaction, encode.

mod assign_rows;
mod calls;
mod errors;
mod get_keys;
mod judge_reply;
mod make_cards;
mod report_lost;

pub use calls::CALLS;

use std::sync::Arc;

use chit_proto::issuer::v1 as proto;
use chit_runtime::Clock;
use chit_verdict::verify_request;
use proto::issuer_service_server::IssuerService;
use tonic::{Request, Response, Status};

use crate::config::Shops;
use crate::keys::Keys;
use crate::store::{self, Draft, Store, StoreError};

#[derive(Clone)]
pub struct Api {
    store: Arc<Store>,
    keys: Arc<Keys>,
    shops: Arc<Shops>,
    rows_a_time: u8,
    clock: Clock,
}

impl Api {
    pub fn new(store: Arc<Store>, keys: Arc<Keys>, shops: Shops, rows_a_time: u8, clock: Clock) -> Self {
        Self { store, keys, shops: Arc::new(shops), rows_a_time, clock }
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// The shop asks, nobody in its name.
    fn must_be_of(&self, shop: &str, asked: &[u8], signature: &[u8]) -> Result<(), Status> {
        let key = self.shops.get(shop).ok_or_else(errors::shop_unknown)?;
        if verify_request(asked, signature, key) { Ok(()) } else { Err(errors::signature_invalid()) }
    }

    /// A repeated request gets the first answer, byte for byte.
    async fn once(
        &self,
        request: store::Request,
        work: impl FnOnce(&Draft<'_>) -> store::Result<Vec<u8>> + Send + 'static,
    ) -> Result<Vec<u8>, Status> {
        let store = Arc::clone(&self.store);
        let done = tokio::task::spawn_blocking(move || store.once(&request, work)).await;
        done.unwrap_or(Err(StoreError::Stopping)).map_err(errors::from_store)
    }
}

macro_rules! calls {
    ($($name:ident($request:ident) -> $response:ident;)+) => {
        #[tonic::async_trait]
        impl IssuerService for Api {
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
    make_cards(MakeCardsRequest) -> MakeCardsResponse;
    assign_rows(AssignRowsRequest) -> AssignRowsResponse;
    judge_reply(JudgeReplyRequest) -> JudgeReplyResponse;
    report_lost(ReportLostRequest) -> ReportLostResponse;
    get_keys(GetKeysRequest) -> GetKeysResponse;
}
