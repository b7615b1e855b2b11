use super::{Api, message, pb};
use chit_runtime::request_id;
use tonic::Status;

impl Api {
    pub(super) async fn confirm(
        &self,
        request: pb::ConfirmDeliveredRequest,
    ) -> Result<pb::ConfirmDeliveredResponse, Status> {
        request_id::check(&request.request_id)?;
        message::check_id(&request.message_id)?;
        let fingerprint = request_id::fingerprint(&request);
        let now = self.clock.now();
        let row = self
            .store
            .run(move |store| {
                store.change_once(&request.request_id, &fingerprint, &request.message_id, now, |message| {
                    Ok(message.confirm(now)?)
                })
            })
            .await?;
        Ok(pb::ConfirmDeliveredResponse { message: Some(message::encode(&row)) })
    }
}
