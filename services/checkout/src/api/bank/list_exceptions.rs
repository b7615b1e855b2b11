use std::sync::Arc;

use chit_proto::checkout::v1::{ListExceptionsRequest, ListExceptionsResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{page, shown_bank};
use crate::context::Shop;
use crate::values::ids::ExceptionId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<ListExceptionsRequest>,
) -> Result<ListExceptionsResponse, Status> {
    let (size, open_only) = (page::size(call.body.page_size)?, !call.body.with_closed);
    let before: Option<ExceptionId> = page::token(&call.body.page_token)?;
    let mut found = shop.store.read(move |view| view.exceptions(open_only, before, size + 1)).await?;
    let next_page_token = page::cut(&mut found, size, |exception| exception.id.to_string());
    let (currency, now) = (shop.currency, shop.clock.now());
    let exceptions = found.iter().map(|one| shown_bank::exception(one, currency, now)).collect();
    Ok(ListExceptionsResponse { exceptions, next_page_token })
}
