//! Papers that came out of the printer, and which of them is a code card.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::payer::rows_on_card;

/// Papers on the page.
pub const SHOWN_MAX: usize = 12;

pub fn file(folder: &Path, n: u32, extension: &str) -> PathBuf {
    folder.join(format!("paper-{n:04}.{extension}"))
}

/// Row codes of a paper that is a card.
pub fn codes_of(folder: &Path, n: u32) -> Option<BTreeMap<u32, String>> {
    rows_on_card(&fs::read(file(folder, n, "escpos")).ok()?)
}

pub fn is_card(folder: &Path, n: u32) -> bool {
    codes_of(folder, n).is_some()
}

/// The newest papers but cards, newest first; those with `hidden` on them stay out of sight.
pub fn look(folder: &Path, hidden: &str) -> anyhow::Result<Vec<u32>> {
    let of_the_page = |n: &u32| !is_card(folder, *n) && !text_of(folder, *n).contains(hidden);
    Ok(all(folder)?.into_iter().filter(of_the_page).take(SHOWN_MAX).collect())
}

/// The card of this serial; `known` is where it lay before.
pub fn card_of(folder: &Path, serial: &str, known: Option<u32>) -> Option<u32> {
    let is_it = |n: &u32| is_card(folder, *n) && text_of(folder, *n).contains(serial);
    known.filter(is_it).or_else(|| all(folder).ok()?.into_iter().find(is_it))
}

/// The mandate that came out before a card: the payer's name and their masked number.
pub fn signed_before(folder: &Path, card: u32) -> Option<(String, String)> {
    let text = text_of(folder, card.checked_sub(1)?);
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.contains(" **** "))?;
    // A label, some spaces, and what it is.
    let told = |line: &str| line.trim_end().rsplit("  ").next().map(|told| told.trim().to_owned());
    Some((told(lines.get(at.checked_sub(1)?)?)?, told(lines[at])?))
}

fn text_of(folder: &Path, n: u32) -> String {
    fs::read_to_string(file(folder, n, "txt")).unwrap_or_default()
}

/// Newest first.
fn all(folder: &Path) -> anyhow::Result<Vec<u32>> {
    let mut all: Vec<u32> =
        fs::read_dir(folder)?.flatten().filter_map(|entry| number(&entry.path())).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    Ok(all)
}

fn number(file: &Path) -> Option<u32> {
    if file.extension()? != "png" {
        return None;
    }
    file.file_stem()?.to_str()?.strip_prefix("paper-")?.parse().ok()
}
