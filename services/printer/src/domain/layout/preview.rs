//! A page as UTF-8 text, one line of text for one line of paper.

use super::{Align, Element, Page};
use crate::domain::text::width;

impl Page {
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for element in &self.elements {
            out.push_str(&match element {
                Element::Text { text, align, style } => {
                    let spare = self.columns.saturating_sub(width(text));
                    match align {
                        Align::Left if style.double => widen_gap(text, width(text)),
                        Align::Left => text.clone(),
                        Align::Centre => format!("{}{text}", " ".repeat(spare / 2)),
                    }
                }
                Element::Blank => String::new(),
                Element::Qr { .. } => format!("{}[QR]", " ".repeat(self.columns.saturating_sub(4) / 2)),
                Element::Logo(_) => format!("{}[LOGO]", " ".repeat(self.columns.saturating_sub(6) / 2)),
                Element::Cut => "- ".repeat(self.columns / 2),
            });
            let kept = out.trim_end_matches(' ').len();
            out.truncate(kept);
            out.push('\n');
        }
        out
    }
}

/// Puts the columns that double-size characters take and plain text does not into the widest gap.
fn widen_gap(text: &str, missing: usize) -> String {
    match text.rfind("  ") {
        Some(at) => format!("{}{}{}", &text[..at], " ".repeat(missing), &text[at..]),
        None => text.to_owned(),
    }
}
