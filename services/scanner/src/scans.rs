//! The one stream of scans: numbered, kept in a ring, watched by streams.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use chit_runtime::Clock;
use tokio::sync::watch;
use ulid::Ulid;

use crate::domain::ring::Ring;
use crate::domain::scan::{Code, Scan, Source};

pub struct Scans {
    epoch: String,
    clock: Clock,
    ring: Mutex<Ring>,
    newest: watch::Sender<u64>,
}

impl Scans {
    pub fn new(clock: Clock) -> anyhow::Result<Self> {
        Ok(Self { epoch: epoch()?, clock, ring: Mutex::default(), newest: watch::Sender::new(0) })
    }

    /// Names this run of the service.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// A scan of the handheld: everyone who watches gets it.
    pub fn publish(&self, code: Code) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let scan = self.scan(*self.newest.borrow() + 1, Source::Serial, "handheld", code);
        let seq = scan.seq;
        ring.push(scan);
        self.newest.send_replace(seq);
    }

    /// A scan of the camera: only who asked for it gets it, but it takes a number like any other.
    pub fn number(&self, engine: &'static str, code: Code) -> Scan {
        let _in_order = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let scan = self.scan(*self.newest.borrow() + 1, Source::Camera, engine, code);
        self.newest.send_replace(scan.seq);
        scan
    }

    fn scan(&self, seq: u64, source: Source, engine: &'static str, code: Code) -> Scan {
        Scan { seq, source, code, engine, time: self.clock.now() }
    }

    pub fn after(&self, seq: u64) -> Vec<Scan> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).after(seq)
    }

    /// The newest number, and word of every new one.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }
}

fn epoch() -> anyhow::Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    Ok(Ulid::from_parts(u64::try_from(unix_ms)?, u128::from_le_bytes(random)).to_string())
}
