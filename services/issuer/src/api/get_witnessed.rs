use chit_proto::issuer::v1::{GetWitnessedRequest, GetWitnessedResponse};
use tonic::Status;

use super::Api;

pub async fn call(api: &Api, request: GetWitnessedRequest) -> Result<GetWitnessedResponse, Status> {
    let read = move |store: &crate::store::Store| store.write(|draft| draft.witnessed(&request.origin));
    let seen = api.on_disk(read).await?;
    let (size, root) = seen.map_or((0, Vec::new()), |seen| (seen.size, seen.root.to_vec()));
    Ok(GetWitnessedResponse { size, root })
}
