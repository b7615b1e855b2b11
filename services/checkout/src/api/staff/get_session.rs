use std::sync::Arc;

use chit_proto::checkout::v1::{GetSessionRequest, GetSessionResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::caller::Who;
use crate::api::convert;
use crate::context::Shop;

pub async fn handle(_shop: &Arc<Shop>, call: Call<GetSessionRequest>) -> Result<GetSessionResponse, Status> {
    let Who::Person { person, session, .. } = call.by.who else {
        return Ok(GetSessionResponse::default());
    };
    Ok(GetSessionResponse {
        member: Some(super::member(&person)),
        expire_time: convert::time(session.expires_at()),
    })
}
