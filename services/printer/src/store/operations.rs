//! Drawer, cut, feed, beep and changes of the roll: who asked, when, and only once per request id.

use jiff::Timestamp;
use prost::Message;
use redb::{ReadableDatabase, ReadableTable, WriteTransaction};

use super::record::{unversioned, versioned};
use super::tables::{META, OPERATION_ORDER, OPERATIONS};
use super::{Moment, Request, Result, Store, StoreError, next};
use crate::domain::operation::{Action, Operation};

/// Operations kept for questions and repeated calls; older ones go.
const KEPT_MAX: u64 = 10_000;
const NEXT_OPERATION: &str = "next_operation";
/// Micrometres of paper used since the roll was changed.
const PAPER_UM: &str = "paper_um";
/// Milliseconds since 1970.
const ROLL_CHANGED_MS: &str = "roll_changed_ms";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// When it was journaled first.
    pub time: Timestamp,
    /// False for a repeated call: nothing is to be done.
    pub is_new: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roll {
    pub paper_um: u64,
    pub changed: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
struct OperationRecord {
    #[prost(bytes = "vec", tag = "1")]
    fingerprint: Vec<u8>,
    /// 1 drawer, 2 cut, 3 feed, 4 beep, 5 change of the roll.
    #[prost(uint32, tag = "2")]
    kind: u32,
    /// Pin, lines or times.
    #[prost(uint32, tag = "3")]
    detail: u32,
    #[prost(string, tag = "4")]
    actor: String,
    #[prost(string, tag = "5")]
    reason: String,
    #[prost(int64, tag = "6")]
    wall_ms: i64,
}

impl Store {
    /// Journals an operation before it is carried out. A repeated call finds the first one.
    pub fn operate(
        &self,
        request: &Request,
        operation: &Operation,
        paper_um: u64,
        moment: Moment,
    ) -> Result<Done> {
        let transaction = self.database.begin_write()?;
        if let Some(first) = first(&transaction.open_table(OPERATIONS)?, request)? {
            return Ok(first);
        }
        let (kind, detail) = match operation.action {
            Action::KickDrawer { pin, .. } => (1, pin),
            Action::Cut => (2, 0),
            Action::Feed { lines } => (3, u32::from(lines)),
            Action::Beep { times } => (4, u32::from(times)),
            Action::RollChange => (5, 0),
        };
        let record = versioned(&OperationRecord {
            fingerprint: request.fingerprint.to_vec(),
            kind,
            detail,
            actor: operation.actor.clone(),
            reason: operation.reason.clone(),
            wall_ms: moment.wall_ms,
        });
        transaction.open_table(OPERATIONS)?.insert(request.id.as_str(), record.as_slice())?;
        let number = next(&transaction, NEXT_OPERATION)?;
        transaction.open_table(OPERATION_ORDER)?.insert(number, request.id.as_str())?;
        if operation.action == Action::RollChange {
            let mut meta = transaction.open_table(META)?;
            meta.remove(PAPER_UM)?;
            meta.insert(ROLL_CHANGED_MS, moment.wall_ms.unsigned_abs())?;
        }
        use_paper(&transaction, paper_um)?;
        prune(&transaction, number)?;
        transaction.commit()?;
        Ok(Done { time: time(moment.wall_ms), is_new: true })
    }

    /// The answer to a call that was answered before.
    pub fn operation(&self, request: &Request) -> Result<Option<Done>> {
        first(&self.database.begin_read()?.open_table(OPERATIONS)?, request)
    }

    pub fn roll(&self) -> Result<Roll> {
        let meta = self.database.begin_read()?.open_table(META)?;
        let number = |name| Ok::<_, StoreError>(meta.get(name)?.map(|value| value.value()));
        let changed = number(ROLL_CHANGED_MS)?.map(|ms| time(ms.cast_signed()));
        Ok(Roll { paper_um: number(PAPER_UM)?.unwrap_or(0), changed })
    }
}

/// Paper that may have been used; called in the transaction that lets it be used.
pub fn use_paper(transaction: &WriteTransaction, paper_um: u64) -> Result<()> {
    if paper_um > 0 {
        let mut meta = transaction.open_table(META)?;
        let used = meta.get(PAPER_UM)?.map_or(0, |value| value.value());
        meta.insert(PAPER_UM, used.saturating_add(paper_um))?;
    }
    Ok(())
}

fn first(
    operations: &impl ReadableTable<&'static str, &'static [u8]>,
    request: &Request,
) -> Result<Option<Done>> {
    let Some(stored) = operations.get(request.id.as_str())? else { return Ok(None) };
    let record: OperationRecord = unversioned(stored.value())?;
    match record.fingerprint == request.fingerprint {
        true => Ok(Some(Done { time: time(record.wall_ms), is_new: false })),
        false => Err(StoreError::Different),
    }
}

fn prune(transaction: &WriteTransaction, newest: u64) -> Result<()> {
    let Some(old) = newest.checked_sub(KEPT_MAX) else { return Ok(()) };
    let mut order = transaction.open_table(OPERATION_ORDER)?;
    if let Some(id) = order.remove(old)? {
        transaction.open_table(OPERATIONS)?.remove(id.value())?;
    }
    Ok(())
}

fn time(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chit_vault::Credential;

    const MOMENT: Moment = Moment { wall_ms: 1_795_491_720_000, monotonic_ns: 1 };

    fn ask(id: &str, body: u8) -> Request {
        Request { id: id.into(), fingerprint: [body; 32] }
    }

    fn operation(action: Action) -> Operation {
        Operation { action, actor: "li".into(), reason: "change".into() }
    }

    #[test]
    fn a_drawer_opens_once_per_request() {
        let dir = tempfile::tempdir().unwrap();
        let store =
            Store::open(&dir.path().join("jobs.redb"), &Credential::read(&[7; 32]).unwrap(), MOMENT).unwrap();
        let kick = operation(Action::KickDrawer { pin: 2, on_ms: 50, off_ms: 500 });
        assert!(store.operate(&ask("a", 1), &kick, 0, MOMENT).unwrap().is_new);
        let later = Moment { wall_ms: MOMENT.wall_ms + 5, ..MOMENT };
        let again = store.operate(&ask("a", 1), &kick, 0, later).unwrap();
        assert_eq!(again, Done { time: time(MOMENT.wall_ms), is_new: false });
        assert_eq!(store.operation(&ask("a", 1)).unwrap(), Some(again));
        assert!(matches!(store.operate(&ask("a", 2), &kick, 0, MOMENT), Err(StoreError::Different)));
    }

    #[test]
    fn paper_counts_from_the_change_of_the_roll() {
        let dir = tempfile::tempdir().unwrap();
        let store =
            Store::open(&dir.path().join("jobs.redb"), &Credential::read(&[7; 32]).unwrap(), MOMENT).unwrap();
        store.operate(&ask("a", 1), &operation(Action::Feed { lines: 4 }), 15_000, MOMENT).unwrap();
        assert_eq!(store.roll().unwrap(), Roll { paper_um: 15_000, changed: None });
        store.operate(&ask("b", 1), &operation(Action::RollChange), 0, MOMENT).unwrap();
        assert_eq!(store.roll().unwrap(), Roll { paper_um: 0, changed: Some(time(MOMENT.wall_ms)) });
    }
}
