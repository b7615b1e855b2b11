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

/// The newest papers but cards, newest first, and the card of this serial.
pub fn look(folder: &Path, card_serial: &str, hidden: &str) -> anyhow::Result<(Vec<u32>, Option<u32>)> {
    let mut all: Vec<u32> =
        fs::read_dir(folder)?.flatten().filter_map(|entry| number(&entry.path())).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    let (mut shown, mut card) = (Vec::new(), None);
    for n in all {
        let text = fs::read_to_string(file(folder, n, "txt")).unwrap_or_default();
        if is_card(folder, n) {
            if card.is_none() && !card_serial.is_empty() && text.contains(card_serial) {
                card = Some(n);
            }
        } else if shown.len() < SHOWN_MAX && !text.contains(hidden) {
            shown.push(n);
        }
        if shown.len() == SHOWN_MAX && (card.is_some() || card_serial.is_empty()) {
            break;
        }
    }
    Ok((shown, card))
}

fn number(file: &Path) -> Option<u32> {
    if file.extension()? != "png" {
        return None;
    }
    file.file_stem()?.to_str()?.strip_prefix("paper-")?.parse().ok()
}
