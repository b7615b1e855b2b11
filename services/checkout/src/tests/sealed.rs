//! What is sealed is bound to its place: whoever can write the store's file cannot put one payer's account or words under another.

use super::bank::AtBank;
use crate::store::table::Table;
use crate::store::{Seek, View, records};
use crate::values::ids::PayerId;
use crate::values::refusal::{RefusalKind, Result};

/// Reads the record of this key.
type Read = fn(&View, &[u8]) -> Result<()>;

#[tokio::test]
async fn a_sealed_record_does_not_open_under_the_id_of_another() {
    let at = AtBank::open().await;
    at.submitted().await;
    let sealed: [(Table, Read); 4] = [
        (Table::Mandates, |view, key| view.find_mandate(records::id(key)?).map(drop)),
        (Table::Payers, |view, key| view.payer(PayerId(records::fixed(key)?)).map(drop)),
        (Table::Messages, |view, key| view.message(records::id(key)?).map(drop)),
        (Table::Debits, |view, key| view.debits(records::id(&key[..16])?, key[16], None, 9).map(drop)),
    ];
    for (table, read) in sealed {
        let moved = at.till.write(move |tx| {
            let rows = tx.page(table, b"", Seek::Start, 1)?;
            let [(key, value)] = &rows[..] else { panic!("nothing in {table:?}") };
            read(tx, key).expect("in its place it opens");
            let mut other = key.clone();
            *other.last_mut().expect("a key") ^= 1;
            tx.set(table, &other, value.clone());
            read(tx, &other)
        });
        assert_eq!(moved.await.unwrap_err().kind, RefusalKind::Internal, "{table:?}");
    }
}
