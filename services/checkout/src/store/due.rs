//! What becomes due, in time order. An aggregate says what is due of a record before and after its change; only the
//! difference is written, in the same transaction.

use jiff::Timestamp;

use super::table::Table;
use super::{Seek, Tx, View};
use crate::values::refusal::Result;
use crate::values::time;

/// What is to be done; the numbers are stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DueKind {
    /// Sale: the payer has left long ago.
    Release = 1,
    /// Sale: a basket that nobody touches any more.
    GiveUpDraft = 2,
    /// Sale: the years of a bad record are over.
    EndRecord = 3,
    /// Payer: look what may be asked or sent now.
    Attend = 4,
    /// Challenge: its hours are over.
    Expire = 5,
    /// Challenge: half of them are over.
    Remind = 6,
    /// Sale: the days after the notice are over.
    List = 7,
    /// Sale: nobody has asked about it for long enough.
    EndEnquiry = 8,
    /// Batch: the bank should have said something of its file.
    MissAnswer = 9,
}

impl DueKind {
    const ALL: [Self; 9] = [
        Self::Release,
        Self::GiveUpDraft,
        Self::EndRecord,
        Self::Attend,
        Self::Expire,
        Self::Remind,
        Self::List,
        Self::EndEnquiry,
        Self::MissAnswer,
    ];

    fn queue(self) -> Queue {
        match self {
            Self::Release | Self::GiveUpDraft | Self::EndEnquiry | Self::MissAnswer => Queue::Counter,
            Self::EndRecord | Self::Attend => Queue::Dialogue,
            Self::Expire | Self::Remind | Self::List => Queue::Heard,
        }
    }
}

/// Which clock something waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Queue {
    /// Business time.
    Counter,
    /// Business time, while the shop can hear its payers and knows what time it is.
    Dialogue,
    /// The heard clock: hours that a payer has.
    Heard,
}

impl Queue {
    fn table(self) -> Table {
        match self {
            Self::Counter => Table::Due,
            Self::Dialogue => Table::DueDialogue,
            Self::Heard => Table::DueHeard,
        }
    }
}

/// One thing at one time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Due {
    pub at: Timestamp,
    pub kind: DueKind,
    /// Bytes of the subject's id.
    pub subject: Vec<u8>,
}

impl Due {
    pub fn new(at: Timestamp, kind: DueKind, subject: &[u8]) -> Self {
        Self { at, kind, subject: subject.to_vec() }
    }

    fn key(&self) -> Vec<u8> {
        let ms = u64::try_from(self.at.as_millisecond()).unwrap_or_default();
        [&ms.to_be_bytes()[..], &[self.kind as u8], &self.subject].concat()
    }

    fn of(key: &[u8]) -> Option<Self> {
        let (ms, rest) = key.split_first_chunk::<8>()?;
        let (kind, subject) = rest.split_first()?;
        let kind = DueKind::ALL.into_iter().find(|known| *known as u8 == *kind)?;
        let ms = i64::try_from(u64::from_be_bytes(*ms)).ok()?;
        Some(Self { at: time::from_ms(ms), kind, subject: subject.to_vec() })
    }
}

impl Tx {
    /// Writes what became different.
    pub fn reschedule(&mut self, before: &[Due], after: &[Due]) {
        for gone in before.iter().filter(|due| !after.contains(due)) {
            self.unschedule(gone);
        }
        for new in after.iter().filter(|due| !before.contains(due)) {
            self.schedule(new);
        }
    }

    pub fn schedule(&mut self, due: &Due) {
        self.set(due.kind.queue().table(), &due.key(), Vec::new());
    }

    /// It comes again after so many milliseconds of the clock that it waits for.
    pub fn postpone(&mut self, due: &Due, by_ms: i64) -> Result<()> {
        let now_ms = match due.kind.queue() {
            Queue::Heard => self.heard_ms(self.now)?,
            Queue::Counter | Queue::Dialogue => self.now.as_millisecond(),
        };
        self.unschedule(due);
        self.schedule(&Due { at: time::from_ms(now_ms + by_ms), ..due.clone() });
        Ok(())
    }

    /// It is done, or was for nothing.
    pub fn unschedule(&mut self, due: &Due) {
        self.remove(due.kind.queue().table(), &due.key());
    }
}

impl View {
    /// What is due first, at most `limit`.
    pub fn due(&self, queue: Queue, limit: usize) -> Result<Vec<Due>> {
        let rows = self.page(queue.table(), b"", Seek::Start, limit)?;
        Ok(rows.iter().filter_map(|(key, _)| Due::of(key)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_time_and_read_back() {
        let due = |ms, kind| Due::new(time::from_ms(ms), kind, &[9; 16]);
        let (soon, later) = (due(5, DueKind::List), due(1_795_000_000_000, DueKind::Release));
        assert!(soon.key() < later.key());
        assert_eq!(Due::of(&later.key()), Some(later));
        assert_eq!(Due::of(&[0; 4]), None);
    }
}
