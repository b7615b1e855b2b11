use std::collections::BTreeSet;

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn record(n: u8) -> BadRecord {
    BadRecord {
        sale_id: format!("01JDT00000000000000000000{n}"),
        sale_number: "8F3K".into(),
        sold_on: "2026-11-24".into(),
        owed_minor: 1250 * i64::from(n),
        debtor_name: "Ada Li".into(),
        debtor_iban: "DE89370400440532013000".into(),
        mandate_id: "01JDT0000000000000000000MM".into(),
        presented: 3,
        return_reason: "AM04".into(),
        listed_on: "2026-12-20".into(),
        ends_on: "2029-12-20".into(),
        evidence_sha256: "0f".repeat(32),
    }
}

fn file() -> BadRecords {
    BadRecords {
        format: FORMAT.into(),
        file_id: "01JDT0000000000000000000FF".into(),
        made_at: "2026-12-21T09:00:00Z".into(),
        shop: "Huimin Shops".into(),
        creditor_id: "DE98ZZZ09999999999".into(),
        currency: "CNY".into(),
        ledger_checkpoint: "chit-ledger-1\n5\nAAAA\n".into(),
        records: vec![record(1), BadRecord { debtor_name: "=HYPERLINK(1)".into(), ..record(2) }],
    }
}

fn keys() -> (SigningKey, SigningKey) {
    (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]))
}

#[test]
fn a_file_is_believed_under_its_shops_key_only() {
    let (shop, other) = keys();
    let signed = file().sign(&shop).unwrap();
    assert_eq!(BadRecords::verify(&signed, &shop.verifying_key()), Ok(file()));
    assert_eq!(BadRecords::verify(&signed, &other.verifying_key()), Err(Fault::Forged));
    let forged = Signed { signature: file().sign(&other).unwrap().signature, ..signed.clone() };
    assert_eq!(BadRecords::verify(&forged, &shop.verifying_key()), Err(Fault::Forged));
    let bare = Signed { signature: Vec::new(), ..signed };
    assert_eq!(BadRecords::verify(&bare, &shop.verifying_key()), Err(Fault::NoNote));
}

#[test]
fn no_form_of_a_file_can_be_changed_nor_exchanged_for_another_files() {
    let (shop, _) = keys();
    let (signed, key) = (file().sign(&shop).unwrap(), shop.verifying_key());
    let less = BadRecords { records: vec![record(1)], ..file() }.sign(&shop).unwrap();
    let other_json = Signed { json: less.json, ..signed.clone() };
    assert_eq!(BadRecords::verify(&other_json, &key), Err(Fault::OtherJson));
    let other_csv = Signed { csv: less.csv, ..signed };
    assert_eq!(BadRecords::verify(&other_csv, &key), Err(Fault::OtherCsv));
}

#[test]
fn a_table_that_was_signed_and_says_something_else_is_refused() {
    let (shop, _) = keys();
    let mut signed = file().sign(&shop).unwrap();
    signed.csv = table::of(&BadRecords { records: vec![record(1)], ..file() }).unwrap();
    signed.signature = note::sign(&file().file_id, &signed.json, &signed.csv, &shop).unwrap();
    assert_eq!(BadRecords::verify(&signed, &shop.verifying_key()), Err(Fault::TableDiffers));
}

#[test]
fn what_is_signed_can_be_checked_with_sha256sum() {
    let (shop, _) = keys();
    let signed = file().sign(&shop).unwrap();
    let note = String::from_utf8(signed.signature).unwrap();
    let lines: Vec<&str> = note.lines().collect();
    assert_eq!(lines[..2], [FORMAT, "01JDT0000000000000000000FF"]);
    assert_eq!(lines[2], format!("{} json", note::hash(&signed.json)));
    assert_eq!(lines[3], format!("{} csv", note::hash(&signed.csv)));
}

#[test]
fn no_cell_of_the_table_is_a_formula() {
    let table = String::from_utf8(table::of(&file()).unwrap()).unwrap();
    assert!(table.contains(",'=HYPERLINK(1),"), "{table}");
    assert_eq!(table.lines().count(), 3);
}

/// The names in a part of the schema and those that are written, side by side.
fn names(schema: &Value, written: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let of = |object: &Value| object.as_object().unwrap().keys().cloned().collect();
    let required = schema["required"].as_array().unwrap();
    let required: BTreeSet<String> = required.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    assert_eq!(required, of(&schema["properties"]), "nothing is left out");
    assert_eq!(schema["additionalProperties"], Value::Bool(false));
    (of(&schema["properties"]), of(written))
}

#[test]
fn the_schema_names_what_is_written() {
    let schema: Value = serde_json::from_str(include_str!("../schema/bad-records-1.schema.json")).unwrap();
    let written = serde_json::to_value(file()).unwrap();
    let (wanted, is) = names(&schema, &written);
    assert_eq!(wanted, is);
    let (wanted, is) = names(&schema["properties"]["records"]["items"], &written["records"][0]);
    assert_eq!(wanted, is);
    assert_eq!(schema["properties"]["format"]["const"], FORMAT);
    assert_eq!(schema["properties"]["records"]["maxItems"], RECORDS_MAX);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(json in any::<Vec<u8>>(), csv in any::<Vec<u8>>(), signature in any::<Vec<u8>>()) {
        let (shop, _) = keys();
        let signed = Signed { json, csv, signature };
        prop_assert!(BadRecords::verify(&signed, &shop.verifying_key()).is_err());
    }
}
