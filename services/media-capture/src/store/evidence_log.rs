//! What is known of a sale's evidence after its seal, when it is due, and what happened to it.

use prost::Message;
use redb::{ReadableDatabase, ReadableTable, TableDefinition};

use super::{Store, StoreError};
use crate::domain::custody::{Custody, Entry, EntryKind, Hold, HoldKind};
use crate::domain::ids::SaleId;
use crate::domain::retention::Facts;

// <sale ULID, version byte + record>
pub(super) const CUSTODY: TableDefinition<&str, &[u8]> = TableDefinition::new("custody");
// <(when to look at it in microseconds, sale ULID), nothing>
pub(super) const DUE: TableDefinition<(i64, &str), ()> = TableDefinition::new("custody-due");
// <position from 1, version byte + record>; only ever appended to
pub(super) const LOG: TableDefinition<u64, &[u8]> = TableDefinition::new("evidence-log");

const VERSION: u8 = 1;

#[derive(Clone, PartialEq, Message)]
struct CustodyRecord {
    #[prost(int64, optional, tag = "1")]
    verified: Option<i64>,
    #[prost(int64, optional, tag = "2")]
    notice_delivered: Option<i64>,
    #[prost(int64, optional, tag = "3")]
    concluded: Option<i64>,
    #[prost(message, repeated, tag = "4")]
    holds: Vec<HoldRecord>,
    #[prost(int64, optional, tag = "5")]
    film_erased: Option<i64>,
    #[prost(string, tag = "6")]
    film_erased_rule: String,
    #[prost(int64, optional, tag = "7")]
    all_erased: Option<i64>,
    #[prost(int64, optional, tag = "8")]
    due: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct HoldRecord {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(uint32, tag = "2")]
    kind: u32,
    #[prost(string, tag = "3")]
    actor: String,
    #[prost(string, tag = "4")]
    reason: String,
    #[prost(int64, tag = "5")]
    since: i64,
}

#[derive(Clone, PartialEq, Message)]
struct EntryRecord {
    #[prost(string, tag = "1")]
    sale: String,
    #[prost(uint32, tag = "2")]
    kind: u32,
    #[prost(int64, tag = "3")]
    at: i64,
    #[prost(string, tag = "4")]
    rule: String,
    #[prost(string, tag = "5")]
    actor: String,
    #[prost(string, tag = "6")]
    reason: String,
    #[prost(bytes = "vec", tag = "7")]
    manifest_sha256: Vec<u8>,
}

const HOLDS: [HoldKind; 3] = [HoldKind::Dispute, HoldKind::Enquiry, HoldKind::Person];
const KINDS: [EntryKind; 6] = [
    EntryKind::FilmErased,
    EntryKind::AllErased,
    EntryKind::ExportedRedacted,
    EntryKind::ExportedWhole,
    EntryKind::Held,
    EntryKind::HoldReleased,
];

impl Store {
    /// What is known of a sale; nothing yet is the default.
    pub fn custody(&self, sale: &SaleId) -> Result<Custody, StoreError> {
        let table = self.db()?.begin_read()?.open_table(CUSTODY)?;
        let known = table.get(sale.as_str())?.map(|bytes| decode(bytes.value())).transpose()?;
        Ok(known.map(|(custody, _)| custody).unwrap_or_default())
    }

    /// The new state, when to look at it again, and what is to be told of it, in one transaction.
    pub fn put_custody(
        &self,
        sale: &SaleId,
        custody: &Custody,
        due: Option<i64>,
        entry: Option<&Entry>,
    ) -> Result<(), StoreError> {
        self.write(|write| {
            let mut table = write.open_table(CUSTODY)?;
            let before = table.get(sale.as_str())?.map(|bytes| decode(bytes.value())).transpose()?;
            let mut dues = write.open_table(DUE)?;
            if let Some(at) = before.and_then(|(_, due)| due) {
                dues.remove((at, sale.as_str()))?;
            }
            if let Some(at) = due {
                dues.insert((at, sale.as_str()), ())?;
            }
            table.insert(sale.as_str(), &*encode(custody, due))?;
            if let Some(entry) = entry {
                let mut log = write.open_table(LOG)?;
                let position = log.last()?.map_or(1, |(last, _)| last.value() + 1);
                log.insert(position, &*encode_entry(sale, entry))?;
            }
            Ok(())
        })
    }

    /// Sales to look at, the longest due first.
    pub fn due(&self, now: i64, at_most: usize) -> Result<Vec<SaleId>, StoreError> {
        let table = self.db()?.begin_read()?.open_table(DUE)?;
        let upto = table.range(..(now.saturating_add(1), ""))?.take(at_most);
        upto.map(|row| sale_of(row?.0.value().1)).collect()
    }

    /// Sales whose film is kept and will be due one day, the earliest first: candidates when the disk is short.
    pub fn film_by_due(&self, at_most: usize) -> Result<Vec<SaleId>, StoreError> {
        let table = self.db()?.begin_read()?.open_table(DUE)?;
        table.iter()?.take(at_most).map(|row| sale_of(row?.0.value().1)).collect()
    }

    pub fn log_after(&self, position: u64, at_most: usize) -> Result<Vec<(u64, Entry)>, StoreError> {
        let table = self.db()?.begin_read()?.open_table(LOG)?;
        let rows = table.range(position.saturating_add(1)..)?.take(at_most);
        rows.map(|row| {
            row.map_err(StoreError::from).and_then(|(at, entry)| Ok((at.value(), entry_of(entry.value())?)))
        })
        .collect()
    }
}

