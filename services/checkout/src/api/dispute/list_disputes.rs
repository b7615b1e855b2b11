use std::sync::Arc;

use chit_proto::checkout::v1::{ListDisputesRequest, ListDisputesResponse};
use tonic::Status;

use crate::api::{convert, page};
use crate::domain::refusal::Result as Found;
use crate::domain::settlement::{Dispute, DisputeState};
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, request: ListDisputesRequest) -> Result<ListDisputesResponse, Status> {
    let size = page::size(request.page_size)?;
    let mut disputes = shop
        .store
        .read(|rows| {
            let sales = rows.all_sales()?;
            let ids = sales.iter().flat_map(|sale| &sale.dispute_ids);
            ids.map(|id| rows.dispute(id)).collect::<Found<Vec<Dispute>>>()
        })
        .await?;
    disputes.retain(|dispute| !request.open_only || dispute.state() == DisputeState::Open);
    disputes.sort_by(|left, right| right.dispute_id.cmp(&left.dispute_id));
    disputes.truncate(size);
    Ok(ListDisputesResponse { disputes: disputes.iter().map(convert::dispute).collect() })
}
