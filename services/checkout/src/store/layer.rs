//! Changes that are not on disk yet: one change's own, or those of a group that commits together.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::table::Table;

/// `None` = removed.
pub type Value = Option<Vec<u8>>;

#[derive(Default)]
pub struct Layer(BTreeMap<Table, BTreeMap<Vec<u8>, Value>>);

impl Layer {
    pub fn get(&self, table: Table, key: &[u8]) -> Option<&Value> {
        self.0.get(&table)?.get(key)
    }

    pub fn set(&mut self, table: Table, key: Vec<u8>, value: Value) {
        self.0.entry(table).or_default().insert(key, value);
    }

    pub fn range<'a>(
        &'a self,
        table: Table,
        bounds: (Bound<&'a [u8]>, Bound<&'a [u8]>),
    ) -> impl Iterator<Item = (&'a Vec<u8>, &'a Value)> {
        self.0.get(&table).into_iter().flat_map(move |rows| rows.range::<[u8], _>(bounds))
    }

    /// Takes over what `newer` changed.
    pub fn absorb(&mut self, newer: Self) {
        for (table, rows) in newer.0 {
            self.0.entry(table).or_default().extend(rows);
        }
    }

    pub fn touches(&self, table: Table) -> bool {
        self.0.contains_key(&table)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn into_tables(self) -> impl Iterator<Item = (Table, BTreeMap<Vec<u8>, Value>)> {
        self.0.into_iter()
    }
}
