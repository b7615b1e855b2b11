//! `ListFacts`.

use chit_proto::ledger::v1::{ListFactsRequest, ListFactsResponse};
use tonic::Status;

use super::Api;
use crate::wire;

/// Facts of one answer.
const FACTS_MAX: usize = 1000;

pub async fn handle(api: &Api, request: ListFactsRequest) -> Result<ListFactsResponse, Status> {
    let subject = wire::subject("subject_id", &request.subject_id)?;
    let facts = api.read(move |view| view.facts_about(&subject, FACTS_MAX)).await?;
    Ok(ListFactsResponse { facts: facts.iter().map(wire::recorded_fact_to_pb).collect() })
}
