//! `CompactIndex`.

use std::sync::Arc;

use chit_proto::ledger::v1::{CompactIndexRequest, CompactIndexResponse};
use chit_runtime::error::status;
use tonic::{Code, Status};

use super::{Api, status as answers};
use crate::store::CompactionFault;

pub async fn handle(api: &Api, _request: CompactIndexRequest) -> Result<CompactIndexResponse, Status> {
    let storage = Arc::clone(&api.storage);
    let done = tokio::task::spawn_blocking(move || storage.compact()).await.map_err(answers::lost)?;
    let sizes = done.map_err(|fault| refused(&fault))?;
    Ok(CompactIndexResponse { bytes_before: sizes.before, bytes_after: sizes.after })
}

fn refused(fault: &CompactionFault) -> Status {
    match fault {
        CompactionFault::Stopping => {
            status(Code::Unavailable, "LEDGER_STOPPING", "the ledger is stopping: ask again when it is back")
        }
        CompactionFault::DiskFull(bytes) => {
            let text =
                format!("the disk has no room for a copy of the index: {bytes} bytes must be free beside it");
            status(Code::ResourceExhausted, "STORAGE_FAILED", text)
        }
        CompactionFault::Failed(_) => {
            let text = "the index could not be compacted and is as before: see the ledger's log";
            status(Code::Internal, "STORAGE_FAILED", text)
        }
    }
}
