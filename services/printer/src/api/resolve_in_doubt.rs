use chit_proto::printer::v1::{InDoubtOutcome, ResolveInDoubtRequest, ResolveInDoubtResponse};
use chit_runtime::error::bad_field;
use chit_runtime::request_id;
use tonic::Status;

use super::{Api, errors};
use crate::domain::job::Change;
use crate::store::Request;
use crate::wire;

pub async fn call(api: &Api, request: ResolveInDoubtRequest) -> Result<ResolveInDoubtResponse, Status> {
    request_id::check(&request.request_id)?;
    errors::check_actor(&request.actor)?;
    let change = match request.outcome() {
        InDoubtOutcome::PrintedWhole => Change::SeenWhole,
        InDoubtOutcome::NotPrinted => Change::SeenMissing,
        InDoubtOutcome::Unspecified => {
            return Err(bad_field("outcome", "OUTCOME_INVALID", "say whether the paper came out whole"));
        }
    };
    let by = Request { id: request.request_id.clone(), fingerprint: request_id::fingerprint(&request) };
    let moment = api.journal.moment();
    let id = request.job_id.clone();
    let job = api.journal.write("resolve", move |store| store.change_by(&by, &id, &change, moment)).await;
    let job = job.map_err(|error| errors::from_store(error, "JOB_NOT_IN_DOUBT"))?;
    tracing::info!(job_id = %job.id, actor = %request.actor, state = ?job.state, "a person answered for a job in doubt");
    Ok(ResolveInDoubtResponse { job: Some(wire::job(&job)) })
}
