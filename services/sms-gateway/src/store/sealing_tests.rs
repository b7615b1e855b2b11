use std::fs;

use super::*;
use crate::domain::outbox::{Class, Outgoing, State, tests::message};
use crate::store::tests::{Desk, at, credential, policy};
use crate::store::{Store, Taken};

const TEXT: &str = "Reply row 23 of your card";
/// "否" from +8613800138000.
const REPLY: &str = "00040D91683108108300F0000842114281509023025426";

fn holds(file: &Path, part: &[u8]) -> bool {
    fs::read(file).unwrap().windows(part.len()).any(|window| window == part)
}

/// The national digits, as they stand in every form of the number.
const NUMBER: &[u8] = b"13800138000";

fn busy_desk() -> Desk {
    let desk = Desk::new();
    let asked = Outgoing {
        id: "a".into(),
        text: crate::domain::phone::SmsText(TEXT.to_owned()),
        ..message(Class::Challenge)
    };
    desk.store().send(asked, &[7; 32]).unwrap();
    assert_eq!(desk.take("m", &hex::decode(REPLY).unwrap(), at(1)), Taken::Message);
    desk
}

/// As the program before wrote it: every record in clear, every number as it is.
fn into_older(file: &Path) {
    let older = file.with_extension("older");
    {
        let (from, to) = (Database::open(file).unwrap(), Database::create(&older).unwrap());
        let (from, to) = (from.begin_read().unwrap(), to.begin_write().unwrap());
        let wrapped =
            from.open_table(DATA_KEY).unwrap().get(DATA_KEY_NAME).unwrap().unwrap().value().to_vec();
        let vault = Vault::of_store(SERVICE, &credential(), Some(&wrapped)).unwrap().unwrap().vault;
        let copy = Copy { from: &from, to: &to, vault: &vault };
        copy.as_it_is(ORDER).unwrap();
        copy.as_it_is(SUBJECTS).unwrap();
        clear::<&str, MessageRecord>(&copy, MESSAGES);
        clear::<u64, MessageRecord>(&copy, EVENTS);
        clear::<&str, RequestRecord>(&copy, SENDS);
        clear::<u64, InboundRecord>(&copy, INBOX);
        to.open_table(ROUTES).unwrap().insert("800138000", "m").unwrap();
        to.open_table(BUCKETS).unwrap().insert("+8613800138000", (1, 2)).unwrap();
        to.open_table(META).unwrap().insert("indexes", 2).unwrap();
        to.commit().unwrap();
    }
    fs::rename(older, file).unwrap();
}

fn clear<K: Key + 'static, R: Sealed>(copy: &Copy<'_>, table: TableDefinition<'_, K, &'static [u8]>) {
    let mut to = copy.to.open_table(table).unwrap();
    for entry in copy.from.open_table(table).unwrap().iter().unwrap() {
        let (key, value) = entry.unwrap();
        let record: R = txn::open(copy.vault, value.value()).unwrap();
        let bytes = [vec![PLAIN], record.encode_to_vec()].concat();
        to.insert(key.value(), bytes.as_slice()).unwrap();
    }
}

#[test]
fn who_has_the_file_alone_reads_no_number_and_no_text() {
    let mut desk = busy_desk();
    let file = desk.close();
    for part in [NUMBER, TEXT.as_bytes(), "否".as_bytes(), b"8613800138000", b"800138000"] {
        assert!(!holds(&file, part), "{}", String::from_utf8_lossy(part));
    }
    assert!(holds(&file, b"sendable"), "the file is looked at");
}

#[test]
fn an_older_store_is_sealed_at_the_first_start_and_goes_on_where_it_was() {
    let mut desk = busy_desk();
    let (message, inbound) = (desk.store().get("a").unwrap(), desk.store().inbound_after(0, 9).unwrap());
    let file = desk.close();
    into_older(&file);
    assert!(holds(&file, NUMBER) && holds(&file, TEXT.as_bytes()), "the older store is in clear");
    // Killed amid the copy: what it left is thrown away.
    fs::write(file.with_extension("new"), b"half a copy").unwrap();
    desk.restart(at(2));
    assert_eq!(desk.store().get("a").unwrap(), message);
    assert_eq!(desk.store().inbound_after(0, 9).unwrap(), inbound);
    assert_eq!(desk.store().list("", u64::MAX, 9).unwrap().len(), 1);
    assert_eq!(message.message.state, State::Queued);
    assert_eq!(desk.take("m", &hex::decode(REPLY).unwrap(), at(3)), Taken::Message, "SEEN was empty");
    let file = desk.close();
    assert!(!holds(&file, NUMBER) && !holds(&file, TEXT.as_bytes()) && !file.with_extension("new").exists());
}

#[test]
fn another_key_opens_nothing_and_a_rotated_one_everything() {
    let mut desk = busy_desk();
    let file = desk.close();
    let open = |key: &[u8]| Store::open(&file, &Credential::read(key).unwrap(), policy(), at(2));
    assert!(matches!(open(&[9; 32]).err(), Some(StoreError::OtherKey)));
    let both = [[9; 32], [7; 32]].concat();
    assert_eq!(open(&both).unwrap().list("", u64::MAX, 9).unwrap().len(), 1);
    assert!(matches!(open(&[7; 32]).err(), Some(StoreError::OtherKey)), "the old one is worth nothing now");
    assert_eq!(open(&[9; 32]).unwrap().get("a").unwrap().message.text.0, TEXT);
}
