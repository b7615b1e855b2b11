//! How the readers are, as GetStatus tells it, and what they send, as WatchDevices shows it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{broadcast, mpsc};

use crate::domain::profile::{Command, Profile};
use crate::domain::refusal::Refusal;
use crate::domain::scan::{Scan, Source};

/// Happenings on their way to a slow watcher; it misses the older ones.
const SEEN_MAX: usize = 256;
/// Commands on their way to a device.
const COMMANDS_MAX: usize = 8;

/// What a device just did.
#[derive(Clone, Debug)]
pub enum Seen {
    Received(Vec<u8>),
    Framed(Vec<u8>),
    Reply(Vec<u8>),
    Scan(Scan),
    Refused(Refusal),
}

#[derive(Clone, Debug, Default)]
pub struct Health {
    pub ready: bool,
    /// Why it is not ready.
    pub remedy: String,
    pub scans: u64,
    pub refusals: u64,
    pub suffix: &'static str,
    pub remark: &'static str,
}

pub struct Device {
    pub name: Arc<str>,
    pub source: Source,
    health: Mutex<Health>,
    /// `None` when it takes no commands.
    pub commands: Option<mpsc::Sender<Command>>,
    /// How it wants to hear them.
    pub profile: Option<Profile>,
    seen: broadcast::Sender<(Arc<str>, Source, Seen)>,
}

impl Device {
    pub fn health(&self) -> Health {
        self.lock().clone()
    }

    pub fn change(&self, change: impl FnOnce(&mut Health)) {
        change(&mut self.lock());
    }

    pub fn ready(&self) {
        self.change(|health| (health.ready, health.remedy) = (true, String::new()));
    }

    pub fn absent(&self, remedy: impl Into<String>) {
        self.change(|health| (health.ready, health.remedy) = (false, remedy.into()));
    }

    /// Costs nothing while nobody watches.
    pub fn show(&self, seen: impl FnOnce() -> Seen) {
        if self.seen.receiver_count() > 0 {
            // The last watcher may have left meanwhile.
            let _ = self.seen.send((Arc::clone(&self.name), self.source, seen()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct Sources {
    devices: Vec<Arc<Device>>,
    seen: broadcast::Sender<(Arc<str>, Source, Seen)>,
    decoder_restarts: AtomicU64,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            devices: Vec::new(),
            seen: broadcast::Sender::new(SEEN_MAX),
            decoder_restarts: AtomicU64::new(0),
        }
    }
}

impl Sources {
    pub fn add(&mut self, name: &str, source: Source) -> Arc<Device> {
        self.push(name, source, None, None)
    }

    /// One that takes commands.
    pub fn add_commanded(
        &mut self,
        name: &str,
        source: Source,
        profile: Option<Profile>,
    ) -> (Arc<Device>, mpsc::Receiver<Command>) {
        let (sender, commands) = mpsc::channel(COMMANDS_MAX);
        (self.push(name, source, Some(sender), profile), commands)
    }

    fn push(
        &mut self,
        name: &str,
        source: Source,
        commands: Option<mpsc::Sender<Command>>,
        profile: Option<Profile>,
    ) -> Arc<Device> {
        let health = Mutex::new(Health { remedy: "not looked for yet".to_owned(), ..Health::default() });
        let seen = self.seen.clone();
        let device = Arc::new(Device { name: name.into(), source, health, commands, profile, seen });
        self.devices.push(Arc::clone(&device));
        device
    }

    pub fn devices(&self) -> &[Arc<Device>] {
        &self.devices
    }

    pub fn watch(&self) -> broadcast::Receiver<(Arc<str>, Source, Seen)> {
        self.seen.subscribe()
    }

    pub fn count_decoder_restart(&self) {
        self.decoder_restarts.fetch_add(1, Ordering::Relaxed);
    }

    pub fn decoder_restarts(&self) -> u64 {
        self.decoder_restarts.load(Ordering::Relaxed)
    }
}
