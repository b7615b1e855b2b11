//! The issuer's own SMS gateway (chit.sms.v1). Messages have the id of their ask, so handing one over again sends nothing twice.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use chit_proto::sms_gateway::v1::sms_gateway_service_client::SmsGatewayServiceClient;
use chit_proto::sms_gateway::v1::{
    AckInboundRequest, GetMessageRequest, MessageClass, SendMessageRequest, WatchInboundRequest,
    WatchInboundResponse,
};
use chit_runtime::{Channel, clock};
use jiff::Timestamp;
use tonic::{Code, Status, Streaming};

use crate::domain::AskText;

/// A restart of the gateway fits in, and the shop that waits for this answer waits no longer.
const CALL_MAX: Duration = Duration::from_secs(1);
const CONSUMER: &str = "issuer";

pub struct Route(SmsGatewayServiceClient<Channel>);

pub enum Sent {
    Taken,
    /// It will be handed over again.
    Away,
    Refused,
}

/// Whether a text left.
pub enum Left {
    /// Unix milliseconds.
    At(i64),
    Never,
    /// The gateway does not say.
    Away,
}

impl Route {
    pub fn to(socket: &Path) -> anyhow::Result<Self> {
        let channel = chit_runtime::channel_to(&format!("unix:{}", socket.display()));
        Ok(Self(SmsGatewayServiceClient::new(channel.context("[issuer] sms_socket")?)))
    }

    pub async fn send(&self, id: &[u8; 16], to: &str, text: &AskText, not_after_ms: i64) -> Sent {
        let not_after = Timestamp::from_millisecond(not_after_ms).ok().map(clock::to_proto);
        let message_id = ulid_of(id);
        let request = SendMessageRequest {
            message_id: message_id.clone(),
            to: to.to_owned(),
            text: text.as_str().to_owned(),
            // The same text once more asks for nothing twice.
            class: MessageClass::Challenge.into(),
            not_after,
            subject_id: message_id,
            ..SendMessageRequest::default()
        };
        let sent = chit_runtime::call(CALL_MAX, request, |request| {
            let mut gateway = self.0.clone();
            async move { gateway.send_message(request).await }
        });
        match sent.await {
            Ok(_) => Sent::Taken,
            Err(status) if is_away(&status) => Sent::Away,
            Err(status) => {
                let reason = chit_runtime::error::reason_of(&status).unwrap_or_default();
                tracing::error!(reason, "the issuer's SMS gateway takes no text to a payer");
                Sent::Refused
            }
        }
    }

    pub async fn look_up(&self, id: &[u8; 16]) -> Left {
        let looked = chit_runtime::call(CALL_MAX, GetMessageRequest { message_id: ulid_of(id) }, |request| {
            let mut gateway = self.0.clone();
            async move { gateway.get_message(request).await }
        });
        match looked.await {
            Ok(found) => {
                let left = found.message.and_then(|message| message.submit_time);
                let left = left.as_ref().and_then(clock::from_proto);
                left.map_or(Left::Never, |left| Left::At(left.as_millisecond()))
            }
            Err(status) if is_away(&status) => Left::Away,
            Err(_unknown) => Left::Never,
        }
    }

    pub async fn watch(&self, after_seq: u64) -> Result<Streaming<WatchInboundResponse>, Status> {
        Ok(self.0.clone().watch_inbound(WatchInboundRequest { after_seq }).await?.into_inner())
    }

    pub async fn acknowledge(&self, up_to_seq: u64) -> Result<(), Status> {
        let request = AckInboundRequest { consumer: CONSUMER.into(), up_to_seq };
        let acknowledged = chit_runtime::call(CALL_MAX, request, |request| {
            let mut gateway = self.0.clone();
            async move { gateway.ack_inbound(request).await }
        });
        acknowledged.await.map(|_| ())
    }
}

/// A refusal that only waits: an hour's places are taken, a stop, a lost connection.
fn is_away(status: &Status) -> bool {
    !matches!(
        status.code(),
        Code::InvalidArgument
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::AlreadyExists
            | Code::NotFound
    )
}

fn ulid_of(id: &[u8; 16]) -> String {
    ulid::Ulid::from_bytes(*id).to_string()
}
