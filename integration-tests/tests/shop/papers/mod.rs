//! What the papers say about the project is so: keys, files, tests, recipes and figures that they name are there.

mod config_keys;
mod names;
mod refusals;
mod runtime_size;

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are made, not written.
const MADE: [&str; 6] = ["target", ".git", ".tools", "node_modules", ".chit-demo", "fuzz"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below a folder of the repository, as a path from its root.
fn files_below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(&repository().join(folder), &mut found);
    let root = repository();
    found.iter().map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned()).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if entry.file_type().unwrap().is_dir() {
            if !MADE.contains(&name.to_str().unwrap()) {
                collect(&entry.path(), found);
            }
        } else {
            found.push(entry.path());
        }
    }
}

/// The papers in Markdown.
fn papers() -> Vec<String> {
    files_below("").into_iter().filter(|path| path.ends_with(".md")).collect()
}

/// The text between backticks, outside blocks of code.
fn code_spans(text: &str) -> Vec<&str> {
    let mut spans = Vec::new();
    for (at, part) in text.split("```").enumerate() {
        if at % 2 == 0 {
            spans.extend(part.split('`').skip(1).step_by(2));
        }
    }
    spans
}

/// The part of a paper under a heading, up to the next of the same depth.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let depth = heading.split(' ').next().unwrap();
    let start = text.find(&format!("\n{heading}")).unwrap_or_else(|| panic!("no {heading}"));
    let body = &text[start + 1 + heading.len()..];
    body.split(&format!("\n{depth} ")).next().unwrap()
}
