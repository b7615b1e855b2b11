//! What callers and people do to one message: one rule of the domain each.

use super::{Api, message, pb};
use crate::domain::outbox::{Outgoing, Refused, State};
use chit_runtime::error::bad_field;
use chit_runtime::request_id;
use prost::Message;
use tonic::Status;

impl Api {
    pub(super) async fn cancel(
        &self,
        request: pb::CancelMessageRequest,
    ) -> Result<pb::CancelMessageResponse, Status> {
        let now = self.clock.now();
        let rule = move |message: &mut Outgoing| message.cancel(now);
        let message = self.change(&request, &request.request_id, &request.message_id, rule).await?;
        Ok(pb::CancelMessageResponse { message: Some(message) })
    }

    pub(super) async fn confirm(
        &self,
        request: pb::ConfirmDeliveredRequest,
    ) -> Result<pb::ConfirmDeliveredResponse, Status> {
        let now = self.clock.now();
        let rule = move |message: &mut Outgoing| message.confirm(now);
        let message = self.change(&request, &request.request_id, &request.message_id, rule).await?;
        Ok(pb::ConfirmDeliveredResponse { message: Some(message) })
    }

    pub(super) async fn hold(
        &self,
        request: pb::HoldMessageRequest,
    ) -> Result<pb::HoldMessageResponse, Status> {
        let message = self.change(&request, &request.request_id, &request.message_id, Outgoing::hold).await?;
        Ok(pb::HoldMessageResponse { message: Some(message) })
    }

    pub(super) async fn release(
        &self,
        request: pb::ReleaseMessageRequest,
    ) -> Result<pb::ReleaseMessageResponse, Status> {
        let message =
            self.change(&request, &request.request_id, &request.message_id, Outgoing::release).await?;
        Ok(pb::ReleaseMessageResponse { message: Some(message) })
    }

    /// A second copy is a person's decision: they say that they know it.
    pub(super) async fn resend(
        &self,
        request: pb::ResendMessageRequest,
    ) -> Result<pb::ResendMessageResponse, Status> {
        let accepted = request.accept_duplicate;
        let id = request.message_id.clone();
        message::check_id(&id)?;
        let before = self.store.run(move |store| store.get(&id)).await?;
        if !accepted && before.message.state != State::Failed {
            let remedy = "must be true: the recipient may get the same text twice";
            return Err(bad_field("accept_duplicate", "DUPLICATE_NOT_ACCEPTED", remedy));
        }
        let rule = move |message: &mut Outgoing| match message.state {
            // Decided again inside the change: it may have become another state since.
            state if !accepted && state != State::Failed => Err(Refused::NotResendable),
            _ => message.resend(),
        };
        let message = self.change(&request, &request.request_id, &request.message_id, rule).await?;
        Ok(pb::ResendMessageResponse { message: Some(message) })
    }

    async fn change(
        &self,
        request: &impl Message,
        request_id: &str,
        message_id: &str,
        mut rule: impl FnMut(&mut Outgoing) -> Result<(), Refused> + Send + 'static,
    ) -> Result<pb::Message, Status> {
        request_id::check(request_id)?;
        message::check_id(message_id)?;
        let fingerprint = request_id::fingerprint(request);
        let (request_id, message_id) = (request_id.to_owned(), message_id.to_owned());
        let now = self.clock.now();
        let row = self
            .store
            .run(move |store| {
                let rule = move |message: &mut Outgoing| Ok(rule(message)?);
                store.change_once(&request_id, &fingerprint, &message_id, now, rule)
            })
            .await?;
        Ok(message::encode(&row))
    }
}
