//! Reading, the same inside and outside of a change. Aggregates add their own ways of reading to [`View`].

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use prost::Message;
use redb::ReadTransaction;

use super::layer::{Layer, Value};
use super::records;
use super::storage;
use super::table::Table;
use super::vault::Vault;
use crate::values::refusal::Result;

pub struct View {
    base: ReadTransaction,
    /// Oldest first: what the group changed, then what this change changed.
    pub(super) layers: Vec<Layer>,
    vault: Arc<Vault>,
}

pub type Row = (Vec<u8>, Vec<u8>);

/// Where a page of rows begins, and in which direction it goes on.
#[derive(Clone, Copy)]
pub enum Seek<'a> {
    Start,
    /// Behind this key, upwards.
    After(&'a [u8]),
    End,
    /// Before this key, downwards.
    Before(&'a [u8]),
}

impl View {
    pub(super) fn new(base: ReadTransaction, vault: Arc<Vault>) -> Self {
        Self { base, layers: Vec::new(), vault }
    }

    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        for layer in self.layers.iter().rev() {
            if let Some(value) = layer.get(table, key) {
                return Ok(value.clone());
            }
        }
        let rows = self.base.open_table(table.definition()).map_err(storage)?;
        Ok(rows.get(key).map_err(storage)?.map(|value| value.value().to_vec()))
    }

    pub fn has(&self, table: Table, key: &[u8]) -> Result<bool> {
        Ok(self.get(table, key)?.is_some())
    }

    pub fn record<M: Message + Default>(&self, table: Table, key: &[u8]) -> Result<Option<M>> {
        self.get(table, key)?.map(|bytes| records::decode(&bytes)).transpose()
    }

    /// Rows whose keys begin with `prefix`, at most `limit`. The prefix is cut off the keys.
    pub fn page(&self, table: Table, prefix: &[u8], from: Seek<'_>, limit: usize) -> Result<Vec<Row>> {
        let end = after_prefix(prefix);
        let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let (whole_key, rows) = match from {
            Seek::Start => (None, self.range(table, (Bound::Included(prefix), upper), true, limit)?),
            Seek::End => (None, self.range(table, (Bound::Included(prefix), upper), false, limit)?),
            Seek::After(key) => (Some([prefix, key].concat()), Vec::new()),
            Seek::Before(key) => (Some([prefix, key].concat()), Vec::new()),
        };
        let rows = match (whole_key, from) {
            (Some(key), Seek::After(_)) => self.range(table, (Bound::Excluded(&key), upper), true, limit)?,
            (Some(key), _) => {
                self.range(table, (Bound::Included(prefix), Bound::Excluded(&key)), false, limit)?
            }
            (None, _) => rows,
        };
        Ok(rows.into_iter().map(|(key, value)| (key[prefix.len()..].to_vec(), value)).collect())
    }

    /// All keys behind `prefix`: for sets that are known to be small.
    pub fn keys_of(&self, table: Table, prefix: &[u8]) -> Result<Vec<Vec<u8>>> {
        let rows = self.page(table, prefix, Seek::Start, usize::MAX)?;
        Ok(rows.into_iter().map(|(key, _)| key).collect())
    }

    /// How many keys begin with `prefix`, counted up to `limit`.
    pub fn count(&self, table: Table, prefix: &[u8], limit: usize) -> Result<usize> {
        Ok(self.page(table, prefix, Seek::Start, limit)?.len())
    }

    fn range(
        &self,
        table: Table,
        bounds: (Bound<&[u8]>, Bound<&[u8]>),
        upwards: bool,
        limit: usize,
    ) -> Result<Vec<Row>> {
        let mut changed: BTreeMap<&Vec<u8>, &Value> = BTreeMap::new();
        for layer in &self.layers {
            changed.extend(layer.range(table, bounds));
        }
        let rows = self.base.open_table(table.definition()).map_err(storage)?;
        let mut stored = rows.range::<&[u8]>(bounds).map_err(storage)?;
        let mut next_stored = || -> Result<Option<Row>> {
            loop {
                let row = if upwards { stored.next() } else { stored.next_back() };
                let Some(row) = row else { return Ok(None) };
                let (key, value) = row.map_err(storage)?;
                let key = key.value().to_vec();
                if !changed.contains_key(&key) {
                    return Ok(Some((key, value.value().to_vec())));
                }
            }
        };
        let mut fresh: Box<dyn Iterator<Item = Row>> = {
            let kept = |(key, value): (&&Vec<u8>, &&Value)| {
                value.as_ref().map(|value| ((*key).clone(), value.clone()))
            };
            if upwards {
                Box::new(changed.iter().filter_map(kept))
            } else {
                Box::new(changed.iter().rev().filter_map(kept))
            }
        };
        let (mut left, mut right) = (next_stored()?, fresh.next());
        let mut found = Vec::new();
        while found.len() < limit {
            let stored_first = match (&left, &right) {
                (Some((left, _)), Some((right, _))) => (left < right) == upwards,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            if stored_first {
                found.extend(left.take());
                left = next_stored()?;
            } else {
                found.extend(right.take());
                right = fresh.next();
            }
        }
        Ok(found)
    }

    pub fn counter(&self, name: &str) -> Result<u64> {
        let bytes = self.get(Table::Counters, name.as_bytes())?;
        Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes))
    }
}

/// The first key behind all that begin with `prefix`; none for the whole table.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::after_prefix;

    #[test]
    fn the_end_of_a_prefix_lies_behind_all_its_keys() {
        assert_eq!(after_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(after_prefix(&[1, 255]), Some(vec![2]));
        assert_eq!((after_prefix(&[255]), after_prefix(b"")), (None, None));
    }
}
