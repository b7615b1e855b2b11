//! Business time: the system's, or in a sandbox the system's plus an offset that all its services share.
//! I/O deadlines never use it; they stay monotonic.

use crate::config::Shared;
use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const OFFSET_FILE: &str = "clock-offset";

/// Where business time comes from.
///
/// ```
/// use chit_runtime::{Clock, Context};
/// use jiff::SignedDuration;
///
/// # fn main() -> anyhow::Result<()> {
/// # let dir = tempfile::tempdir()?;
/// # std::fs::create_dir(dir.path().join("state"))?;
/// let (checkout, ledger) =
///     (Context::sandbox_in("checkout", dir.path()), Context::sandbox_in("ledger", dir.path()));
/// let before = ledger.clock.now();
/// checkout.clock.advance(SignedDuration::from_hours(24))?;
/// assert!(ledger.clock.now() >= before + SignedDuration::from_hours(24), "all services of a sandbox share its clock");
///
/// assert!(Clock::system().advance(SignedDuration::from_hours(24)).is_err(), "a real shop's clock cannot be moved");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Clock {
    offset: Option<Arc<Offset>>,
}

#[derive(Debug)]
struct Offset {
    file: PathBuf,
    /// Kept for the moment the file cannot be read: time must not jump back to the system's.
    last_known_s: AtomicI64,
}

impl Clock {
    pub fn system() -> Self {
        Self { offset: None }
    }

    /// `path` is the offset file (whole seconds as text); without it the offset is 0.
    pub fn sandbox(path: impl Into<PathBuf>) -> Self {
        let offset = Offset { file: path.into(), last_known_s: AtomicI64::new(0) };
        Self { offset: Some(Arc::new(offset)) }
    }

    /// The clock all services of this installation share.
    pub fn of(shared: &Shared) -> Self {
        if shared.sandbox { Self::sandbox(shared.state_dir.join(OFFSET_FILE)) } else { Self::system() }
    }

    pub fn now(&self) -> Timestamp {
        let offset_s = self.offset.as_ref().map_or(0, |offset| offset.read_s());
        Timestamp::now().checked_add(SignedDuration::from_secs(offset_s)).unwrap_or(Timestamp::MAX)
    }

    /// Moves the sandbox forward. Never back: a deadline that has passed stays passed.
    pub fn advance(&self, by: SignedDuration) -> anyhow::Result<()> {
        let offset =
            self.offset.as_ref().context("the system's clock is not moved; this works in a sandbox only")?;
        ensure!(by >= SignedDuration::ZERO, "a sandbox's clock moves forward only");
        let total_s = offset.read_s().checked_add(by.as_secs()).context("the clock cannot go that far")?;
        Timestamp::now()
            .checked_add(SignedDuration::from_secs(total_s))
            .context("the clock cannot go that far")?;
        write_atomically(&offset.file, total_s.to_string().as_bytes())
            .with_context(|| format!("cannot write {}", offset.file.display()))
    }
}

impl Offset {
    fn read_s(&self) -> i64 {
        let read = std::fs::read_to_string(&self.file).ok().and_then(|text| text.trim().parse().ok());
        match read {
            Some(offset_s) => {
                self.last_known_s.store(offset_s, Ordering::Relaxed);
                offset_s
            }
            None => self.last_known_s.load(Ordering::Relaxed),
        }
    }
}

/// A reader sees the old text or the new one, never half of it.
pub(crate) fn write_atomically(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = file.with_extension(format!("draft-{}", std::process::id()));
    std::fs::write(&draft, bytes)?;
    std::fs::rename(&draft, file)
}

/// ```
/// use chit_runtime::clock;
///
/// let time: jiff::Timestamp = "2026-11-24T10:05:00.25Z".parse().unwrap();
/// let sent = clock::to_proto(time);
/// assert_eq!((sent.seconds, sent.nanos), (1_795_514_700, 250_000_000));
/// assert_eq!(clock::from_proto(&sent), Some(time));
/// ```
pub fn to_proto(time: Timestamp) -> prost_types::Timestamp {
    // protobuf counts nanoseconds forward from the second, jiff towards zero before 1970.
    let (seconds, nanos) = (time.as_second(), time.subsec_nanosecond());
    if nanos < 0 {
        prost_types::Timestamp { seconds: seconds - 1, nanos: nanos + 1_000_000_000 }
    } else {
        prost_types::Timestamp { seconds, nanos }
    }
}

/// `None` when the fields are outside what protobuf or the calendar allows.
pub fn from_proto(time: &prost_types::Timestamp) -> Option<Timestamp> {
    let valid_nanos = (0..1_000_000_000).contains(&time.nanos);
    valid_nanos.then(|| Timestamp::new(time.seconds, time.nanos).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advance_moves_every_clock_of_the_sandbox() {
        let dir = tempfile::tempdir().unwrap();
        let (mover, other) = (Clock::sandbox(dir.path().join("o")), Clock::sandbox(dir.path().join("o")));
        mover.advance(SignedDuration::from_hours(24)).unwrap();
        mover.advance(SignedDuration::from_hours(1)).unwrap();
        let ahead = other.now().duration_since(Timestamp::now());
        assert!((ahead - SignedDuration::from_hours(25)).abs() < SignedDuration::from_secs(5), "{ahead}");
    }

    #[test]
    fn time_does_not_jump_back_when_the_offset_is_unreadable() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::sandbox(dir.path().join("o"));
        clock.advance(SignedDuration::from_hours(24)).unwrap();
        let before = clock.now();
        std::fs::write(dir.path().join("o"), "rubbish").unwrap();
        assert!(clock.now() >= before);
    }

    #[test]
    fn neither_the_system_clock_nor_the_past_can_be_set() {
        assert!(Clock::system().advance(SignedDuration::from_secs(1)).is_err());
        assert!(Clock::sandbox("/nowhere/o").advance(SignedDuration::from_secs(-1)).is_err());
    }

    #[test]
    fn a_time_survives_the_wire_and_a_bad_one_is_refused() {
        for text in ["2026-08-01T10:00:00.123456789Z", "1969-12-31T23:59:59.5Z"] {
            let time: Timestamp = text.parse().unwrap();
            assert_eq!(from_proto(&to_proto(time)), Some(time));
        }
        assert_eq!(from_proto(&prost_types::Timestamp { seconds: 0, nanos: -1 }), None);
        assert_eq!(from_proto(&prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }), None);
    }
}
