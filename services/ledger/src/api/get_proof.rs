//! `GetProof`.

use chit_proto::ledger::v1::{GetProofRequest, GetProofResponse};
use tonic::Status;

use super::{Api, entry, head};
use crate::wire;

/// Records of one answer.
const ENTRIES_MAX: usize = 1000;

pub async fn handle(api: &Api, request: GetProofRequest) -> Result<GetProofResponse, Status> {
    let subject = wire::subject("subject_id", &request.subject_id)?;
    let (entries, newest) =
        api.read(move |view| Ok((view.about(&subject, ENTRIES_MAX)?, view.head()?))).await?;
    Ok(GetProofResponse { entries: entries.into_iter().map(entry).collect(), head: Some(head(newest)) })
}
