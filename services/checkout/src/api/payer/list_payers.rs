use std::sync::Arc;

use chit_proto::checkout::v1::{ListPayersRequest, ListPayersResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, page};
use crate::context::Shop;
use crate::values::ids::AccountId;

pub async fn handle(shop: &Arc<Shop>, call: Call<ListPayersRequest>) -> Result<ListPayersResponse, Status> {
    let serials = call.by.sees_serials();
    let size = page::size(call.body.page_size)?;
    // Account ids are made in the order of enrolment.
    let after: Option<AccountId> = page::token(&call.body.page_token)?;
    let mut payers = shop.store.read(move |view| view.payers_after(after, size + 1)).await?;
    let next_page_token = page::cut(&mut payers, size, |payer| payer.account.to_string());
    Ok(ListPayersResponse {
        payers: payers.iter().map(|payer| convert::payer(payer, serials)).collect(),
        next_page_token,
    })
}
