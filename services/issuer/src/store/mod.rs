//! One redb file that only this process opens. What is in it is sealed: a card's serial freezes its payer, and which rows of
//! whom were asked for is nobody's business.

mod asks;
mod custody;
mod error;
mod records;
mod witnessed;

use std::path::Path;

use chit_code_card::CardSerial;
use chit_vault::{Credential, Failure, Vault, open_store};
use redb::{Builder, Database, ReadableTable, TableDefinition, WriteTransaction};

pub use custody::Kept;
pub use error::{Result, StoreError};
use records::{Answered, CardRecord};

use crate::domain::Card;

// <card id, CardRecord, sealed>
const CARDS: TableDefinition<&[u8; 8], &[u8]> = TableDefinition::new("cards");
// <keyed hash of a card serial, card id>
const SERIALS: TableDefinition<&[u8; 16], &[u8; 8]> = TableDefinition::new("serials");
// <keyed hash of caller and request id, Answered, sealed>
const REQUESTS: TableDefinition<&[u8; 16], &[u8]> = TableDefinition::new("requests");
// <(ms, key of REQUESTS), ()>
const REQUESTS_BY_TIME: TableDefinition<(i64, &[u8; 16]), ()> = TableDefinition::new("requests_by_time");
// <id of an ask and of its SMS, AskRecord, sealed>
const ASKS: TableDefinition<&[u8; 16], &[u8]> = TableDefinition::new("asks");
// <(keyed hash of a phone, id of an ask), ()>
const ASKS_BY_PHONE: TableDefinition<(&[u8; 16], &[u8; 16]), ()> = TableDefinition::new("asks_by_phone");
// <"inbound", sequence number of the last message that was heard; "restored_backup_ms", time of a backup>
const CURSORS: TableDefinition<&str, u64> = TableDefinition::new("cursors");
// <origin of a ledger, (records, root) of the newest tree that was cosigned>
const WITNESSED: TableDefinition<&str, (u64, &[u8; 32])> = TableDefinition::new("witnessed");
// <place in the record of custody, CustodyRecord, sealed>
const CUSTODY: TableDefinition<u64, &[u8]> = TableDefinition::new("custody");
// <keyed hash of a custodian's name, (wrong PINs, times locked, locked until in unix ms)>
const PINS: TableDefinition<&[u8; 16], (u8, u8, i64)> = TableDefinition::new("pins");
// <"data key", the store's data key, wrapped by issuer-data.key>
const DATA_KEY: TableDefinition<&str, &[u8]> = TableDefinition::new("data_key");

/// What the vault is called by.
const SERVICE: &str = "issuer";
const DATA_KEY_NAME: &str = "data key";
/// A till may have been away for a year: its forwarded reply still gets its first verdict.
const REQUESTS_KEPT_MS: i64 = 400 * 24 * 3_600_000;
/// Requests past that are forgotten in this number with each new one, so no call waits for a sweep.
const FORGOTTEN_AT_A_TIME: usize = 2;

/// Who asks, and what: tells a retry from another request.
pub struct Request {
    /// Name of the shop; empty for the issuer's own people.
    pub caller: String,
    pub id: [u8; 16],
    /// SHA-256 of the request as it came.
    pub fingerprint: [u8; 32],
    pub now_ms: i64,
}

pub struct Store {
    database: Database,
    vault: Vault,
    failure: Failure,
}

/// One transaction; it happens with its answer or not at all.
pub struct Draft<'a> {
    transaction: &'a WriteTransaction,
    vault: &'a Vault,
}

impl Store {
    pub fn open(path: &Path, credential: &Credential) -> Result<Self> {
        Self::on(open_store(&Builder::new(), path)?, credential)
    }

    fn on(database: Database, credential: &Credential) -> Result<Self> {
        let transaction = database.begin_write()?;
        transaction.open_table(CARDS)?;
        transaction.open_table(SERIALS)?;
        transaction.open_table(REQUESTS)?;
        transaction.open_table(REQUESTS_BY_TIME)?;
        transaction.open_table(ASKS)?;
        transaction.open_table(ASKS_BY_PHONE)?;
        transaction.open_table(CURSORS)?;
        transaction.open_table(WITNESSED)?;
        transaction.open_table(CUSTODY)?;
        transaction.open_table(PINS)?;
        let vault = vault_of(&transaction, credential)?;
        transaction.commit()?;
        Ok(Self { database, vault, failure: Failure::default() })
    }

