//! `GetCheckpoint`.

use chit_proto::ledger::v1::{GetCheckpointRequest, GetCheckpointResponse};
use tonic::Status;

use super::{Api, tree};

pub async fn handle(api: &Api, _request: GetCheckpointRequest) -> Result<GetCheckpointResponse, Status> {
    let newest = api.read(|view| view.head()).await?;
    Ok(GetCheckpointResponse {
        checkpoint: Some(tree::checkpoint(api, &newest)?),
        verifier_key: api.notary.verifier_key().to_owned(),
    })
}
