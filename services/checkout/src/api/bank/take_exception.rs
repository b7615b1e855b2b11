use std::sync::Arc;

use chit_proto::checkout::v1::{TakeExceptionRequest, TakeExceptionResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown_bank};
use crate::collection::exceptions;
use crate::context::Shop;
use crate::values::ids::ExceptionId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<TakeExceptionRequest>,
) -> Result<TakeExceptionResponse, Status> {
    let (id, actor): (ExceptionId, _) = (call.body.exception_id.parse()?, call.actor());
    let currency = shop.currency;
    mutation::once(shop, &call, move |tx| {
        let taken = exceptions::take(tx, id, &actor)?;
        Ok(TakeExceptionResponse { exception: Some(shown_bank::exception(&taken, currency, tx.now)) })
    })
    .await
}
