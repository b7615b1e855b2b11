//! Changing: a draft over what is stored. Nothing of it remains when the change is refused; when it is kept, state,
//! events and outbox entries become durable together (I6).

use std::ops::Deref;

use jiff::Timestamp;
use prost::Message;

use super::chain::Chain;
use super::layer::Layer;
use super::records;
use super::table::Table;
use super::view::View;
use crate::values::refusal::Result;

pub struct Tx {
    view: View,
    /// Business time of this change.
    pub now: Timestamp,
    pub(super) chain: Chain,
    /// Changes leave no events: an import brings those of the older program.
    pub(super) silent: bool,
    /// On disk before it is answered.
    pub(super) durable: bool,
}

impl Deref for Tx {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl Tx {
    /// `group` is what earlier changes of the same commit did.
    pub(super) fn new(mut view: View, group: Layer, chain: Chain, now: Timestamp) -> Self {
        view.layers = vec![group, Layer::default()];
        Self { view, now, chain, silent: false, durable: true }
    }

    /// From here on changes leave no events: what is imported has its history already.
    pub fn silence_history(&mut self) {
        self.silent = true;
    }

    /// This change needs no disk of its own: it is kept with the next that does, and until then a power cut may take it.
    /// For what comes again by itself, and may be lost where it does not.
    pub fn keep_with_the_next(&mut self) {
        self.durable = false;
    }

    /// The group's changes and this one's, apart.
    pub(super) fn into_parts(mut self) -> (View, Layer, Layer, Chain) {
        let own = self.view.layers.pop().unwrap_or_default();
        let group = self.view.layers.pop().unwrap_or_default();
        (self.view, group, own, self.chain)
    }

    pub fn set(&mut self, table: Table, key: &[u8], value: Vec<u8>) {
        if let Some(own) = self.view.layers.last_mut() {
            own.set(table, key.to_vec(), Some(value));
        }
    }

    pub fn put<M: Message>(&mut self, table: Table, key: &[u8], record: &M) {
        self.set(table, key, records::encode(record));
    }

    pub fn remove(&mut self, table: Table, key: &[u8]) {
        if let Some(own) = self.view.layers.last_mut() {
            own.set(table, key.to_vec(), None);
        }
    }

    /// Puts `key` into an index or takes it out, as the record now says.
    pub fn index(&mut self, table: Table, key: &[u8], belongs: bool) {
        if belongs {
            self.set(table, key, Vec::new());
        } else {
            self.remove(table, key);
        }
    }

    pub fn set_counter(&mut self, name: &str, value: u64) {
        self.set(Table::Counters, name.as_bytes(), value.to_be_bytes().to_vec());
    }

    /// The next of a row of numbers, from 1.
    pub fn next_number(&mut self, name: &str) -> Result<u64> {
        let next = self.counter(name)? + 1;
        self.set_counter(name, next);
        Ok(next)
    }
}
