//! Does the stored state follow from the journal, and the journal from itself?

use crate::domain::{Change, Kind, PendingState, Record, Replay, StorageError, TransferId};
use crate::journal::{self, CHAIN_START, ChainHash};
use crate::store::{Head, JournalEntry, View};
use crate::tree::Frontier;

/// Records or accounts read at a time.
const PAGE: usize = 1024;

/// What a full check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Records that were read and found good.
    pub records: u64,
    pub head: Head,
    pub problem: Option<Problem>,
}

/// The first thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// 0 = the journal is good but the stored state differs from it.
    pub seq: u64,
    pub what: String,
}

/// Reads the whole journal, recomputes every hash and balance, and compares them with what is stored.
pub fn verify(view: &dyn View) -> Result<Audit, StorageError> {
    let head = view.head()?;
    let mut replay = Replay::default();
    let mut tree = Frontier::default();
    let (mut records, mut hash) = (0, CHAIN_START);
    loop {
        let page = match view.entries_after(records, PAGE) {
            Ok(page) => page,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                let what = format!("it or a record of its group is unreadable: {cause}");
                return Ok(Audit { records, head, problem: Some(Problem { seq: records + 1, what }) });
            }
        };
        if page.is_empty() {
            break;
        }
        for entry in &page {
            if let Err(what) = check_record(view, &mut replay, &hash, records + 1, entry) {
                let problem = Some(Problem { seq: records + 1, what });
                return Ok(Audit { records, head, problem });
            }
            records = entry.seq;
            hash = entry.hash;
            tree.append(&entry.stored, |_| {});
        }
    }
    let problem = if records == head.seq && hash == head.hash && tree.root() == head.root {
        check_state(view, &replay)?.map(|what| Problem { seq: 0, what })
    } else {
        Some(Problem {
            seq: records + 1,
            what: "the journal ends before its head, or has another root".to_owned(),
        })
    };
    Ok(Audit { records, head, problem })
}

fn check_record(
    view: &dyn View,
    replay: &mut Replay,
    previous: &ChainHash,
    seq: u64,
    entry: &JournalEntry,
) -> Result<(), String> {
    if entry.seq != seq {
        return Err(format!("record {seq} is missing"));
    }
    if journal::chain(previous, &entry.stored) != entry.hash {
        return Err("its hash is not that of its bytes and its predecessor".to_owned());
    }
    let record = journal::decode(&entry.stored).map_err(|fault| fault.to_string())?;
    if record.stamp.seq != seq {
        return Err("it carries another sequence number".to_owned());
    }
    replay.apply(&record).map_err(|fault| fault.to_string())?;
    match is_indexed(view, &record) {
        Ok(true) => Ok(()),
        Ok(false) => Err("the stored state disagrees about it".to_owned()),
        Err(error) => Err(format!("the stored state about it is unreadable: {error}")),
    }
}

/// Do the tables beside the journal say the same about this record?
fn is_indexed(view: &dyn View, record: &Record) -> Result<bool, StorageError> {
    let spent_here = |id| Ok(view.transfer(id)?.is_some_and(|entry| entry.stamp == record.stamp));
    let resolved = |id: TransferId, state| Ok(view.pending_state(id)? == Some(state));
    match &record.change {
        Change::AccountCreated(account) => Ok(view.account(account.terms.id)?.is_some()),
        Change::Transferred(transfer) => Ok(spent_here(transfer.id)?
            && match (transfer.kind, transfer.pending_id) {
                (Kind::PostPending, Some(id)) => resolved(id, PendingState::Posted)?,
                (Kind::VoidPending, Some(id)) => resolved(id, PendingState::Voided)?,
                (Kind::Pending, None) => view.pending_state(transfer.id)?.is_some(),
                _ => true,
            }),
        Change::Refused(request, _) => spent_here(request.id),
        Change::Expired(id) => resolved(*id, PendingState::Expired),
        Change::FactRecorded(fact) => {
            Ok(view.fact(fact.id)?.is_some_and(|recorded| recorded.stamp == record.stamp))
        }
    }
}

fn check_state(view: &dyn View, replay: &Replay) -> Result<Option<String>, StorageError> {
    let mut expected = replay.accounts().values();
    let mut after = None;
    loop {
        let page = view.accounts_after(after, PAGE)?;
        for stored in &page {
            if expected.next() != Some(stored) {
                return Ok(Some(format!("account {} differs from its transfers", stored.terms.id)));
            }
        }
        match page.last() {
            Some(last) => after = Some(last.terms.id),
            None => break,
        }
    }
    if let Some(missing) = expected.next() {
        return Ok(Some(format!("account {} is missing", missing.terms.id)));
    }
    let mut open = 0;
    for id in replay.open() {
        if !matches!(view.pending_state(id)?, Some(PendingState::Open { .. })) {
            return Ok(Some(format!("pending transfer {id} is open in the journal only")));
        }
        open += 1;
    }
    let differs = open != view.open_pendings()?;
    Ok(differs.then(|| "the list of open pending transfers differs from the journal".to_owned()))
}
