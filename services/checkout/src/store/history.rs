//! Every change of a record leaves an event: who, when, what became different, chained by hashes (I8). The resource
//! itself is read as it is now; an event holds only what changed.

use std::collections::BTreeMap;

use prost::Message;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, decode_key, skip_field};
use sha2::{Digest, Sha256};

use super::chain::Chain;
use super::records;
use super::records::event::Event;
use super::table::Table;
use super::tx::Tx;
use super::view::{Seek, View};
use crate::values::refusal::{Refusal, Result};

/// What kind of thing changed; the numbers are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Sale = 1,
    Payer = 2,
    Challenge = 3,
    Batch = 4,
    Dispute = 5,
    Enquiry = 6,
    Person = 7,
    Shift = 8,
    Device = 9,
}

impl Kind {
    pub fn of(number: u32) -> Option<Self> {
        [
            Self::Sale,
            Self::Payer,
            Self::Challenge,
            Self::Batch,
            Self::Dispute,
            Self::Enquiry,
            Self::Person,
            Self::Shift,
            Self::Device,
        ]
        .into_iter()
        .find(|kind| *kind as u32 == number)
    }
}

/// An event with its place in the chain.
pub struct Recorded {
    pub revision: u64,
    pub event: Event,
    pub previous_hash: [u8; 32],
}

/// The change of one record: before and after as stored, without what is sealed or secret.
pub struct Change<'a> {
    pub kind: Kind,
    /// Bytes of the id.
    pub subject: &'a [u8],
    /// The public state after the change, by its number.
    pub state: u32,
    pub before: Option<Vec<u8>>,
    pub after: Vec<u8>,
}

impl Tx {
    pub fn record_change(&mut self, actor: &str, change: &Change<'_>) -> Result<()> {
        if self.silent {
            return Ok(());
        }
        let delta = delta(change.before.as_deref().unwrap_or_default(), &change.after)?;
        let mut event = Event {
            actor: actor.to_owned(),
            time_ms: self.now.as_millisecond(),
            kind: change.kind as u32,
            subject: change.subject.to_vec(),
            state: change.state,
            delta,
            hash: Vec::new(),
        };
        let chain = Chain { revision: self.chain.revision + 1, hash: hash_of(&self.chain.hash, &event) };
        event.hash = chain.hash.to_vec();
        self.put(Table::Events, &chain.revision.to_be_bytes(), &event);
        self.chain = chain;
        Ok(())
    }

    /// The next event of an older program's history; `hash` is that of the event as stored there.
    pub fn adopt_event(&mut self, mut event: Event, hash: [u8; 32]) {
        event.hash = hash.to_vec();
        self.chain = Chain { revision: self.chain.revision + 1, hash };
        self.put(Table::Events, &self.chain.revision.to_be_bytes(), &event);
    }

    /// Where the history stands in this change.
    pub fn chain(&self) -> Chain {
        self.chain
    }

    /// Forgets events of before this time, at most `limit`; the newest of them stays, so that the chain has its beginning.
    pub fn forget_events(&mut self, before_ms: i64, limit: usize) -> Result<usize> {
        let rows = self.page(Table::Events, b"", Seek::Start, limit + 1)?;
        let mut old = 0;
        for pair in rows.windows(2) {
            let next: Event = records::decode(&pair[1].1)?;
            if next.time_ms >= before_ms {
                break;
            }
            self.remove(Table::Events, &pair[0].0);
            old += 1;
        }
        Ok(old)
    }

    /// Somebody looked: nothing changed, and it is on record.
    pub fn record_view(&mut self, actor: &str, sale: &[u8]) -> Result<()> {
        let looked = Change { kind: Kind::Enquiry, subject: sale, state: 0, before: None, after: Vec::new() };
        self.record_change(actor, &looked)
    }
}

impl View {
    pub fn newest_event(&self) -> Result<Chain> {
        let last = self.page(Table::Events, b"", Seek::End, 1)?.pop();
        let Some((key, value)) = last else { return Ok(Chain::default()) };
        let event: Event = records::decode(&value)?;
        Ok(Chain { revision: revision_of(&key)?, hash: hash_in(&event)? })
    }

