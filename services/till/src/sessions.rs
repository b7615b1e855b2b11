//! Who is signed in. A token is 256 random bits in an HttpOnly cookie; only its hash is known here.
//!
//! The hashes are also written to `run_dir` (memory on a real installation, gone with a reboot), so that a restart of this
//! process signs no cashier out.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use chit_proto::checkout::v1::{StaffMember, StaffRole};
use sha2::{Digest, Sha256};

/// Signed-in browsers at a time; the one that was idle longest goes.
const SESSIONS_MAX: usize = 64;
/// Sales whose evidence a session may open, the newest looked up.
const VIEWED_MAX: usize = 32;
const SECONDS_PER_MINUTE: u64 = 60;
/// A touch is written to the file when the last one there is older.
const WRITE_AFTER_S: u64 = 30;

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
    last_s: u64,
    viewed: Vec<(String, Vec<ViewedFile>)>,
}

impl Session {
    pub fn is_at_least(&self, role: StaffRole) -> bool {
        self.role >= role
    }

    /// The file, if this session has looked its sale up.
    pub fn viewed(&self, sale_id: &str, name: &str) -> Option<&ViewedFile> {
        let (_, files) = self.viewed.iter().find(|(id, _)| id == sale_id)?;
        files.iter().find(|file| file.name == name)
    }
}

pub struct Sessions {
    all: Mutex<HashMap<Key, Session>>,
    file: PathBuf,
    idle_s: u64,
}

impl Sessions {
    pub fn open(file: PathBuf, idle_minutes: u32) -> Self {
        let idle_s = u64::from(idle_minutes) * SECONDS_PER_MINUTE;
        let text = fs::read_to_string(&file).unwrap_or_default();
        let all = text.lines().filter_map(parse).collect();
        Self { all: Mutex::new(all), file, idle_s }
    }

    /// Returns the token for the cookie.
    pub fn begin(&self, member: &StaffMember) -> anyhow::Result<String> {
        let mut token = [0; 32];
        getrandom::fill(&mut token).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
        let token = hex::encode(token);
        let session =
            Session { name: member.name.clone(), role: member.role(), last_s: now_s(), viewed: Vec::new() };
        let mut all = self.lock();
        if all.len() >= SESSIONS_MAX
            && let Some(oldest) = all.iter().min_by_key(|(_, session)| session.last_s).map(|(key, _)| *key)
        {
            all.remove(&oldest);
        }
        all.insert(key_of(&token), session);
        self.write(&all);
        Ok(token)
    }

    /// The session of a token, if it is not too long idle.
    pub fn find(&self, token: &str) -> Option<Session> {
        let session = self.lock().get(&key_of(token)).cloned()?;
        (now_s().saturating_sub(session.last_s) <= self.idle_s).then_some(session)
    }

    /// As `find`, for something a person did: the idle time starts again.
    pub fn touch(&self, token: &str) -> Option<Session> {
        let session = self.find(token)?;
        let mut all = self.lock();
        let now = now_s();
        if let Some(kept) = all.get_mut(&key_of(token)) {
            let written = kept.last_s;
            kept.last_s = now;
            if now.saturating_sub(written) > WRITE_AFTER_S {
                self.write(&all);
            }
        }
        Some(session)
    }

    pub fn end(&self, token: &str) {
        let mut all = self.lock();
        all.remove(&key_of(token));
        self.write(&all);
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

    /// A session that cannot be written lives on in memory.
    fn write(&self, all: &HashMap<Key, Session>) {
        let draft = self.file.with_extension("draft");
        let lines: String = all.iter().map(|(key, session)| line(key, session)).collect();
        let mut options = fs::OpenOptions::new();
        let written = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| file.write_all(lines.as_bytes()))
            .and_then(|()| fs::rename(&draft, &self.file));
        if let Err(error) = written {
            tracing::warn!(%error, "sessions will not outlive this process");
        }
    }
}

fn line(key: &Key, session: &Session) -> String {
    format!("{} {} {} {}\n", hex::encode(key), session.role as i32, session.last_s, session.name)
}

fn parse(line: &str) -> Option<(Key, Session)> {
    let mut words = line.splitn(4, ' ');
    let key = hex::decode(words.next()?).ok()?.try_into().ok()?;
    let role = StaffRole::try_from(words.next()?.parse::<i32>().ok()?).ok()?;
    let last_s = words.next()?.parse().ok()?;
    Some((key, Session { name: words.next()?.to_owned(), role, last_s, viewed: Vec::new() }))
}

fn key_of(token: &str) -> Key {
    Sha256::digest(token.as_bytes()).into()
}

/// Of the system, not of the sandbox: advancing a day must not sign everybody out.
fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn li() -> StaffMember {
        StaffMember { name: "li".into(), role: StaffRole::Cashier as i32 }
    }

    #[test]
    fn a_session_outlives_the_process_and_its_token_is_nowhere_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("till.sessions");
        let token = Sessions::open(file.clone(), 30).begin(&li()).unwrap();
        let again = Sessions::open(file.clone(), 30);
        assert_eq!(again.touch(&token).unwrap().name, "li");
        assert!(!fs::read_to_string(&file).unwrap().contains(&token));
        again.end(&token);
        assert!(Sessions::open(file, 30).find(&token).is_none());
    }

    #[test]
    fn an_idle_session_ends() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(dir.path().join("s"), 30);
        let token = sessions.begin(&li()).unwrap();
        sessions.lock().values_mut().for_each(|session| session.last_s -= 31 * 60);
        assert!(sessions.touch(&token).is_none());
    }

    #[test]
    fn a_session_opens_only_what_it_has_looked_up() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(dir.path().join("s"), 30);
        let token = sessions.begin(&li()).unwrap();
        let file = ViewedFile { name: "video.mp4".into(), media_type: "video/mp4".into(), size_bytes: 9 };
        sessions.saw(&token, "A", vec![file]);
        let session = sessions.find(&token).unwrap();
        assert!(session.viewed("A", "video.mp4").is_some());
        assert!(session.viewed("A", "goods.bin").is_none() && session.viewed("B", "video.mp4").is_none());
    }
}
