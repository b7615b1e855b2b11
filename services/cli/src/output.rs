//! Two voices: tidy text for people, or one JSON object a line for programs.

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
        if self.json {
            println!("{value}");
        } else {
            println!("{}", text.as_ref().trim_end());
        }
    }

    /// Something to read while waiting. Programs get the result only.
    pub fn progress(self, text: impl AsRef<str>) {
        if !self.json {
            println!("{}", text.as_ref());
        }
    }

    pub fn failure(self, failure: &Failure) {
        if self.json {
            let error = json!({"reason": failure.reason, "message": failure.message, "field": failure.field});
            println!("{}", json!({ "error": error }));
        }
        eprintln!("chit: {}: {}", failure.reason, failure.message);
    }
}
