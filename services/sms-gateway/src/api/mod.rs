//! `chit.sms_gateway.v1.SmsGatewayService`: one file per RPC.

mod ack_inbound;
mod calls;
mod change_message;
mod errors;
mod follow;
mod get_message;
mod inbound;
mod list_inbound;
mod list_messages;
mod list_undecoded;
mod message;
mod modem;
mod order_modem;
mod page;
mod send_message;
mod senders;
mod watch_inbound;
mod watch_messages;

pub use calls::CALLS;

use crate::config::Config;
use crate::device::fleet::{Fleet, Order};
use crate::store::Store;
use chit_proto::sms_gateway::v1 as pb;
use chit_runtime::Clock;
use chit_runtime::peer::uid_of;
use pb::sms_gateway_service_server::SmsGatewayService;
use senders::Senders;
use std::pin::Pin;
use std::sync::Arc;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;
type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[derive(Clone)]
pub struct Api {
    store: Arc<Store>,
    clock: Clock,
    fleet: Arc<Fleet>,
    senders: Arc<Senders>,
}

impl Api {
    pub async fn new(
        store: Arc<Store>,
        clock: Clock,
        fleet: Arc<Fleet>,
        config: &Config,
    ) -> anyhow::Result<Self> {
        let now = clock.now();
        let recent = store.run(move |store| store.clients_since(now - senders::WINDOW)).await?;
        let senders = Arc::new(Senders::new(config, recent));
        Ok(Self { store, clock, fleet, senders })
    }
}

#[tonic::async_trait]
impl SmsGatewayService for Api {
    type WatchMessagesStream = Streamed<pb::WatchMessagesResponse>;
    type WatchInboundStream = Streamed<pb::WatchInboundResponse>;
    type WatchModemStream = Streamed<pb::WatchModemResponse>;

    async fn send_message(
        &self,
        request: Request<pb::SendMessageRequest>,
    ) -> Answer<pb::SendMessageResponse> {
        let client = self.senders.check(uid_of(&request))?;
        self.send(request.into_inner(), client).await.map(Response::new)
    }

    async fn get_message(&self, request: Request<pb::GetMessageRequest>) -> Answer<pb::GetMessageResponse> {
        self.get(request.into_inner()).await.map(Response::new)
    }

    async fn list_messages(
        &self,
        request: Request<pb::ListMessagesRequest>,
    ) -> Answer<pb::ListMessagesResponse> {
        self.list(request.into_inner()).await.map(Response::new)
    }

    async fn cancel_message(
        &self,
        request: Request<pb::CancelMessageRequest>,
    ) -> Answer<pb::CancelMessageResponse> {
        self.senders.check(uid_of(&request))?;
        self.cancel(request.into_inner()).await.map(Response::new)
    }

    async fn confirm_delivered(
        &self,
        request: Request<pb::ConfirmDeliveredRequest>,
    ) -> Answer<pb::ConfirmDeliveredResponse> {
        self.senders.check(uid_of(&request))?;
        self.confirm(request.into_inner()).await.map(Response::new)
    }

    async fn hold_message(
        &self,
        request: Request<pb::HoldMessageRequest>,
    ) -> Answer<pb::HoldMessageResponse> {
        self.senders.check(uid_of(&request))?;
        self.hold(request.into_inner()).await.map(Response::new)
    }

    async fn release_message(
        &self,
        request: Request<pb::ReleaseMessageRequest>,
    ) -> Answer<pb::ReleaseMessageResponse> {
        self.senders.check(uid_of(&request))?;
        self.release(request.into_inner()).await.map(Response::new)
    }

    async fn resend_message(
        &self,
        request: Request<pb::ResendMessageRequest>,
    ) -> Answer<pb::ResendMessageResponse> {
        self.senders.check(uid_of(&request))?;
        self.resend(request.into_inner()).await.map(Response::new)
    }

    async fn watch_messages(
        &self,
        request: Request<pb::WatchMessagesRequest>,
    ) -> Answer<Self::WatchMessagesStream> {
        Ok(Response::new(self.follow_messages(request.into_inner())))
    }

    async fn watch_inbound(
        &self,
        request: Request<pb::WatchInboundRequest>,
    ) -> Answer<Self::WatchInboundStream> {
        Ok(Response::new(self.follow_inbound(request.into_inner())))
    }

    async fn ack_inbound(&self, request: Request<pb::AckInboundRequest>) -> Answer<pb::AckInboundResponse> {
        self.ack(request.into_inner()).await.map(Response::new)
    }

    async fn list_inbound(
        &self,
        request: Request<pb::ListInboundRequest>,
    ) -> Answer<pb::ListInboundResponse> {
        self.list_received(request.into_inner()).await.map(Response::new)
    }

    async fn list_undecoded(
        &self,
        request: Request<pb::ListUndecodedRequest>,
    ) -> Answer<pb::ListUndecodedResponse> {
        self.list_raw(request.into_inner()).await.map(Response::new)
    }

    async fn get_modem(&self, _: Request<pb::GetModemRequest>) -> Answer<pb::GetModemResponse> {
        let modem = modem::read(&self.store, &self.fleet).await?;
        Ok(Response::new(pb::GetModemResponse { modem: Some(modem) }))
    }

    async fn list_modems(&self, _: Request<pb::ListModemsRequest>) -> Answer<pb::ListModemsResponse> {
        let modems = modem::read_all(&self.store, &self.fleet).await?;
        Ok(Response::new(pb::ListModemsResponse { modems }))
    }

    async fn watch_modem(&self, _: Request<pb::WatchModemRequest>) -> Answer<Self::WatchModemStream> {
        Ok(Response::new(modem::follow(Arc::clone(&self.store), Arc::clone(&self.fleet))))
    }

    async fn reset_modem(&self, request: Request<pb::ResetModemRequest>) -> Answer<pb::ResetModemResponse> {
        self.senders.check(uid_of(&request))?;
        let request = request.into_inner();
        self.order(&request.request_id, &request.name, Order::Reset)?;
        Ok(Response::new(pb::ResetModemResponse {}))
    }

    async fn accept_sim(&self, request: Request<pb::AcceptSimRequest>) -> Answer<pb::AcceptSimResponse> {
        self.senders.check(uid_of(&request))?;
        let request = request.into_inner();
        self.order(&request.request_id, &request.name, Order::AcceptSim)?;
        Ok(Response::new(pb::AcceptSimResponse {}))
    }
}