    pub fn events_after(&self, revision: u64, limit: usize) -> Result<Vec<Recorded>> {
        let after = revision.to_be_bytes();
        let rows = self.page(Table::Events, b"", Seek::After(&after), limit)?;
        let mut previous = match self.record::<Event>(Table::Events, &after)? {
            Some(event) => hash_in(&event)?,
            None => [0; 32],
        };
        let mut recorded = Vec::with_capacity(rows.len());
        for (key, value) in rows {
            let event: Event = records::decode(&value)?;
            let hash = hash_in(&event)?;
            recorded.push(Recorded { revision: revision_of(&key)?, event, previous_hash: previous });
            previous = hash;
        }
        Ok(recorded)
    }
}

/// The hash of the event before it and of the event without its own hash.
fn hash_of(previous: &[u8; 32], event: &Event) -> [u8; 32] {
    Sha256::new().chain_update(previous).chain_update(event.encode_to_vec()).finalize().into()
}

fn hash_in(event: &Event) -> Result<[u8; 32]> {
    event.hash.as_slice().try_into().map_err(|_length| Refusal::internal("a stored event has no hash"))
}

fn revision_of(key: &[u8]) -> Result<u64> {
    let bytes = key.try_into().map_err(|_length| Refusal::internal("a stored event has no number"))?;
    Ok(u64::from_be_bytes(bytes))
}

/// The fields of `after` that differ from `before`, whole; a field that is gone stands with its number alone, as an
/// empty value.
fn delta(before: &[u8], after: &[u8]) -> Result<Vec<u8>> {
    let (before, after) = (fields(before)?, fields(after)?);
    let mut delta = Vec::new();
    for (tag, bytes) in &after {
        if before.get(tag) != Some(bytes) {
            delta.extend_from_slice(bytes);
        }
    }
    for tag in before.keys().filter(|tag| !after.contains_key(tag)) {
        prost::encoding::bytes::encode(*tag, &Vec::new(), &mut delta);
    }
    Ok(delta)
}

/// The encoded fields of a message by number; repeated ones together.
fn fields(mut message: &[u8]) -> Result<BTreeMap<u32, Vec<u8>>> {
    let unreadable = |_| Refusal::internal("a record cannot be compared with the one before it");
    let mut fields: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    while message.has_remaining() {
        let whole = message;
        let (tag, wire_type) = decode_key(&mut message).map_err(unreadable)?;
        skip_field(wire_type, tag, &mut message, DecodeContext::default()).map_err(unreadable)?;
        fields.entry(tag).or_default().extend_from_slice(&whole[..whole.len() - message.len()]);
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, PartialEq, prost::Message)]
    struct Thing {
        #[prost(string, tag = "1")]
        name: String,
        #[prost(uint32, tag = "2")]
        count: u32,
        #[prost(string, repeated, tag = "3")]
        notes: Vec<String>,
    }

    fn thing(name: &str, count: u32, notes: &[&str]) -> Vec<u8> {
        let notes = notes.iter().map(ToString::to_string).collect();
        Thing { name: name.into(), count, notes }.encode_to_vec()
    }

    #[test]
    fn a_delta_holds_the_changed_fields_and_nothing_else() {
        let before = thing("tea", 1, &["a"]);
        assert!(delta(&before, &before).unwrap().is_empty());
        assert_eq!(delta(&before, &thing("tea", 2, &["a"])).unwrap(), thing("", 2, &[]));
        assert_eq!(delta(&before, &thing("tea", 1, &["a", "b"])).unwrap(), thing("", 0, &["a", "b"]));
        assert_eq!(delta(b"", &before).unwrap(), before, "the first event holds everything");
        assert_eq!(
            delta(&before, &thing("tea", 0, &["a"])).unwrap(),
            [2 << 3 | 2, 0],
            "a field that is gone"
        );
    }
}
