//! What lies on the counter: emupos' receipts, read as a person would.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;

/// The end of the last line of every receipt of this proof.
pub const LAST_WORDS: &str = "goods b2b2b2b2b2b2";

#[derive(Debug, Clone)]
pub struct Paper {
    pub png: PathBuf,
    pub text: String,
    /// It ended with a cut, and not with the link.
    pub was_cut: bool,
}

impl Paper {
    pub fn is_of(&self, receipt_no: &str) -> bool {
        self.text.contains(receipt_no)
    }

    pub fn is_original(&self) -> bool {
        self.text.contains("ORIGINAL")
    }

    pub fn is_whole(&self) -> bool {
        self.text.contains(LAST_WORDS)
    }
}

/// All papers so far, read once each.
#[derive(Default)]
pub struct Counter {
    papers: BTreeMap<String, Paper>,
}

impl Counter {
    pub fn look(&mut self, receipts: &Path) -> anyhow::Result<Vec<Paper>> {
        let Ok(entries) = fs::read_dir(receipts) else { return Ok(Vec::new()) };
        for entry in entries {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            // The .json comes last and makes the receipt whole.
            if path.extension().is_some_and(|kind| kind == "json") && !self.papers.contains_key(&name) {
                let meta: Value = serde_json::from_slice(&fs::read(&path)?)?;
                let text = fs::read_to_string(path.with_extension("txt")).context("a receipt's text")?;
                let was_cut = meta["boundary"] == "cut";
                self.papers.insert(name, Paper { png: path.with_extension("png"), text, was_cut });
            }
        }
        Ok(self.papers.values().cloned().collect())
    }
}
