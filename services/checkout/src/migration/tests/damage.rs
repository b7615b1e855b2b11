//! A record that cannot be read stops the start, says which, and nothing is lost.

use redb::{Database, TableDefinition, TableHandle as _};

use super::{Shop, see, table_lengths};
use crate::migration::tables;
use crate::store::table::Table;

type Named = TableDefinition<'static, &'static str, &'static [u8]>;
const SALES: Named = TableDefinition::new("sales");
const EVENTS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("events");

/// Refused with these words, and the older program's tables are as they were.
fn assert_refused(shop: &Shop, words: &[&str]) {
    let old = |shop: &Shop| {
        let mut lengths = table_lengths(shop);
        lengths.retain(|name, _| Table::ALL.iter().all(|own| own.definition().name() != name));
        lengths
    };
    let before = old(shop);
    let refusal = shop.open().err().expect("refused");
    for word in words {
        assert!(refusal.message.contains(word), "{word} is not in: {}", refusal.message);
    }
    assert_eq!(old(shop), before);
    let db = Database::open(shop.file()).unwrap();
    assert_eq!(tables::schema(&db).unwrap(), Some(2), "the older program still opens it");
}

/// A sale's bytes before and after.
fn put_sale(shop: &Shop, bytes: impl FnOnce(&[u8]) -> Vec<u8>) -> (String, Vec<u8>) {
    let db = Database::open(shop.file()).unwrap();
    let tx = db.begin_write().unwrap();
    let (id, whole) = {
        let mut sales = tx.open_table(SALES).unwrap();
        let (id, whole) = {
            let last = redb::ReadableTable::last(&sales).unwrap().unwrap();
            (last.0.value().to_owned(), last.1.value().to_vec())
        };
        sales.insert(id.as_str(), bytes(&whole).as_slice()).unwrap();
        (id, whole)
    };
    tx.commit().unwrap();
    (id, whole)
}

#[test]
fn a_sale_that_cannot_be_read_stops_the_start_and_an_import_goes_on_when_it_is_mended() {
    let shop = Shop::of_schema_2();
    let (id, whole) = put_sale(&shop, |whole| whole[..whole.len() / 2].to_vec());
    assert_refused(&shop, &["table sales", &format!("key {id}")]);
    let (_, _) = put_sale(&shop, |_| whole);
    let mended = see(&shop.open().unwrap(), |view| view.sales_before(None, None, usize::MAX));
    assert_eq!(mended.len(), 53);
}

#[test]
fn a_record_of_an_unknown_version_stops_the_start() {
    let shop = Shop::of_schema_2();
    put_sale(&shop, |whole| [&[9], &whole[1..]].concat());
    assert_refused(&shop, &["table sales", "unknown version"]);
}

#[test]
fn an_event_that_was_changed_or_taken_out_stops_the_start() {
    let change = |change: fn(&mut redb::Table<'_, u64, &[u8]>)| {
        let shop = Shop::of_schema_2();
        let db = Database::open(shop.file()).unwrap();
        let tx = db.begin_write().unwrap();
        change(&mut tx.open_table(EVENTS).unwrap());
        tx.commit().unwrap();
        drop(db);
        shop
    };
    let changed = change(|events| {
        let mut bytes = redb::ReadableTable::get(events, 700).unwrap().unwrap().value().to_vec();
        // Another time of the change.
        prost::encoding::int64::encode(3, &1, &mut bytes);
        events.insert(700, bytes.as_slice()).unwrap();
    });
    assert_refused(&changed, &["table events", "key 701", "was changed"]);
    let gone = change(|events| {
        events.remove(700).unwrap();
    });
    assert_refused(&gone, &["table events", "key 701", "missing"]);
}

#[test]
fn two_payers_whose_numbers_are_one_are_both_frozen() {
    let shop = Shop::of_schema_2();
    let db = Database::open(shop.file()).unwrap();
    let payers: Named = TableDefinition::new("payers");
    // Argentina: a mobile number with its 9 and without are one subscriber's.
    let numbers = ["+5491123456789", "+541123456789"];
    let tx = db.begin_write().unwrap();
    let ids = {
        let mut payers = tx.open_table(payers).unwrap();
        let active: Vec<(String, Vec<u8>)> = redb::ReadableTable::iter(&payers)
            .unwrap()
            .map(|row| row.map(|(id, payer)| (id.value().to_owned(), payer.value().to_vec())).unwrap())
            .filter(|(_, payer)| {
                crate::store::records::decode::<crate::migration::v2::Payer>(payer).unwrap().state == 3
            })
            .take(2)
            .collect();
        for ((id, payer), number) in active.iter().zip(numbers) {
            let mut payer = payer.clone();
            prost::encoding::string::encode(4, &number.to_owned(), &mut payer);
            payers.insert(id.as_str(), payer.as_slice()).unwrap();
        }
        active.into_iter().map(|(id, _)| id.parse::<crate::PayerId>().unwrap()).collect::<Vec<_>>()
    };
    tx.commit().unwrap();
    drop(db);
    let store = shop.open().unwrap();
    for id in &ids {
        assert_eq!(see(&store, |view| view.payer(*id)).state, crate::payer::PayerState::Frozen);
    }
    let need = see(&store, |view| view.payers_in_need(usize::MAX));
    assert!(ids.iter().all(|id| need.iter().any(|payer| payer.id == *id)));
}
