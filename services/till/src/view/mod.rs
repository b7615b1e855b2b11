//! HTML. Pure: what is shown depends on the arguments only.
//!
//! Every element that does something has an `id` (`act-<name>`, with the line's or sale's number where there are several)
//! and `data-act="<name>"`; regions that the event stream replaces have the ids of `pages::regions`.

pub mod approval;
pub mod bar;
pub mod basket;
pub mod batches;
mod cancelling;
pub mod enquiry;
pub mod exceptions;
pub mod layout;
pub mod money;
pub mod office;
mod page;
mod payer;
pub mod payers;
pub mod people;
mod progress;
mod proof;
mod reader;
pub mod sale;
mod scans;
pub mod sign_in;
pub mod trouble;

use maud::{Markup, html};

pub use page::{Page, Region};
pub use reader::Reader;

/// A button that sends a form: `name` is its `data-act`, `fields` are hidden.
#[derive(Default)]
pub struct Action<'a> {
    pub name: &'a str,
    /// Distinguishes several of them on one page.
    pub of: &'a str,
    pub to: &'a str,
    pub fields: &'a [(&'a str, &'a str)],
    pub words: &'a str,
    pub key: &'a str,
    /// Class of the button.
    pub look: &'a str,
    pub off: bool,
}

impl Action<'_> {
    pub fn id(&self) -> String {
        if self.of.is_empty() {
            format!("act-{}", self.name)
        } else {
            format!("act-{}-{}", self.name, self.of)
        }
    }

    pub fn html(&self, reader: &Reader) -> Markup {
        let key = (!self.key.is_empty()).then_some(self.key);
        html! {
            form.action data-post action=(self.to) method="post" {
                @for (name, value) in self.fields { input type="hidden" name=(name) value=(value); }
                button.button.(self.look) id=(self.id()) data-act=(self.name) data-key=[key] disabled[self.off] {
                    span { (reader.t(self.words)) }
                    @if let Some(key) = key { (key_cap(key)) }
                }
            }
        }
    }
}

/// The key that does the same as a button.
pub fn key_cap(key: &str) -> Markup {
    let shown = match key {
        "Escape" => "Esc".to_owned(),
        other => other.to_uppercase(),
    };
    html! { kbd aria-hidden="true" { (shown) } }
}

/// Ten digits for fingers; they type into the input with this id.
pub fn keypad(reader: &Reader, input: &str, point: bool) -> Markup {
    html! {
        div.keypad role="group" aria-label=(reader.t("keypad-label")) {
            @for digit in ["1", "2", "3", "4", "5", "6", "7", "8", "9"] {
                button.button type="button" data-type=(digit) data-into=(input) { (digit) }
            }
            @if point {
                button.button type="button" data-type="." data-into=(input) { "." }
            } @else {
                button.button type="button" data-type="clear" data-into=(input) aria-label=(reader.t("keypad-clear")) { "C" }
            }
            button.button type="button" data-type="0" data-into=(input) { "0" }
            button.button type="button" data-type="back" data-into=(input) aria-label=(reader.t("keypad-back")) { "⌫" }
        }
    }
}

/// A refusal in words: what happened and what to do.
pub fn notice(reader: &Reader, reason: &str) -> Markup {
    html! {
        div.notice.bad data-reason=(reason) {
            span.mark aria-hidden="true" { "!" }
            p { (reader.reason(reason)) }
            (close_notice(reader))
        }
    }
}

fn close_notice(reader: &Reader) -> Markup {
    html! {
        button.button.quiet type="button" id="act-close-notice" data-act="close-notice" data-close="notice" {
            (reader.t("close"))
        }
    }
}

/// A success, with a count.
pub fn success(reader: &Reader, words: &str, count: usize) -> Markup {
    good(reader, &reader.with(words, &[("count", count.into())]))
}

/// Which COPY of which receipt the printer has been given.
pub fn copy_told(reader: &Reader, number: &str, receipt_no: &str) -> Markup {
    good(reader, &reader.with("copy-told", &[("number", number.into()), ("receipt", receipt_no.into())]))
}

fn good(reader: &Reader, words: &str) -> Markup {
    html! {
        div.notice.good {
            span.mark aria-hidden="true" { "✓" }
            p { (words) }
            (close_notice(reader))
        }
    }
}

/// A state with its sign: colour alone never carries it.
pub fn chip(look: &str, text: &str) -> Markup {
    let mark = match look {
        "good" => "✓",
        "bad" => "!",
        "busy" => "●",
        _ => "○",
    };
    html! { span.chip.(look) { span.mark aria-hidden="true" { (mark) } " " (text) } }
}
