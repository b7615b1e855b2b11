use std::sync::Arc;

use chit_proto::checkout::v1::{ListDisputesRequest, ListDisputesResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, page};
use crate::context::Shop;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<ListDisputesRequest>,
) -> Result<ListDisputesResponse, Status> {
    let (size, open_only) = (page::size(call.body.page_size)?, call.body.open_only);
    let disputes = shop.store.read(move |view| view.newest_disputes(open_only, size)).await?;
    Ok(ListDisputesResponse { disputes: disputes.iter().map(convert::dispute).collect() })
}
