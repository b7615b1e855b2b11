//! Two voices: tidy text for people, or one JSON object a line for programs.

use std::fmt::Display;
use std::io::{self, Write as _};

use serde_json::{Value, json};

use crate::failure::Failure;

#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// What the command was asked for: `text` for people, `value` for programs.
    pub fn result(self, text: impl AsRef<str>, value: &Value) {
        if self.json { print_line(value) } else { print_line(text.as_ref().trim_end()) }
    }

    /// Something to read while waiting. Programs get the result only.
    pub fn progress(self, text: impl AsRef<str>) {
        if !self.json {
            print_line(text.as_ref());
        }
    }

    pub fn failure(self, failure: &Failure) {
        if self.json {
            let error = json!({"reason": failure.reason, "message": failure.message, "field": failure.field});
            print_line(json!({ "error": error }));
        }
        eprintln!("chit: {}: {}", failure.reason, failure.message);
    }
}

/// A reader that has seen enough (`chit status | head`) is no reason to stop half-way through a sale.
fn print_line(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}
