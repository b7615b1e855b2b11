//! Spent transfer ids, many in a row: ids rise with time, so that most are appended to the newest row, and one insert into
//! the B-tree does for a hundred of them.
//!
//! A row holds the ids up to its key that are above the key of the row before it, in order, each with the offset of its
//! record in the journal file.

use redb::{ReadableTable, StorageError, Table};

use super::rows::{self, ROW_VERSION};

/// Key of a row: its largest id.
type Id = [u8; 16];

/// Ids of one row: with redb's header they fit into a page of 4 KiB.
const IDS_MAX: usize = if cfg!(test) { 4 } else { 160 };
const ENTRY_LEN: usize = 24;

/// Offset of the record that spent the id.
pub fn find(rows: &impl ReadableTable<Id, &'static [u8]>, id: &Id) -> Result<Option<u64>, redb::Error> {
    let Some(row) = rows.range(*id..)?.next() else { return Ok(None) };
    let entries = entries(row?.1.value())?;
    let place = entries.binary_search_by_key(id, |(id, _)| *id);
    Ok(place.ok().map(|place| entries[place].1))
}

/// Adds ids that are in order and not there yet.
pub fn add(rows: &mut Table<'_, Id, &'static [u8]>, spent: &[(Id, u64)]) -> Result<(), redb::Error> {
    let mut rest = spent;
    while let Some((first, _)) = rest.first() {
        let above = rows.range(*first..)?.next().transpose()?;
        let covers = above.is_some();
        let row = above.map_or_else(|| rows.last(), |row| Ok(Some(row)))?;
        let row =
            row.map(|(key, row)| Ok::<_, redb::Error>((key.value(), entries(row.value())?))).transpose()?;
        let (key, mut merged) = match row {
            Some((key, entries)) if covers || entries.len() < IDS_MAX => (Some(key), entries),
            _ => (None, Vec::new()),
        };
        let fit = match key {
            Some(key) if covers => rest.partition_point(|(id, _)| *id <= key),
            _ => rest.len(),
        };
        let (own, next) = rest.split_at(fit);
        rest = next;
        merged.extend(own);
        merged.sort_unstable();
        if let Some(key) = key {
            rows.remove(key)?;
        }
        // Full rows where ids are appended; rows with room where ids come late.
        let len = if covers { merged.len().div_ceil(merged.len().div_ceil(IDS_MAX)) } else { IDS_MAX };
        for row in merged.chunks(len) {
            put(rows, row)?;
        }
    }
    Ok(())
}

fn put(rows: &mut Table<'_, Id, &'static [u8]>, entries: &[(Id, u64)]) -> Result<(), StorageError> {
    let mut row = Vec::with_capacity(1 + entries.len() * ENTRY_LEN);
    row.push(ROW_VERSION);
    for (id, offset) in entries {
        row.extend(id);
        row.extend(offset.to_be_bytes());
    }
    let Some((key, _)) = entries.last() else { return Ok(()) };
    rows.insert(*key, row.as_slice()).map(drop)
}

fn entries(row: &[u8]) -> Result<Vec<(Id, u64)>, redb::Error> {
    let damaged = || redb::Error::Corrupted("a row of spent ids is damaged".to_owned());
    let body = rows::body(row).map_err(|_version| damaged())?;
    let (entries, rest) = body.as_chunks::<ENTRY_LEN>();
    if !rest.is_empty() {
        return Err(damaged());
    }
    let split = |entry: &[u8; ENTRY_LEN]| {
        let (mut id, mut offset) = ([0; 16], [0; 8]);
        id.copy_from_slice(&entry[..16]);
        offset.copy_from_slice(&entry[16..]);
        (id, u64::from_be_bytes(offset))
    };
    Ok(entries.iter().map(split).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use redb::{Database, ReadableDatabase as _, TableDefinition};

    use super::*;

    const ROWS: TableDefinition<Id, &[u8]> = TableDefinition::new("transfers");

    proptest! {
        #[test]
        fn every_id_is_found_in_whatever_order_it_came(groups in prop::collection::vec(prop::collection::btree_set(0_u128..300, 1..40), 1..12)) {
            let database = Database::builder().create_with_backend(redb::backends::InMemoryBackend::new()).unwrap();
            let mut expected: BTreeMap<u128, u64> = BTreeMap::new();
            for (offset, group) in (1..).zip(&groups) {
                let new: Vec<u128> = group.iter().copied().filter(|id| !expected.contains_key(id)).collect();
                let txn = database.begin_write().unwrap();
                let spent: Vec<_> = new.iter().map(|id| (id.to_be_bytes(), offset)).collect();
                add(&mut txn.open_table(ROWS).unwrap(), &spent).unwrap();
                txn.commit().unwrap();
                expected.extend(new.into_iter().map(|id| (id, offset)));
            }
            let rows = database.begin_read().unwrap().open_table(ROWS).unwrap();
            for id in 0_u128..310 {
                prop_assert_eq!(find(&rows, &id.to_be_bytes()).unwrap(), expected.get(&id).copied());
            }
            for row in rows.iter().unwrap() {
                prop_assert!(entries(row.unwrap().1.value()).unwrap().len() <= IDS_MAX);
            }
        }
    }
}
