//! When the whole shop was backed up last.

use chit_runtime::Shared;
use jiff::{SignedDuration, Timestamp};

use super::{Check, Level};
use crate::commands::backup::last_backup;

/// The timer makes one a day; a weekend may pass.
const OLD: SignedDuration = SignedDuration::from_hours(72);
const STEP: &str = "`sudo systemctl enable --now backup-chit.timer`, or `sudo chit backup FOLDER`";

/// Nobody misses what a practice shop sold.
pub fn check(shared: &Shared, now: Timestamp) -> Option<Check> {
    if shared.sandbox {
        return None;
    }
    Some(match last_backup(shared).map(|last| now.duration_since(last.taken_at)) {
        None => Check::new(Level::Warn, "backup", "none was made by `chit backup`", STEP),
        Some(age) if age > OLD => Check::new(
            Level::Warn,
            "backup",
            format!("the last one is {} days old", age.as_hours() / 24),
            STEP,
        ),
        Some(age) => Check::ok("backup", format!("the last one is {} hours old", age.as_hours().max(0))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_backup_and_an_old_one_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared { sandbox: false, ..Shared::sandbox_in(dir.path()) };
        std::fs::create_dir(&shared.state_dir).unwrap();
        let now: Timestamp = "2026-11-30T19:00:00Z".parse().unwrap();
        assert_eq!(check(&shared, now).unwrap().level, Level::Warn);
        let note = shared.state_dir.join(".chit-last-backup.json");
        for (taken_at, level) in [("2026-11-30T03:30:00Z", Level::Ok), ("2026-11-26T03:30:00Z", Level::Warn)]
        {
            std::fs::write(&note, format!("{{\"taken_at\":\"{taken_at}\",\"file\":\"/b/x.age\"}}")).unwrap();
            assert_eq!(check(&shared, now).unwrap().level, level, "{taken_at}");
        }
    }
}
