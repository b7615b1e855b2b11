//! Which schemas are opened, and how often.

use redb::{Database, TableDefinition};

use super::dump::{assert_same, dump};
use super::{Shop, see, table_lengths};
use crate::migration::tables;
use crate::values::time::{self, HOUR_MS};

const NUMBERS: TableDefinition<'static, &str, u64> = TableDefinition::new("numbers");

/// Changes the older program's file as that program would: by hand.
pub fn by_hand(shop: &Shop, change: impl FnOnce(&redb::WriteTransaction)) {
    let db = Database::open(shop.file()).unwrap();
    let tx = db.begin_write().unwrap();
    change(&tx);
    tx.commit().unwrap();
}

fn set_schema(shop: &Shop, schema: u64) {
    by_hand(shop, |tx| {
        tx.open_table(NUMBERS).unwrap().insert("schema", schema).unwrap();
    });
}

pub fn forget_wrong_pins(shop: &Shop) {
    by_hand(shop, |tx| {
        let lockouts = TableDefinition::<&str, &[u8]>::new("pin_lockouts");
        tx.open_table(lockouts).unwrap().remove("zhao").unwrap();
    });
}

#[test]
fn a_new_store_has_todays_schema_and_an_older_program_refuses_it() {
    let shop = Shop::new();
    drop(shop.open().unwrap());
    let db = Database::open(shop.killed().file()).unwrap();
    assert_eq!(tables::schema(&db).unwrap(), Some(3), "where every program looks for it");
}

#[test]
fn a_store_of_schema_1_is_imported_like_one_of_schema_2() {
    let (older, newer) = (Shop::of_schema_2(), Shop::of_schema_2());
    // What came with schema 2.
    by_hand(&older, |tx| {
        tx.delete_table(TableDefinition::<&str, &str>::new("challenges_of")).unwrap();
        tx.delete_table(TableDefinition::<&str, &[u8]>::new("pin_lockouts")).unwrap();
        photos_into_payers(tx);
        tx.delete_table(TableDefinition::<&str, &[u8]>::new("photos")).unwrap();
        tx.open_table(NUMBERS).unwrap().insert("schema", 1).unwrap();
    });
    let (older, newer) = (older.open().unwrap(), newer.open().unwrap());
    let challenges = |view: &crate::store::View| {
        let payers = view.payers_after(None, usize::MAX)?;
        payers
            .into_iter()
            .map(|payer| Ok((payer.id, view.photo(payer.id)?, view.challenges_of(payer.id)?.len())))
            .collect::<crate::values::refusal::Result<Vec<_>>>()
    };
    let (older, newer) = (see(&older, challenges), see(&newer, challenges));
    assert!(older.iter().all(|(_, photo, _)| !photo.is_empty()));
    assert_eq!(older, newer);
}

/// As schema 1 had them: field 17 of the payer.
fn photos_into_payers(tx: &redb::WriteTransaction) {
    let (photos, payers) =
        (TableDefinition::<&str, &[u8]>::new("photos"), TableDefinition::<&str, &[u8]>::new("payers"));
    let photos = tx.open_table(photos).unwrap();
    let mut payers = tx.open_table(payers).unwrap();
    for row in redb::ReadableTable::iter(&photos).unwrap() {
        let (id, jpeg) = row.unwrap();
        let mut payer = redb::ReadableTable::get(&payers, id.value()).unwrap().unwrap().value().to_vec();
        prost::encoding::bytes::encode(17, &jpeg.value().to_vec(), &mut payer);
        payers.insert(id.value(), payer.as_slice()).unwrap();
    }
}

#[test]
fn an_imported_store_opened_again_is_what_it_was() {
    let shop = Shop::of_schema_2();
    let first = see(&shop.open().unwrap(), dump);
    let again = shop.killed();
    assert_same(&first, &see(&again.open().unwrap(), dump));
}

#[test]
fn nothing_of_the_older_program_is_left_in_the_file() {
    let shop = Shop::of_schema_2();
    drop(shop.open().unwrap());
    let db = Database::open(shop.killed().file()).unwrap();
    let tx = redb::ReadableDatabase::begin_read(&db).unwrap();
    let names: Vec<String> =
        tx.list_tables().unwrap().map(|table| redb::TableHandle::name(&table).to_owned()).collect();
    let own: Vec<String> = crate::store::table::Table::ALL
        .iter()
        .map(|t| redb::TableHandle::name(&t.definition()).to_owned())
        .collect();
    let others: Vec<&String> = names.iter().filter(|name| !own.contains(name)).collect();
    assert_eq!(others, ["numbers"], "it says which schema the file has");
    let bytes = std::fs::read(shop.file()).unwrap();
    let phone = b"+8613800010000";
    assert!(!bytes.windows(phone.len()).any(|part| part == phone), "a telephone number stands in the file");
}

#[test]
fn a_store_of_a_newer_or_an_unknown_program_is_refused_and_left_alone() {
    for (schema, says) in [(4, "install the release that wrote it"), (0, "restore the backup")] {
        let shop = Shop::of_schema_2();
        set_schema(&shop, schema);
        let before = table_lengths(&shop);
        let refusal = shop.open().err().expect("refused");
        assert!(refusal.message.contains(says), "{}", refusal.message);
        assert_eq!(table_lengths(&shop), before);
    }
}

#[test]
fn hours_in_which_the_modem_was_away_are_not_taken_from_a_payer() {
    let (heard, deaf) = (Shop::of_schema_2(), Shop::of_schema_2());
    let left_ms = super::holds()["left_ms"].as_i64().unwrap();
    // Longer than some challenges are out.
    let away_ms = 6 * HOUR_MS;
    by_hand(&deaf, |tx| {
        let since = u64::try_from(left_ms - away_ms).unwrap();
        tx.open_table(NUMBERS).unwrap().insert("modem_down_since_ms", since).unwrap();
    });
    let (heard, deaf) = (heard.open().unwrap(), deaf.open().unwrap());
    deaf.write_blocking(crate::store::Tx::hear_again).unwrap();
    let left = |store: &crate::store::Store| {
        let open = see(store, |view| {
            let heard_ms = view.heard_ms(time::from_ms(left_ms))?;
            let payers = view.payers_after(None, usize::MAX)?;
            let mut left = Vec::new();
            for id in payers.iter().filter_map(|payer| payer.open_challenge) {
                let challenge = view.challenge(id)?;
                left.extend(challenge.ends_heard_ms.map(|ends| (challenge.submitted_at, ends - heard_ms)));
            }
            Ok(left)
        });
        assert!(!open.is_empty());
        open
    };
    for ((submitted, before), (_, after)) in left(&heard).into_iter().zip(left(&deaf)) {
        let lost = left_ms - submitted.unwrap().as_millisecond().max(left_ms - away_ms);
        // The clock went on for a moment between the two imports.
        assert!((after - before - lost).abs() < 60_000, "{lost} ms: {before}, then {after}");
    }
}
