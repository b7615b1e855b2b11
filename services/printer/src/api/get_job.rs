use chit_proto::printer::v1::{GetJobRequest, GetJobResponse};
use tonic::Status;

use super::{Api, errors};
use crate::wire;

pub async fn call(api: &Api, request: GetJobRequest) -> Result<GetJobResponse, Status> {
    let job = api.journal.read(move |store| store.job(&request.job_id)).await;
    let job = job.map_err(|error| errors::from_store(error, "JOB_NOT_FOUND"))?;
    Ok(GetJobResponse { job: Some(wire::job(&job)) })
}
