use std::sync::Arc;

use chit_proto::checkout::v1::{CloseExceptionRequest, CloseExceptionResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown_bank};
use crate::collection::exceptions;
use crate::context::Shop;
use crate::values::ids::ExceptionId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<CloseExceptionRequest>,
) -> Result<CloseExceptionResponse, Status> {
    let (id, actor): (ExceptionId, _) = (call.body.exception_id.parse()?, call.actor());
    let (note, currency) = (call.body.note.clone(), shop.currency);
    mutation::once(shop, &call, move |tx| {
        let closed = exceptions::close(tx, id, &actor, &note)?;
        Ok(CloseExceptionResponse { exception: Some(shown_bank::exception(&closed, currency, tx.now)) })
    })
    .await
}
