//! `RecordFact`.

use chit_proto::ledger::v1::{RecordFactRequest, RecordFactResponse};
use tonic::Status;

use super::{Api, head, status};
use crate::wire;

pub async fn handle(api: &Api, request: RecordFactRequest) -> Result<RecordFactResponse, Status> {
    let asked = request.fact.ok_or_else(|| status::bad("fact", "must be set"))?;
    let fact = wire::fact(&asked)?;
    let actor = wire::actor("fact.actor", &asked.actor)?;
    let (recorded, newest) = api.writer.submit(1, move |draft| draft.record_fact(&actor, fact)).await?;
    Ok(RecordFactResponse { fact: Some(wire::recorded_fact_to_pb(&recorded)), head: Some(head(newest)) })
}
