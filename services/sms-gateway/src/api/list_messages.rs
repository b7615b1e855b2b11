use super::page::Page;
use super::{Api, message, pb};
use tonic::Status;

impl Api {
    pub(super) async fn list(
        &self,
        request: pb::ListMessagesRequest,
    ) -> Result<pb::ListMessagesResponse, Status> {
        let page = Page::decode(request.page_size, &request.page_token)?;
        let (before, limit) = (page.before, page.size + 1);
        let mut rows = self.store.run(move |store| store.list(&request.subject_id, before, limit)).await?;
        let next_page_token = page.cut(&mut rows, |row| row.number);
        Ok(pb::ListMessagesResponse { messages: rows.iter().map(message::encode).collect(), next_page_token })
    }
}
