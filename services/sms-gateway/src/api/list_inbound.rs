use super::page::Page;
use super::{Api, inbound, pb};
use tonic::Status;

impl Api {
    pub(super) async fn list_received(
        &self,
        request: pb::ListInboundRequest,
    ) -> Result<pb::ListInboundResponse, Status> {
        let page = Page::decode(request.page_size, &request.page_token)?;
        let (before, limit) = (page.before, page.size + 1);
        let mut rows = self.store.run(move |store| store.list_inbound(before, limit)).await?;
        let next_page_token = page.cut(&mut rows, |row| row.seq);
        Ok(pb::ListInboundResponse {
            inbound: rows.into_iter().map(inbound::encode).collect(),
            next_page_token,
        })
    }
}
