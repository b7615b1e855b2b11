//! Two voices: tidy text for people, or one JSON object a line for programs.

use std::borrow::Cow;
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
        if self.json { print_line(program(value)) } else { print_line(visible(text.as_ref().trim_end())) }
    }

    /// Something to read while waiting. Programs get the result only.
    pub fn progress(self, text: impl AsRef<str>) {
        if !self.json {
            print_line(visible(text.as_ref()));
        }
    }

    pub fn failure(self, failure: &Failure) {
        if self.json {
            let error = json!({"reason": failure.reason, "message": failure.message, "field": failure.field});
            print_line(program(&json!({ "error": error })));
        }
        eprintln!("{}", visible(&format!("chit: {}: {}", failure.reason, failure.message)));
    }
}

/// What others wrote (names of files, texts of messages, answers of devices) must not steer the terminal, nor turn the
/// order of what is read.
pub fn visible(text: &str) -> Cow<'_, str> {
    replaced(text, |char| format!("\\u{{{:x}}}", u32::from(char)))
}

/// JSON escapes the ASCII control characters by itself; the others stand only inside its strings.
fn program(value: &Value) -> String {
    replaced(&value.to_string(), |char| format!("\\u{:04x}", u32::from(char))).into_owned()
}

fn replaced(text: &str, escape: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let safe = text.chars().map(|char| if steers(char) { escape(char) } else { char.to_string() });
    Cow::Owned(safe.collect())
}

/// Control characters (C0, DEL, C1), and those of Unicode that turn the direction of text.
fn steers(char: char) -> bool {
    let turns = matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (char.is_control() && char != '\n' && char != '\t')
}

/// A reader that has seen enough (`chit status | head`) is no reason to stop half-way through a sale.
fn print_line(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_reaches_a_terminal_and_plain_text_stays_as_it_is() {
        assert_eq!(visible("12.50 CNY\n王芳\t"), "12.50 CNY\n王芳\t");
        let hostile = "a\u{1b}[2Jb\rc\u{9b}d\u{202e}e\u{7f}";
        assert_eq!(visible(hostile), "a\\u{1b}[2Jb\\u{d}c\\u{9b}d\\u{202e}e\\u{7f}");
        let text = program(&json!({ "name": hostile }));
        assert!(!text.contains(steers), "{text}");
        let again: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(again["name"], hostile, "programs get it whole");
    }
}
