//! `chit.sms_gateway.v1.SmsGatewayService`: one file per RPC.

mod ack_inbound;
mod cancel_message;
mod confirm_delivered;
mod errors;
mod follow;
mod get_message;
mod inbound;
mod list_inbound;
mod list_messages;
mod message;
mod modem;
mod page;
mod send_message;
mod watch_inbound;
mod watch_messages;

use crate::device::ModemStatus;
use crate::store::Store;
use chit_proto::sms_gateway::v1 as pb;
use chit_runtime::Clock;
use pb::sms_gateway_service_server::SmsGatewayService;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;
type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[derive(Clone)]
pub struct Api {
    pub store: Arc<Store>,
    pub clock: Clock,
    pub modem: watch::Receiver<ModemStatus>,
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
        self.send(request.into_inner()).await.map(Response::new)
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
        self.cancel(request.into_inner()).await.map(Response::new)
    }

    async fn confirm_delivered(
        &self,
        request: Request<pb::ConfirmDeliveredRequest>,
    ) -> Answer<pb::ConfirmDeliveredResponse> {
        self.confirm(request.into_inner()).await.map(Response::new)
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

    async fn get_modem(&self, _: Request<pb::GetModemRequest>) -> Answer<pb::GetModemResponse> {
        let modem = modem::read(&self.store, &self.modem).await?;
        Ok(Response::new(pb::GetModemResponse { modem: Some(modem) }))
    }

    async fn watch_modem(&self, _: Request<pb::WatchModemRequest>) -> Answer<Self::WatchModemStream> {
        Ok(Response::new(modem::follow(Arc::clone(&self.store), self.modem.clone())))
    }
}
