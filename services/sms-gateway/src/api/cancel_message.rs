use super::{Api, message, pb};
use chit_runtime::request_id;
use tonic::Status;

impl Api {
    pub(super) async fn cancel(
        &self,
        request: pb::CancelMessageRequest,
    ) -> Result<pb::CancelMessageResponse, Status> {
        request_id::check(&request.request_id)?;
        message::check_id(&request.message_id)?;
        let fingerprint = request_id::fingerprint(&request);
        let now = self.clock.now();
        let row = self
            .store
            .run(move |store| {
                store.change_once(&request.request_id, &fingerprint, &request.message_id, now, |message| {
                    Ok(message.cancel()?)
                })
            })
            .await?;
        Ok(pb::CancelMessageResponse { message: Some(message::encode(&row)) })
    }
}
