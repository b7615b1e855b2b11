use chit_proto::printer::v1::{ReprintJobRequest, ReprintJobResponse};
use chit_runtime::error::bad_field;
use tonic::Status;

use super::{Api, errors};
use crate::wire;

const REASON_LEN_MAX: usize = 120;

pub async fn call(api: &Api, request: ReprintJobRequest) -> Result<ReprintJobResponse, Status> {
    errors::check_job_id("job_id", &request.job_id)?;
    errors::check_actor(&request.actor)?;
    if !(1..=REASON_LEN_MAX).contains(&request.reason.chars().count()) {
        let remedy = format!("say why, in 1 to {REASON_LEN_MAX} characters");
        return Err(bad_field("reason", "REASON_INVALID", remedy));
    }
    let (moment, copies_max) = (api.journal.moment(), api.copies_max);
    let (id, original) = (request.job_id, request.original_job_id);
    let job =
        api.journal.write("reprint", move |store| store.reprint(&id, &original, copies_max, moment)).await;
    let job = job.map_err(|error| errors::from_store(error, "JOB_NOT_PRINTED"))?;
    tracing::info!(job_id = %job.id, original = %job.original_job_id, actor = %request.actor, "a copy was asked for");
    Ok(ReprintJobResponse { job: Some(wire::job(&job)) })
}
