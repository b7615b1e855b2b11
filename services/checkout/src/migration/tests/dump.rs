//! All that a store holds, with what is sealed opened: sealing is never the same twice.

use std::collections::BTreeMap;

use crate::store::records::outbox::Message;
use crate::store::records::payer::Payer;
use crate::store::records::{decode, encode};
use crate::store::table::Table;
use crate::store::{Seek, View};
use crate::values::refusal::Result;

pub type Dump = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

pub fn dump(view: &View) -> Result<Dump> {
    let mut dump = Dump::new();
    for table in Table::ALL {
        for (key, value) in view.page(*table, b"", Seek::Start, usize::MAX)? {
            let opened = opened(view, *table, &key, value)?;
            dump.insert((*table, key), opened);
        }
    }
    Ok(dump)
}

fn opened(view: &View, table: Table, key: &[u8], value: Vec<u8>) -> Result<Vec<u8>> {
    let open = |what: &[u8], sealed: &[u8]| view.vault().open(&[what, key].concat(), sealed);
    Ok(match table {
        Table::Photos => open(b"photo/", &value)?,
        Table::Payers => {
            let payer: Payer = decode(&value)?;
            encode(&Payer { personal: open(b"payer/", &payer.personal)?, ..payer })
        }
        Table::Messages => {
            let message: Message = decode(&value)?;
            encode(&Message { letter: open(b"message/", &message.letter)?, ..message })
        }
        _ => value,
    })
}

/// The first row that differs, for a message a person can read.
pub fn assert_same(left: &Dump, right: &Dump) {
    let differs = left.iter().find(|(place, value)| right.get(place) != Some(value));
    assert!(differs.is_none(), "{:?}", differs.map(|((table, key), _)| (table, hex::encode(key))));
    let more = right.keys().find(|place| !left.contains_key(place));
    assert!(more.is_none(), "{:?}", more.map(|(table, key)| (table, hex::encode(key))));
}
