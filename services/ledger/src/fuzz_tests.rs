//! Bytes from nowhere, and good messages with damage: requests, records, imports. On stable, without a fuzzing toolchain;
//! `just fuzz` runs many more cases (CHIT_LEDGER_FUZZ_CASES).

use chit_proto::ledger::v1 as pb;
use proptest::prelude::*;
use prost::Message as _;

use crate::domain::memory_books::{MemoryBooks, hold, hold_for, post, post_pending, void_pending};
use crate::domain::{Draft, UnixMicros};
use crate::store::{JournalStore, Storage};
use crate::{audit, journal, wire};

fn cases() -> ProptestConfig {
    let cases =
        std::env::var("CHIT_LEDGER_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    ProptestConfig { cases, ..ProptestConfig::default() }
}

/// One change of a byte string: a flipped bit, a cut, a doubled piece, a foreign byte.
#[derive(Clone, Debug)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Double(prop::sample::Index),
    Insert(prop::sample::Index, u8),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Flip(place, bit) => {
                let place = place.index(bytes.len());
                bytes[place] ^= 1 << bit;
            }
            Self::Cut(place) => bytes.truncate(place.index(bytes.len())),
            Self::Double(place) => bytes.extend_from_within(place.index(bytes.len())..),
            Self::Insert(place, byte) => bytes.insert(place.index(bytes.len()), *byte),
        }
    }
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let index = any::<prop::sample::Index>;
    let one = prop_oneof![
        (index(), 0..8_u8).prop_map(|(place, bit)| Damage::Flip(place, bit)),
        index().prop_map(Damage::Cut),
        index().prop_map(Damage::Double),
        (index(), any::<u8>()).prop_map(|(place, byte)| Damage::Insert(place, byte)),
    ];
    prop::collection::vec(one, 0..4)
}

fn history() -> Vec<Vec<u8>> {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    let _accepted = [
        books.ask(&hold(10, payer, shop, 500)),
        books.ask(&hold_for(5, 11, payer, shop, 70)),
        books.ask(&post_pending(12, 10, None)),
        books.ask(&post(13, payer, payer, 1)),
        books.ask(&void_pending(14, 11)),
        books.ask(&post(15, payer, shop, 3)),
    ];
    books.records.iter().map(journal::encode).collect()
}

/// Everything a caller can send goes through these.
fn decode_requests(bytes: &[u8]) {
    if let Ok(transfer) = pb::Transfer::decode(bytes)
        && let Ok(request) = wire::transfer_request(&transfer)
    {
        let again = wire::transfer_request(&wire::request_to_pb(&request)).unwrap();
        assert_eq!(again, request);
    }
    if let Ok(account) = pb::Account::decode(bytes) {
        let _terms_or_fault = wire::account_terms(&account);
    }
    if let Ok(fact) = pb::Fact::decode(bytes) {
        let _fact_or_fault = wire::fact(&fact);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _id = (wire::transfer_id("f", text), wire::actor("f", text), wire::subject("f", text));
    }
}

fn decode_record(bytes: &[u8]) {
    if let Ok(record) = journal::decode(bytes) {
        // A record that is taken means one thing: written again, it reads the same.
        assert_eq!(journal::decode(&journal::encode(&record)).unwrap(), record);
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn bytes_from_nowhere_are_refused_or_understood(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        decode_requests(&bytes);
        decode_record(&bytes);
        decode_record(&[&[1], bytes.as_slice()].concat());
    }

    #[test]
    fn damaged_messages_are_refused_or_understood(which in any::<prop::sample::Index>(), damage in damage()) {
        let mut record = which.get(&history()).clone();
        for one in &damage {
            one.apply(&mut record);
        }
        decode_record(&record);
        if let Ok(message) = pb::JournalRecord::decode(record.get(1..).unwrap_or_default())
            && let Some(pb::journal_record::Change::Transfer(transfer)) = message.change
        {
            let mut bytes = transfer.encode_to_vec();
            damage.iter().for_each(|one| one.apply(&mut bytes));
            decode_requests(&bytes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases().cases / 10, ..cases() })]

    #[test]
    fn an_import_of_anything_leaves_a_ledger_that_verifies(
        which in any::<prop::sample::Index>(),
        damage in damage(),
        order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle(),
        shuffled in any::<bool>(),
    ) {
        let mut records = history();
        let place = which.index(records.len());
        for one in &damage {
            one.apply(&mut records[place]);
        }
        if shuffled {
            records = order.iter().map(|place| records[*place].clone()).collect();
        }
        let dir = tempfile::tempdir().unwrap();
        let store = JournalStore::open(dir.path()).unwrap();
        let decoded: Result<Vec<_>, _> = records.iter().map(|record| journal::decode(record)).collect();
        if let Ok(decoded) = decoded {
            let view = store.view().unwrap();
            let mut draft = Draft::new(&*view, UnixMicros(0)).unwrap();
            let outcome = draft.redo_all(decoded).unwrap();
            let changes = draft.into_changes();
            drop(view);
            let head = store.commit(changes).unwrap();
            prop_assert_eq!(head.seq, if outcome.is_ok() { records.len() as u64 } else { 0 }, "all or nothing");
        }
        prop_assert_eq!(audit::verify(&*store.view().unwrap()).unwrap().problem, None);
    }
}
