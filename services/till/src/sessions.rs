//! Who is signed in here. Checkout opens the sessions and knows them over a restart of this process; the cookie holds a
//! session's token. Here is only what belongs to the till: how long nobody touched it, and what was looked up. Nothing is
//! written to disk, so nothing on a disk can be forged.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chit_proto::checkout::v1::{StaffMember, StaffRole};
use sha2::{Digest, Sha256};

/// Signed-in browsers at a time; the one that was idle longest is asked for at checkout again.
const SESSIONS_MAX: usize = 64;
/// Sales whose evidence a session may open, the newest looked up.
const VIEWED_MAX: usize = 32;

type Key = [u8; 32];

/// One file of a bundle that this session has looked up.
#[derive(Clone, Debug)]
pub struct ViewedFile {
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
}

#[derive(Clone, Debug)]
pub struct Session {
    pub name: String,
    pub role: StaffRole,
    pub must_change_pin: bool,
    last: Instant,
    viewed: Vec<(String, Vec<ViewedFile>)>,
}

/// What the till knows of a token.
pub enum Found {
    Open(Session),
    /// Nobody touched it for too long: it ends.
    Idle,
    /// Not from this process: checkout may know it.
    Unknown,
}

impl Session {
    pub fn is_at_least(&self, role: StaffRole) -> bool {
        self.role != StaffRole::Auditor && self.role >= role
    }

    /// The file, if this session has looked its sale up.
    pub fn viewed(&self, sale_id: &str, name: &str) -> Option<&ViewedFile> {
        let (_, files) = self.viewed.iter().find(|(id, _)| id == sale_id)?;
        files.iter().find(|file| file.name == name)
    }
}

pub struct Sessions {
    all: Mutex<HashMap<Key, Session>>,
    idle: Duration,
}

impl Sessions {
    pub fn new(idle_minutes: u32) -> Self {
        Self { all: Mutex::default(), idle: Duration::from_secs(60 * u64::from(idle_minutes)) }
    }

    /// Checkout says that this token is `member`'s.
    pub fn begin(&self, token: &str, member: &StaffMember, now: Instant) -> Session {
        let session = Session {
            name: member.name.clone(),
            role: member.role(),
            must_change_pin: member.must_change_pin,
            last: now,
            viewed: Vec::new(),
        };
        let mut all = self.lock();
        if all.len() >= SESSIONS_MAX
            && let Some(oldest) = all.iter().min_by_key(|(_, session)| session.last).map(|(key, _)| *key)
        {
            all.remove(&oldest);
        }
        all.insert(key_of(token), session.clone());
        session
    }

    pub fn find(&self, token: &str, now: Instant) -> Found {
        match self.lock().get(&key_of(token)) {
            None => Found::Unknown,
            Some(session) if now.saturating_duration_since(session.last) > self.idle => Found::Idle,
            Some(session) => Found::Open(session.clone()),
        }
    }

    /// A person did something: the idle time starts again.
    pub fn touch(&self, token: &str, now: Instant) {
        if let Some(session) = self.lock().get_mut(&key_of(token)) {
            session.last = now;
        }
    }

    pub fn pin_changed(&self, token: &str) {
        if let Some(session) = self.lock().get_mut(&key_of(token)) {
            session.must_change_pin = false;
        }
    }

    pub fn end(&self, token: &str) {
        self.lock().remove(&key_of(token));
    }

    pub fn saw(&self, token: &str, sale_id: &str, files: Vec<ViewedFile>) {
        if let Some(session) = self.lock().get_mut(&key_of(token)) {
            session.viewed.retain(|(id, _)| id != sale_id);
            session.viewed.push((sale_id.to_owned(), files));
            let excess = session.viewed.len().saturating_sub(VIEWED_MAX);
            session.viewed.drain(..excess);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Session>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key_of(token: &str) -> Key {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> StaffMember {
        StaffMember { name: name.into(), role: StaffRole::Cashier as i32, must_change_pin: false }
    }

    #[test]
    fn an_idle_session_ends_and_a_touched_one_goes_on() {
        let (sessions, start) = (Sessions::new(30), Instant::now());
        let after = |minutes: u64| start + Duration::from_secs(60 * minutes);
        sessions.begin("a", &named("li"), start);
        sessions.touch("a", after(29));
        assert!(matches!(sessions.find("a", after(58)), Found::Open(_)));
        assert!(matches!(sessions.find("a", after(60)), Found::Idle));
    }

    #[test]
    fn one_browser_too_many_pushes_out_the_one_that_was_idle_longest() {
        let (sessions, start) = (Sessions::new(30), Instant::now());
        let after = |seconds: usize| start + Duration::from_secs(seconds as u64);
        for at in 0..SESSIONS_MAX {
            sessions.begin(&at.to_string(), &named("li"), after(at));
        }
        let now = after(SESSIONS_MAX);
        sessions.touch("0", now);
        sessions.begin("newest", &named("li"), now);
        assert!(matches!(sessions.find("1", now), Found::Unknown), "the one that nobody touched");
        for kept in ["0", "2", "newest"] {
            assert!(matches!(sessions.find(kept, now), Found::Open(_)), "{kept}");
        }
    }

    #[test]
    fn a_session_opens_only_what_it_has_looked_up() {
        let (sessions, now) = (Sessions::new(30), Instant::now());
        sessions.begin("a", &named("li"), now);
        let file = ViewedFile { name: "video.mp4".into(), media_type: "video/mp4".into(), size_bytes: 9 };
        sessions.saw("a", "A", vec![file]);
        let Found::Open(session) = sessions.find("a", now) else { panic!("it is open") };
        assert!(session.viewed("A", "video.mp4").is_some());
        assert!(session.viewed("A", "goods.bin").is_none() && session.viewed("B", "video.mp4").is_none());
    }

    #[test]
    fn an_auditor_is_nobody_s_superior() {
        let sessions = Sessions::new(30);
        let auditor = StaffMember { role: StaffRole::Auditor as i32, ..named("sun") };
        assert!(!sessions.begin("a", &auditor, Instant::now()).is_at_least(StaffRole::Cashier));
    }
}