    /// Waits until the file has failed.
    pub async fn failed(&self) {
        self.failure.wait().await;
    }

    /// Does `work` once for each request; a repeated one gets the first answer.
    pub fn once(
        &self,
        request: &Request,
        work: impl FnOnce(&Draft<'_>) -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        let key = self.request_key(request);
        self.write(|draft| {
            if let Some(answered) = draft.answered(&key)? {
                let same = answered.fingerprint == request.fingerprint;
                return if same { Ok(answered.answer) } else { Err(StoreError::Different) };
            }
            let answer = work(draft)?;
            draft.put_answer(&key, &request.fingerprint, answer.clone())?;
            draft.transaction.open_table(REQUESTS_BY_TIME)?.insert((request.now_ms, &key), ())?;
            forget(draft.transaction, request.now_ms)?;
            Ok(answer)
        })
    }

    /// Happens as a whole or, when it is refused, not at all.
    pub fn write<T>(&self, work: impl FnOnce(&Draft<'_>) -> Result<T>) -> Result<T> {
        let done = self.draft(work);
        if matches!(done, Err(StoreError::Database(_))) {
            self.failure.note();
        }
        done
    }

    fn draft<T>(&self, work: impl FnOnce(&Draft<'_>) -> Result<T>) -> Result<T> {
        let transaction = self.database.begin_write()?;
        let done = work(&Draft { transaction: &transaction, vault: &self.vault })?;
        transaction.commit()?;
        Ok(done)
    }

    /// The name of a request in this store.
    pub fn request_key(&self, request: &Request) -> [u8; 16] {
        self.vault.keyed(b"request", &[request.caller.as_bytes(), &[0], &request.id].concat())
    }
}

impl Draft<'_> {
    pub fn card(&self, id: &[u8; 8]) -> Result<Option<Card>> {
        let cards = self.transaction.open_table(CARDS)?;
        let Some(sealed) = cards.get(id)? else { return Ok(None) };
        let record: CardRecord = records::decode(&self.vault.open(&context(id), sealed.value())?)?;
        records::to_card(*id, record).map(Some)
    }

    pub fn card_with(&self, serial: CardSerial) -> Result<Option<Card>> {
        let id = self.transaction.open_table(SERIALS)?.get(&self.serial_key(serial))?.map(|id| *id.value());
        id.map_or(Ok(None), |id| self.card(&id))
    }

    /// Of all cards.
    pub fn card_ids(&self) -> Result<Vec<[u8; 8]>> {
        let cards = self.transaction.open_table(CARDS)?;
        cards.iter()?.map(|entry| Ok(*entry?.0.value())).collect()
    }

    pub fn put(&self, card: &Card) -> Result<()> {
        let record = records::encode(&records::from_card(card));
        let sealed = self.vault.seal(&context(&card.holder), &record)?;
        self.transaction.open_table(CARDS)?.insert(&card.holder, sealed.as_slice())?;
        self.transaction.open_table(SERIALS)?.insert(&self.serial_key(card.serial), &card.holder)?;
        Ok(())
    }

    fn answered(&self, key: &[u8; 16]) -> Result<Option<Answered>> {
        let requests = self.transaction.open_table(REQUESTS)?;
        let Some(sealed) = requests.get(key)? else { return Ok(None) };
        records::decode(&self.vault.open(&answer_context(key), sealed.value())?).map(Some)
    }

    fn put_answer(&self, key: &[u8; 16], fingerprint: &[u8; 32], answer: Vec<u8>) -> Result<()> {
        let answered = Answered { fingerprint: fingerprint.to_vec(), answer };
        let sealed = self.vault.seal(&answer_context(key), &records::encode(&answered))?;
        self.transaction.open_table(REQUESTS)?.insert(key, sealed.as_slice())?;
        Ok(())
    }

    fn serial_key(&self, serial: CardSerial) -> [u8; 16] {
        self.vault.keyed(b"card serial", &serial.get().to_be_bytes())
    }
}

fn answer_context(key: &[u8; 16]) -> Vec<u8> {
    [b"answer/".as_slice(), key].concat()
}

fn context(id: &[u8; 8]) -> Vec<u8> {
    [b"card/".as_slice(), id].concat()
}

/// Opens the data key, makes that of a new store, and wraps it anew when the credential was rotated.
fn vault_of(transaction: &WriteTransaction, credential: &Credential) -> Result<Vault> {
    let mut keys = transaction.open_table(DATA_KEY)?;
    let known = keys.get(DATA_KEY_NAME)?.map(|wrapped| wrapped.value().to_vec());
    let opened = Vault::of_store(SERVICE, credential, known.as_deref())?.ok_or(StoreError::OtherKey)?;
    if let Some(wrapped) = opened.rewrapped {
        keys.insert(DATA_KEY_NAME, wrapped.0.as_slice())?;
    }
    Ok(opened.vault)
}

fn forget(transaction: &WriteTransaction, now_ms: i64) -> Result<()> {
    let mut by_time = transaction.open_table(REQUESTS_BY_TIME)?;
    let until = now_ms.saturating_sub(REQUESTS_KEPT_MS);
    let mut old = Vec::new();
    for entry in by_time.range(..(until, &[0; 16]))?.take(FORGOTTEN_AT_A_TIME) {
        let (place, _) = entry?;
        let (at, key) = place.value();
        old.push((at, *key));
    }
    let mut requests = transaction.open_table(REQUESTS)?;
    for (at, key) in old {
        requests.remove(&key)?;
        by_time.remove((at, &key))?;
    }
    Ok(())
}

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Holder, Language};

