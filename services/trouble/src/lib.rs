//! What this process warned of, for people who read no logs: every `warn!` and `error!` of Chit's own code is kept by the
//! place that said it, and `chit doctor` asks for it.

use chit_proto::trouble::v1 as pb;
use chit_proto::trouble::v1::trouble_service_server::TroubleService;
use jiff::Timestamp;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tonic::{Request, Response, Status};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber, callsite};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Places in the program; there are about a hundred, and few ever speak.
const KINDS_MAX: usize = 64;
const TEXT_CHARS_MAX: usize = 300;

/// The ones of this process.
static INSTALLED: OnceLock<Troubles> = OnceLock::new();

/// What is kept; a layer of the process's subscriber, and the service that tells it.
#[derive(Clone)]
pub struct Troubles {
    service: &'static str,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    by_place: HashMap<callsite::Identifier, pb::Trouble>,
    left_out: u64,
}

/// What this process warned of, newest first; nothing in a test that has no telemetry.
pub fn own() -> Vec<pb::Trouble> {
    INSTALLED.get().map(|troubles| troubles.list().troubles).unwrap_or_default()
}

impl Troubles {
    fn new(service: &'static str) -> Self {
        Self { service, kept: Arc::default() }
    }

    /// Those of this process, from now on.
    pub fn install(service: &'static str) -> Self {
        INSTALLED.get_or_init(|| Self::new(service)).clone()
    }

    /// Those that were installed; others, empty, where nobody did.
    pub fn installed(service: &'static str) -> Self {
        INSTALLED.get().cloned().unwrap_or_else(|| Self::new(service))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, place: callsite::Identifier, severity: pb::Severity, text: String, now: Timestamp) {
        let mut kept = self.kept();
        let now = Some(prost_types::Timestamp { seconds: now.as_second(), nanos: now.subsec_nanosecond() });
        if let Some(known) = kept.by_place.get_mut(&place) {
            known.count += 1;
            known.text = text;
            known.last_time = now;
        } else if kept.by_place.len() < KINDS_MAX {
            let service = self.service.to_owned();
            let severity = severity.into();
            let trouble = pb::Trouble { service, severity, text, count: 1, first_time: now, last_time: now };
            kept.by_place.insert(place, trouble);
        } else {
            kept.left_out += 1;
        }
    }

    fn list(&self) -> pb::ListTroublesResponse {
        let kept = self.kept();
        let mut troubles: Vec<_> = kept.by_place.values().cloned().collect();
        let newest = |trouble: &pb::Trouble| trouble.last_time.map(|time| (time.seconds, time.nanos));
        troubles.sort_by_key(|trouble| std::cmp::Reverse(newest(trouble)));
        pb::ListTroublesResponse { troubles, left_out: kept.left_out }
    }
}

impl<S: Subscriber> Layer<S> for Troubles {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let about = event.metadata();
        let severity = match *about.level() {
            Level::ERROR => pb::Severity::Error,
            Level::WARN => pb::Severity::Warning,
            _ => return,
        };
        // What a library thinks of its own work is for the log.
        if !about.target().starts_with("chit") {
            return;
        }
        let mut words = Words::default();
        event.record(&mut words);
        self.note(about.callsite(), severity, words.into_text(), Timestamp::now());
    }
}

#[tonic::async_trait]
impl TroubleService for Troubles {
    async fn list_troubles(
        &self,
        _request: Request<pb::ListTroublesRequest>,
    ) -> Result<Response<pb::ListTroublesResponse>, Status> {
        Ok(Response::new(self.list()))
    }
}

/// A log line as people read it: what happened, then the fields.
#[derive(Default)]
struct Words {
    message: String,
    fields: Vec<String>,
}

impl Words {
    fn into_text(self) -> String {
        let Self { message, fields } = self;
        let text = if fields.is_empty() { message } else { format!("{message} ({})", fields.join(", ")) };
        text.chars().take(TEXT_CHARS_MAX).collect()
    }
}

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message = value.to_owned(),
            name => self.fields.push(format!("{name} {value}")),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.fields.push(format!("{} {value}", field.name()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt as _;

    fn told(say: impl FnOnce()) -> pb::ListTroublesResponse {
        let troubles = Troubles::new("checkout");
        tracing::subscriber::with_default(tracing_subscriber::registry().with(troubles.clone()), say);
        troubles.list()
    }

    #[test]
    fn each_place_that_warned_is_told_once_with_its_count_and_its_last_words() {
        let told = told(|| {
            for seq in 1..=3 {
                tracing::error!(seq, reason = "DISK_FULL", "a message could not be applied");
            }
            tracing::warn!("the printer is gone");
            tracing::info!("serving");
            tracing::error!(target: "h2::codec", "a library's own affair");
        });
        let mut texts: Vec<_> =
            told.troubles.iter().map(|t| (t.severity(), t.count, t.text.as_str())).collect();
        texts.sort_by_key(|(severity, ..)| *severity as i32);
        assert_eq!(
            texts,
            [
                (pb::Severity::Warning, 1, "the printer is gone"),
                (pb::Severity::Error, 3, "a message could not be applied (seq 3, reason DISK_FULL)"),
            ]
        );
        assert!(
            told.troubles.iter().all(|trouble| trouble.service == "checkout" && trouble.last_time.is_some())
        );
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let troubles = Troubles::new("checkout");
        // One place for each line: a place is where the macro stands.
        macro_rules! places {
            ($($line:literal)*) => { $( tracing::warn!("place {}", $line); )* };
        }
        tracing::subscriber::with_default(tracing_subscriber::registry().with(troubles.clone()), || {
            places!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35);
            places!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35);
        });
        assert_eq!(
            (troubles.list().troubles.len(), troubles.list().left_out),
            (KINDS_MAX, 70 - KINDS_MAX as u64)
        );
    }
}
