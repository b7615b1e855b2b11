//! Answers by request id, kept for a month: the same id with the same body gets the first answer again. Each caller has
//! ids of its own, so nobody takes another's.

use prost::Message;
use sha2::{Digest, Sha256};

use super::records::{self, request::Remembered};
use super::table::Table;
use super::{Seek, Tx, View};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// Who asks: a certificate or the uid of a peer on the Unix socket.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Caller(pub String);

/// Whose ids an older program kept: those of all callers together.
const ANYBODY: &str = "";

/// One request of one caller.
#[derive(Clone)]
pub struct RequestKey {
    own: Vec<u8>,
    of_anybody: Vec<u8>,
}

impl RequestKey {
    pub fn new(caller: &Caller, request_id: &str) -> Self {
        let key = |caller: &str| [caller.as_bytes(), &[0], request_id.as_bytes()].concat();
        Self { own: key(&caller.0), of_anybody: key(ANYBODY) }
    }
}

/// A request as it is compared: its name, and its body without secrets.
pub struct Body {
    pub name: &'static str,
    pub bytes: Vec<u8>,
}

impl Body {
    /// As an older program compared it.
    fn plain(&self) -> [u8; 32] {
        Sha256::new().chain_update(self.name).chain_update([0]).chain_update(&self.bytes).finalize().into()
    }
}

impl View {
    /// Keyed, because a short body (a number, a name) is found by trying.
    fn fingerprint(&self, body: &Body) -> [u8; 16] {
        self.vault().keyed(body.name.as_bytes(), &body.bytes)
    }

    /// The first answer to this request id, if there was one; refused if the body differs.
    pub fn remembered<M: Message + Default>(&self, key: &RequestKey, body: &Body) -> Result<Option<M>> {
        let (known, same) = match self.record::<Remembered>(Table::Requests, &key.own)? {
            Some(known) => {
                let same = known.fingerprint == self.fingerprint(body);
                (known, same)
            }
            None => match self.record::<Remembered>(Table::Requests, &key.of_anybody)? {
                Some(known) => {
                    let same = known.fingerprint == body.plain();
                    (known, same)
                }
                None => return Ok(None),
            },
        };
        if !same {
            let message = "request_id was used for another request; make a new one for a new intent";
            let refusal = Refusal::new(RefusalKind::Conflict, Reason::REQUEST_ID_REUSED, message);
            return Err(Refusal { field: Some("request_id".into()), ..refusal });
        }
        records::decode(&known.response).map(Some)
    }
}

impl Tx {
    pub fn remember(&mut self, key: &RequestKey, body: &Body, response: &impl Message) {
        let row =
            Remembered { fingerprint: self.fingerprint(body).to_vec(), response: records::encode(response) };
        let now_ms = self.now.as_millisecond();
        self.put_request(&key.own, now_ms, &row);
    }

    /// What an older program remembered.
    pub fn adopt_request(&mut self, request_id: &str, time_ms: i64, row: &Remembered) {
        let key = RequestKey::new(&Caller(ANYBODY.into()), request_id);
        self.put_request(&key.own, time_ms, row);
    }

    fn put_request(&mut self, key: &[u8], time_ms: i64, row: &Remembered) {
        self.put(Table::Requests, key, row);
        self.set(Table::RequestsByTime, &[&time_ms.to_be_bytes(), key].concat(), Vec::new());
    }

    /// Forgets answers of before this time, at most `limit`; returns how many.
    pub fn forget_requests(&mut self, before_ms: i64, limit: usize) -> Result<usize> {
        let before = before_ms.to_be_bytes();
        let rows = self.page(Table::RequestsByTime, b"", Seek::Start, limit)?;
        let old: Vec<Vec<u8>> =
            rows.into_iter().map(|(key, _)| key).filter(|key| key[..8] < before[..]).collect();
        for key in &old {
            self.remove(Table::RequestsByTime, key);
            self.remove(Table::Requests, &key[8..]);
        }
        Ok(old.len())
    }
}
