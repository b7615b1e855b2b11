//! `ImportJournal`.

use chit_proto::ledger::v1::{ImportJournalRequest, ImportJournalResponse};
use chit_runtime::error::status;
use tonic::{Code, Status, Streaming};

use super::{Api, head, status as answers};
use crate::domain::Record;
use crate::journal;

/// Records of one message.
const RECORDS_MAX: usize = 1000;

pub async fn handle(
    api: &Api,
    mut requests: Streaming<ImportJournalRequest>,
) -> Result<ImportJournalResponse, Status> {
    let _import = api.writer.begin_import().ok_or_else(|| {
        status(Code::FailedPrecondition, "IMPORT_RUNNING", "another import is running: wait for its end")
    })?;
    let mut newest = api.read(|view| view.head()).await?;
    let (mut known, mut appended) = (0, 0);
    while let Some(ImportJournalRequest { records }) = requests.message().await? {
        if records.is_empty() || records.len() > RECORDS_MAX {
            return Err(answers::bad("records", "must be 1 to 1000 records a message"));
        }
        let first = known + appended + 1;
        let already = usize::try_from(newest.seq.saturating_sub(first - 1)).unwrap_or(usize::MAX);
        let (already, fresh) = records.split_at(already.min(records.len()));
        if !already.is_empty() {
            check_known(api, first, already.to_vec()).await?;
            known += already.len() as u64;
        }
        if !fresh.is_empty() {
            let fresh = decode(known + appended + 1, fresh)?;
            let count = fresh.len();
            let (outcome, reached) =
                api.writer.submit(count, move |draft| Ok(draft.redo_all(fresh)?)).await?;
            outcome.map_err(|(seq, fault)| invalid(seq, &fault))?;
            newest = reached;
            appended += count as u64;
        }
    }
    Ok(ImportJournalResponse { known, appended, head: Some(head(newest)) })
}

async fn check_known(api: &Api, first: u64, records: Vec<Vec<u8>>) -> Result<(), Status> {
    let stored = api.read({
        let count = records.len();
        move |view| view.entries_after(first - 1, count)
    });
    let stored = stored.await?;
    let differing = records.iter().zip(&stored).position(|(record, entry)| *record != entry.stored);
    match differing {
        None => Ok(()),
        Some(place) => {
            let text = format!(
                "record {} of this ledger is another one: import into a new ledger (an empty state folder)",
                first + place as u64
            );
            Err(status(Code::FailedPrecondition, "IMPORT_DIFFERS", text))
        }
    }
}

fn decode(first: u64, stored: &[Vec<u8>]) -> Result<Vec<Record>, Status> {
    let mut records = Vec::with_capacity(stored.len());
    for (seq, bytes) in (first..).zip(stored) {
        let record = journal::decode(bytes).map_err(|fault| invalid(seq, &fault))?;
        // The record is encoded again: only identical bytes keep the root.
        if journal::encode(&record) != *bytes {
            return Err(invalid(seq, &"its bytes are not those this ledger would write"));
        }
        records.push(record);
    }
    Ok(records)
}

fn invalid(seq: u64, fault: &dyn std::fmt::Display) -> Status {
    status(Code::InvalidArgument, "IMPORT_INVALID", format!("record {seq} cannot be imported: {fault}"))
}
