//! What another service refuses stays on the sale it is about, until it is done.

use redb::TableDefinition;

use super::schemas::by_hand;
use super::{Shop, holds, see};
use crate::outbox::Effect;
use crate::values::ids::SaleId;

const PRINT_RECEIPT: i32 = 3;

#[test]
fn a_refused_effect_is_shown_until_it_is_done() {
    let (shop, holds) = (Shop::of_schema_2(), holds());
    let entry =
        holds["outbox"].as_array().unwrap().iter().find(|entry| entry["kind"] == "PRINT_RECEIPT").unwrap();
    let (number, subject) = (entry["entry"].as_u64().unwrap(), entry["subject_id"].as_str().unwrap());
    by_hand(&shop, |tx| {
        let mut sales = tx.open_table(TableDefinition::<&str, &[u8]>::new("sales")).unwrap();
        let mut sale = redb::ReadableTable::get(&sales, subject).unwrap().unwrap().value().to_vec();
        prost::encoding::string::encode(50, &"TOO_LARGE".to_owned(), &mut sale);
        prost::encoding::int32::encode(51, &PRINT_RECEIPT, &mut sale);
        sales.insert(subject, sale.as_slice()).unwrap();
    });
    let store = shop.open().unwrap();
    let sale: SaleId = subject.parse().unwrap();
    assert_eq!(see(&store, |view| view.refusal_of(sale)), Some("TOO_LARGE".into()));
    assert_eq!(see(&store, |view| view.refused_sales(usize::MAX)), [sale], "and on no other sale");
    assert_eq!(see(&store, |view| view.effect(number)), Some(Effect::PrintReceipt { sale }));
    store.write_blocking(move |tx| tx.complete(number)).unwrap();
    assert_eq!(see(&store, |view| view.refusal_of(sale)), None);
}
