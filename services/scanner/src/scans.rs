//! The one stream of scans: numbered, kept in a ring, watched by streams, claimed by one of them or by none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use chit_runtime::Clock;
use jiff::Timestamp;
use tokio::sync::watch;
use ulid::Ulid;

use crate::domain::refusal::Refusal;
use crate::domain::ring::Ring;
use crate::domain::scan::{Event, Scan, Source, What};

pub struct Scans {
    epoch: String,
    clock: Clock,
    state: Mutex<State>,
    newest: watch::Sender<u64>,
}

struct State {
    ring: Ring,
    enabled: bool,
    /// Changes when scans are enabled anew: a new checkout, in which the same code counts again.
    checkout: u64,
    claim: Option<Claim>,
    claims: u64,
}

#[derive(Clone, Debug)]
struct Claim {
    number: u64,
    name: String,
}

/// Holds the scanner until it is dropped.
pub struct ClaimGuard {
    scans: Arc<Scans>,
    number: u64,
}

impl ClaimGuard {
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for ClaimGuard {
    fn drop(&mut self) {
        self.scans.state().claim = None;
    }
}

impl Scans {
    pub fn new(clock: Clock) -> anyhow::Result<Self> {
        let state = State { ring: Ring::default(), enabled: true, checkout: 0, claim: None, claims: 0 };
        Ok(Self { epoch: epoch()?, clock, state: Mutex::new(state), newest: watch::Sender::new(0) })
    }

    /// Names this run of the service.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A scan of a handheld: everyone who watches gets it, unless scans are disabled.
    pub fn publish(&self, source: Source, device: &Arc<str>, scan: Scan) {
        let mut state = self.state();
        let what = if state.enabled { What::Scan(scan) } else { What::Refused(Refusal::Disabled) };
        self.push(&mut state, source, device, what);
    }

    pub fn refuse(&self, source: Source, device: &Arc<str>, refusal: Refusal) {
        self.push(&mut self.state(), source, device, What::Refused(refusal));
    }

    fn push(&self, state: &mut State, source: Source, device: &Arc<str>, what: What) {
        let claim = state.claim.as_ref().map_or(0, |claim| claim.number);
        let event = self.event(source, device, what, claim);
        let seq = event.seq;
        state.ring.push(event);
        self.newest.send_replace(seq);
    }

    /// A scan of the camera: only who asked for it gets it, but it takes a number like any other.
    pub fn number(&self, device: &Arc<str>, scan: Scan) -> Event {
        let _in_order = self.state();
        let event = self.event(Source::Camera, device, What::Scan(scan), 0);
        self.newest.send_replace(event.seq);
        event
    }

    fn event(&self, source: Source, device: &Arc<str>, what: What, claim: u64) -> Event {
        let seq = *self.newest.borrow() + 1;
        Event { seq, source, device: Arc::clone(device), time: self.clock.now(), what, claim }
    }

    pub fn after(&self, seq: u64, claim: u64) -> Vec<Event> {
        self.state().ring.after(seq, claim)
    }

    pub fn last_scan(&self, claim: u64) -> Option<Event> {
        self.state().ring.last_scan(claim)
    }

    /// The newest number, and word of every new one.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// `Err` names who has it.
    pub fn claim(self: &Arc<Self>, name: &str) -> Result<ClaimGuard, String> {
        let mut state = self.state();
        if let Some(claim) = &state.claim {
            return Err(claim.name.clone());
        }
        state.claims += 1;
        let number = state.claims;
        state.claim = Some(Claim { number, name: name.to_owned() });
        Ok(ClaimGuard { scans: Arc::clone(self), number })
    }

    pub fn claimed_by(&self) -> String {
        self.state().claim.as_ref().map(|claim| claim.name.clone()).unwrap_or_default()
    }

    pub fn enable(&self, enabled: bool) {
        let mut state = self.state();
        state.enabled = enabled;
        state.checkout += u64::from(enabled);
    }

    pub fn is_enabled(&self) -> bool {
        self.state().enabled
    }

    /// Another number = another checkout.
    pub fn checkout(&self) -> u64 {
        self.state().checkout
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn epoch() -> anyhow::Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    Ok(Ulid::from_parts(u64::try_from(unix_ms)?, u128::from_le_bytes(random)).to_string())
}
