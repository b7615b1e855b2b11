use chit_proto::printer::v1::{ListJobsRequest, ListJobsResponse};
use chit_runtime::error::bad_field;
use tonic::Status;

use super::{Api, errors};
use crate::wire;

const PAGE_DEFAULT: u32 = 100;
const PAGE_MAX: u32 = 1000;

/// The token is the sequence of the last job shown.
pub async fn call(api: &Api, request: ListJobsRequest) -> Result<ListJobsResponse, Status> {
    let before = match request.page_token.as_str() {
        "" => u64::MAX,
        token => token.parse().map_err(|_| {
            bad_field("page_token", "PAGE_TOKEN_INVALID", "send next_page_token of the previous answer")
        })?,
    };
    let limit = match request.page_size {
        0 => PAGE_DEFAULT,
        size if size <= PAGE_MAX => size,
        _ => return Err(bad_field("page_size", "PAGE_SIZE_INVALID", format!("send 1 to {PAGE_MAX}"))),
    } as usize;
    let jobs = api.journal.read(move |store| store.list(&request.subject_id, before, limit)).await;
    let jobs = jobs.map_err(|error| errors::from_store(error, "JOB_NOT_FOUND"))?;
    let next_page_token = match jobs.last() {
        Some(last) if jobs.len() == limit => last.sequence.to_string(),
        _ => String::new(),
    };
    Ok(ListJobsResponse { jobs: jobs.iter().map(wire::job).collect(), next_page_token })
}
