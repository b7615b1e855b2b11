use super::{Api, message, pb};
use tonic::Status;

impl Api {
    pub(super) async fn get(&self, request: pb::GetMessageRequest) -> Result<pb::GetMessageResponse, Status> {
        message::check_id(&request.message_id)?;
        let row = self.store.run(move |store| store.get(&request.message_id)).await?;
        Ok(pb::GetMessageResponse { message: Some(message::encode(&row)) })
    }
}
