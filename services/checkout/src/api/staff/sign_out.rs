use std::sync::Arc;

use chit_proto::checkout::v1::{SignOutRequest, SignOutResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::caller::Who;
use crate::context::Shop;

pub async fn handle(shop: &Arc<Shop>, call: Call<SignOutRequest>) -> Result<SignOutResponse, Status> {
    if let Who::Person { token, .. } = call.by.who {
        shop.store
            .write(move |tx| {
                tx.remove_session(token);
                Ok(())
            })
            .await?;
    }
    Ok(SignOutResponse {})
}
