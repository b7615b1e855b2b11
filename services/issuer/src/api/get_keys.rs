use chit_proto::issuer::v1::{GetKeysRequest, GetKeysResponse};
use tonic::Status;

use super::Api;

pub async fn call(api: &Api, _request: GetKeysRequest) -> Result<GetKeysResponse, Status> {
    let verdict_key = hex::encode(api.keys.verdict.verifying_key().as_bytes());
    let witness_key = api.keys.witness.verifier_key();
    Ok(GetKeysResponse { verdict_key, recipient: api.keys.recipient(), witness_key })
}
