//! `GetHead`.

use chit_proto::ledger::v1::{GetHeadRequest, GetHeadResponse};
use tonic::Status;

use super::{Api, head};

pub async fn handle(api: &Api, _request: GetHeadRequest) -> Result<GetHeadResponse, Status> {
    let newest = api.read(|view| view.head()).await?;
    Ok(GetHeadResponse { head: Some(head(newest)) })
}
