use std::sync::Arc;

use chit_proto::checkout::v1::{ListPayersRequest, ListPayersResponse};
use tonic::Status;

use crate::api::{convert, page};
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, request: ListPayersRequest) -> Result<ListPayersResponse, Status> {
    let size = page::size(request.page_size)?;
    let mut payers = shop.store.read(|rows| rows.payers()).await?;
    payers.retain(|payer| request.page_token.is_empty() || payer.account_id > request.page_token);
    // Account ids are made in the order of enrolment.
    payers.sort_by(|left, right| left.account_id.cmp(&right.account_id));
    let next_page_token = page::cut(&mut payers, size, |payer| payer.account_id.clone());
    Ok(ListPayersResponse { payers: payers.iter().map(convert::payer).collect(), next_page_token })
}
