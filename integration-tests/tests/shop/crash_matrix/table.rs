//! The rows of docs/crash-matrix.md. Tests run in processes of their own, so each row is a line of a file; the recipe
//! `crash-sale` gathers them.

use std::fs::OpenOptions;
use std::io::Write as _;

use serde_json::json;

/// How often each death comes: once in the suite, twice for the report.
pub fn times() -> u32 {
    std::env::var("CHIT_CRASH_TIMES").map_or(1, |times| times.parse().unwrap())
}

pub struct Row {
    point: String,
    story: String,
    kills: u32,
    outcome: String,
    lost: bool,
    doubled: bool,
}

impl Row {
    pub fn new(point: &str, story: &str, kills: u32, outcome: &str) -> Self {
        let (point, story, outcome) = (point.to_owned(), story.to_owned(), outcome.to_owned());
        Self { point, story, kills, outcome, lost: false, doubled: false }
    }

    pub fn judged(self, lost: bool, doubled: bool) -> Self {
        Self { lost, doubled, ..self }
    }

    /// One write of a short line is not torn by the other tests that append.
    pub fn write(&self) {
        let Some(file) = std::env::var_os("CHIT_CRASH_ROWS") else { return };
        let Self { point, story, kills, outcome, lost, doubled } = self;
        let row = json!({
            "point": point, "story": story, "kills": kills, "outcome": outcome, "lost": lost, "doubled": doubled,
        });
        let mut rows = OpenOptions::new().create(true).append(true).open(file).unwrap();
        rows.write_all(format!("{row}\n").as_bytes()).unwrap();
    }
}
