use chit_proto::printer::v1::{CancelJobRequest, CancelJobResponse};
use chit_runtime::request_id;
use tonic::Status;

use super::{Api, errors};
use crate::domain::job::Change;
use crate::store::Request;
use crate::wire;

pub async fn call(api: &Api, request: CancelJobRequest) -> Result<CancelJobResponse, Status> {
    request_id::check(&request.request_id)?;
    let by = Request { id: request.request_id.clone(), fingerprint: request_id::fingerprint(&request) };
    let moment = api.journal.moment();
    let id = request.job_id.clone();
    let job =
        api.journal.write("cancel", move |store| store.change_by(&by, &id, &Change::Cancel, moment)).await;
    let job = job.map_err(|error| errors::from_store(error, "JOB_NOT_CANCELLABLE"))?;
    api.journal.take_secret(&request.job_id);
    Ok(CancelJobResponse { job: Some(wire::job(&job)) })
}