    const DAY_MS: i64 = 24 * 3_600_000;

    fn store(folder: &Path) -> Store {
        Store::open(&folder.join("issuer.redb"), &Credential::read(&[4; 32]).unwrap()).unwrap()
    }

    fn request(id: u8, body: u8, now_ms: i64) -> Request {
        Request { caller: "corner".into(), id: [id; 16], fingerprint: [body; 32], now_ms }
    }

    #[test]
    fn a_card_reads_back_and_nothing_of_it_lies_in_clear() {
        let dir = tempfile::tempdir().unwrap();
        let mut card = Card::new(CardSerial::new(48_151_623).unwrap(), *b"cardcard");
        let order: Vec<_> = chit_code_card::Row::all().collect();
        card.assign("a-corner-shop", &order, 3).unwrap();
        card.assigned[1].tried.push(chit_code_card::CodeHash([9; 16]));
        card.locked = true;
        card.hand_to(Holder { phone: "+8613800005678".into(), language: Language::English }).unwrap();
        let put = card.clone();
        let first = store(dir.path());
        let put = |draft: &Draft<'_>| draft.put(&put).map(|()| b"done".to_vec());
        assert_eq!(first.once(&request(1, 1, 0), put).unwrap(), b"done");
        drop(first);
        let again = store(dir.path());
        let look = |draft: &Draft<'_>| {
            assert_eq!(draft.card_with(card.serial)?, Some(card.clone()));
            assert_eq!(draft.card_with(CardSerial::new(1).unwrap())?, None);
            Ok(Vec::new())
        };
        again.once(&request(2, 2, 0), look).unwrap();
        drop(again);
        let bytes = std::fs::read(dir.path().join("issuer.redb")).unwrap();
        for secret in [&b"a-corner-shop"[..], b"13800005678"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }

    #[test]
    fn a_repeated_request_gets_the_first_answer_and_another_body_none() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let say = |word: &'static [u8]| move |_: &Draft<'_>| Ok(word.to_vec());
        assert_eq!(store.once(&request(1, 1, 0), say(b"first")).unwrap(), b"first");
        assert_eq!(store.once(&request(1, 1, 5), say(b"second")).unwrap(), b"first");
        assert!(matches!(store.once(&request(1, 2, 5), say(b"second")), Err(StoreError::Different)));
        let other = Request { caller: "other".into(), ..request(1, 2, 5) };
        assert_eq!(store.once(&other, say(b"theirs")).unwrap(), b"theirs");
        let later = 401 * DAY_MS;
        store.once(&request(3, 3, later), say(b"later")).unwrap();
        assert_eq!(store.once(&request(1, 2, later), say(b"anew")).unwrap(), b"anew", "forgotten");
    }

    #[test]
    fn what_is_refused_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let card = Card::new(CardSerial::new(7).unwrap(), [1; 8]);
        let refused = store.once(&request(1, 1, 0), |draft| {
            draft.put(&card)?;
            Err(crate::domain::Refusal::RowsExhausted.into())
        });
        assert!(matches!(refused, Err(StoreError::Refused(_))));
        let look = |draft: &Draft<'_>| {
            assert_eq!(draft.card(&[1; 8])?, None);
            Ok(Vec::new())
        };
        store.once(&request(1, 2, 0), look).unwrap();
    }
}
