//! `VerifyChain`.

use chit_proto::ledger::v1::{VerifyChainRequest, VerifyChainResponse};
use tonic::Status;

use super::{Api, head};
use crate::audit;

pub async fn handle(api: &Api, _request: VerifyChainRequest) -> Result<VerifyChainResponse, Status> {
    let audit = api.read(audit::verify).await?;
    if let Some(problem) = &audit.problem {
        tracing::error!(seq = problem.seq, what = problem.what, "the journal does not verify");
    }
    Ok(VerifyChainResponse {
        chain_ok: audit.problem.is_none(),
        records: audit.records,
        first_bad_seq: audit.problem.map_or(0, |problem| problem.seq),
        head: Some(head(audit.head)),
    })
}
