use super::page::Page;
use super::{Api, pb};
use chit_runtime::clock::to_proto;
use tonic::Status;

impl Api {
    pub(super) async fn list_raw(
        &self,
        request: pb::ListUndecodedRequest,
    ) -> Result<pb::ListUndecodedResponse, Status> {
        let page = Page::decode(request.page_size, &request.page_token)?;
        let (before, limit) = (page.before, page.size + 1);
        let mut rows = self.store.run(move |store| store.list_undecoded(before, limit)).await?;
        let next_page_token = page.cut(&mut rows, |row| row.number);
        let undecoded = rows
            .into_iter()
            .map(|row| pb::Undecoded {
                number: row.number,
                pdu: hex::encode_upper(row.pdu),
                modem: row.modem,
                receive_time: Some(to_proto(row.received_at)),
            })
            .collect();
        Ok(pb::ListUndecodedResponse { undecoded, next_page_token })
    }
}
