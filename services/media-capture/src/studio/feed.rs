//! What happened to one recording, for those who watch it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::recording::Recording;

/// More than the events of the longest clip; a watcher that is further behind starts at the oldest kept.
const EVENTS_KEPT_MAX: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    State,
    Fragment,
    Photo,
    Gap,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub kind: EventKind,
    pub recording: Recording,
}

pub struct Feed {
    events: Mutex<VecDeque<Event>>,
    revision: watch::Sender<u64>,
}

impl Feed {
    pub fn new(recording: &Recording) -> Self {
        let first = Event { kind: EventKind::State, recording: recording.clone() };
        Self { events: Mutex::new(VecDeque::from([first])), revision: watch::Sender::new(recording.revision) }
    }

    pub fn push(&self, kind: EventKind, recording: &Recording) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() == EVENTS_KEPT_MAX {
            events.pop_front();
        }
        events.push_back(Event { kind, recording: recording.clone() });
        drop(events);
        self.revision.send_replace(recording.revision);
    }

    pub fn after(&self, revision: u64) -> Vec<Event> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().filter(|event| event.recording.revision > revision).cloned().collect()
    }

    pub fn changes(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }
}