fn sale_of(text: &str) -> Result<SaleId, StoreError> {
    SaleId::parse(text).map_err(|_| StoreError::Damaged("a sale's id"))
}

fn encode(custody: &Custody, due: Option<i64>) -> Vec<u8> {
    let hold = |hold: &Hold| HoldRecord {
        id: hold.id.clone(),
        kind: super::record::number_of(&HOLDS, &hold.kind),
        actor: hold.actor.clone(),
        reason: hold.reason.clone(),
        since: hold.since,
    };
    let record = CustodyRecord {
        verified: custody.facts.verified,
        notice_delivered: custody.facts.notice_delivered,
        concluded: custody.facts.concluded,
        holds: custody.holds.iter().map(hold).collect(),
        film_erased: custody.film_erased.as_ref().map(|(at, _)| *at),
        film_erased_rule: custody.film_erased.as_ref().map(|(_, rule)| rule.clone()).unwrap_or_default(),
        all_erased: custody.all_erased,
        due,
    };
    [&[VERSION], &record.encode_to_vec()[..]].concat()
}

fn decode(bytes: &[u8]) -> Result<(Custody, Option<i64>), StoreError> {
    let Some((&VERSION, body)) = bytes.split_first() else {
        return Err(StoreError::Damaged("a version nobody wrote"));
    };
    let record = CustodyRecord::decode(body).map_err(|_| StoreError::Damaged("not a record"))?;
    let hold = |hold: HoldRecord| {
        let kind = super::record::from_number(&HOLDS, hold.kind)?;
        Ok::<_, StoreError>(Hold {
            id: hold.id,
            kind,
            actor: hold.actor,
            reason: hold.reason,
            since: hold.since,
        })
    };
    let CustodyRecord { verified, notice_delivered, concluded, .. } = record;
    let custody = Custody {
        facts: Facts { verified, notice_delivered, concluded },
        holds: record.holds.into_iter().map(hold).collect::<Result<_, _>>()?,
        film_erased: record.film_erased.map(|at| (at, record.film_erased_rule)),
        all_erased: record.all_erased,
    };
    Ok((custody, record.due))
}

fn encode_entry(sale: &SaleId, entry: &Entry) -> Vec<u8> {
    let record = EntryRecord {
        sale: sale.to_string(),
        kind: super::record::number_of(&KINDS, &entry.kind),
        at: entry.at,
        rule: entry.rule.clone(),
        actor: entry.actor.clone(),
        reason: entry.reason.clone(),
        manifest_sha256: entry.manifest_sha256.to_vec(),
    };
    [&[VERSION], &record.encode_to_vec()[..]].concat()
}

fn entry_of(bytes: &[u8]) -> Result<Entry, StoreError> {
    let Some((&VERSION, body)) = bytes.split_first() else {
        return Err(StoreError::Damaged("a version nobody wrote"));
    };
    let record = EntryRecord::decode(body).map_err(|_| StoreError::Damaged("not an entry"))?;
    Ok(Entry {
        sale: sale_of(&record.sale)?,
        kind: super::record::from_number(&KINDS, record.kind)?,
        at: record.at,
        rule: record.rule,
        actor: record.actor,
        reason: record.reason,
        manifest_sha256: record.manifest_sha256,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_is_found_in_time_order_and_moves_with_the_custody() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("media.redb")).unwrap();
        let sale = |end: char| SaleId::parse(&format!("01J9ZQ4M8W5T7V2X3Y6B0C1D2{end}")).unwrap();
        let hold = Hold {
            id: "d1".into(),
            kind: HoldKind::Dispute,
            actor: "wang".into(),
            reason: "x".into(),
            since: 5,
        };
        let facts = Facts { verified: Some(-1), ..Facts::default() };
        let custody =
            Custody { facts, holds: vec![hold], film_erased: Some((4, "eu".into())), all_erased: None };
        for (end, due) in [('A', Some(30)), ('B', Some(10)), ('C', None), ('A', Some(20))] {
            store.put_custody(&sale(end), &custody, due, None).unwrap();
        }
        assert_eq!(store.due(9, 10).unwrap(), []);
        assert_eq!(store.due(20, 10).unwrap(), [sale('B'), sale('A')]);
        assert_eq!(store.due(99, 1).unwrap(), [sale('B')]);
        assert_eq!(store.custody(&sale('C')).unwrap(), custody);
        assert_eq!(store.custody(&sale('D')).unwrap(), Custody::default());
    }

    #[test]
    fn the_log_counts_from_1_without_a_gap() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("media.redb")).unwrap();
        let sale = SaleId::parse("01J9ZQ4M8W5T7V2X3Y6B0C1D2F").unwrap();
        let entry = |at| Entry {
            sale: sale.clone(),
            kind: EntryKind::FilmErased,
            at,
            rule: "cn/conclusion+90d".into(),
            actor: String::new(),
            reason: String::new(),
            manifest_sha256: vec![9; 32],
        };
        for at in 1..=3 {
            store.put_custody(&sale, &Custody::default(), None, Some(&entry(at))).unwrap();
        }
        assert_eq!(store.log_after(1, 10).unwrap(), [(2, entry(2)), (3, entry(3))]);
        assert_eq!(store.log_after(0, 2).unwrap().len(), 2);
    }
}
