//! Who is signed in here. Checkout opens the sessions and knows them over a restart of this process; the cookie holds a
//! session's token. Here is only what belongs to the till: how long nobody touched it, and what was looked up. Nothing is
//! written to disk, so nothing on a disk can be forged.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chit_proto::checkout::v1::{StaffMember, StaffRole};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

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
    pub fn begin(&self, token: &str, member: &StaffMember) -> Session {
        let session = Session {
            name: member.name.clone(),
            role: member.role(),
            must_change_pin: member.must_change_pin,
            last: Instant::now(),
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

    pub fn find(&self, token: &str) -> Found {
        match self.lock().get(&key_of(token)) {
            None => Found::Unknown,
            Some(session) if session.last.elapsed() > self.idle => Found::Idle,
            Some(session) => Found::Open(session.clone()),
        }
    }

    /// A person did something: the idle time starts again.
    pub fn touch(&self, token: &str) {
        if let Some(session) = self.lock().get_mut(&key_of(token)) {
            session.last = Instant::now();
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

    fn is_open(sessions: &Sessions, token: &str) -> bool {
        matches!(sessions.find(token), Found::Open(_))
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_session_ends_and_a_touched_one_goes_on() {
        let sessions = Sessions::new(30);
        sessions.begin("a", &named("li"));
        tokio::time::advance(Duration::from_secs(29 * 60)).await;
        sessions.touch("a");
        tokio::time::advance(Duration::from_secs(29 * 60)).await;
        assert!(is_open(&sessions, "a"));
        tokio::time::advance(Duration::from_secs(2 * 60)).await;
        assert!(matches!(sessions.find("a"), Found::Idle));
    }

    #[tokio::test(start_paused = true)]
    async fn one_browser_too_many_pushes_out_the_one_that_was_idle_longest() {
        let sessions = Sessions::new(30);
        for at in 0..SESSIONS_MAX {
            sessions.begin(&at.to_string(), &named("li"));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        sessions.touch("0");
        sessions.begin("newest", &named("li"));
        assert!(matches!(sessions.find("1"), Found::Unknown), "the one that nobody touched");
        assert!(is_open(&sessions, "0") && is_open(&sessions, "2") && is_open(&sessions, "newest"));
    }

    #[test]
    fn a_session_opens_only_what_it_has_looked_up() {
        let sessions = Sessions::new(30);
        sessions.begin("a", &named("li"));
        let file = ViewedFile { name: "video.mp4".into(), media_type: "video/mp4".into(), size_bytes: 9 };
        sessions.saw("a", "A", vec![file]);
        let Found::Open(session) = sessions.find("a") else { panic!("it is open") };
        assert!(session.viewed("A", "video.mp4").is_some());
        assert!(session.viewed("A", "goods.bin").is_none() && session.viewed("B", "video.mp4").is_none());
    }

    #[test]
    fn an_auditor_is_nobody_s_superior() {
        let sessions = Sessions::new(30);
        let auditor = StaffMember { role: StaffRole::Auditor as i32, ..named("sun") };
        assert!(!sessions.begin("a", &auditor).is_at_least(StaffRole::Cashier));
    }
}
