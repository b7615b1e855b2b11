//! The frame of every page: head, banner of a lost link, place for refusals, dialogs.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::page::Region;
use super::{Reader, key_cap};
use crate::assets::ASSETS;

pub struct Frame<'a> {
    /// Name for the event stream.
    pub page: &'a str,
    pub title: &'a str,
    pub up: bool,
}

pub fn document(reader: &Reader, frame: &Frame, body: &Markup) -> Markup {
    let assets = &*ASSETS;
    html! {
        (DOCTYPE)
        html lang=(reader.lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (reader.t(frame.title)) " · Chit" }
                link rel="stylesheet" href=(assets.css.path);
                link rel="icon" href=(assets.icon.path);
                script src=(assets.js.path) defer {}
            }
            body data-page=(frame.page) data-build=(assets.build) data-wrong=(reader.t("field-wrong"))
                data-link=(if frame.up { "up" } else { "down" }) {
                div #link role="status" aria-live="assertive" {
                    p { span.mark aria-hidden="true" { "!" } " " (reader.t("link-down")) }
                }
                (body)
                noscript { p.notice.bad { (reader.t("no-script")) } }
            }
        }
    }
}

/// A region as it was rendered.
pub fn region(regions: &[Region], id: &str) -> Markup {
    let found = regions.iter().find(|(name, _)| *name == id);
    PreEscaped(found.map(|(_, html)| html.clone()).unwrap_or_default())
}

/// Place for refusals. Assertive, because the cashier must see a refusal next.
pub fn notice_place() -> Markup {
    html! { div #notice role="alert" aria-live="assertive" {} }
}

/// The dialog for a second person's PIN; the server fills it.
pub fn ask_dialog(reader: &Reader) -> Markup {
    html! { dialog #ask aria-label=(reader.t("ask-label")) {} }
}

pub fn help_dialog(reader: &Reader) -> Markup {
    let keys = [
        ("F1", "help-f1"),
        ("F2", "help-f2"),
        ("F3", "help-f3"),
        ("F4", "help-f4"),
        ("F8", "help-f8"),
        ("F9", "help-f9"),
        ("Y", "help-y"),
        ("N", "help-n"),
        ("↑ ↓", "help-arrows"),
        ("Escape", "help-esc"),
    ];
    html! {
        dialog #help aria-labelledby="help-title" {
            h2 #help-title { (reader.t("help-title")) }
            dl.keys {
                @for (key, words) in keys { dt { (key_cap(key)) } dd { (reader.t(words)) } }
            }
            (close_button(reader, "help"))
        }
    }
}

pub fn close_button(reader: &Reader, dialog: &str) -> Markup {
    html! {
        button.button.quiet type="button" id={ "act-close-" (dialog) } data-act="close" data-close=(dialog) {
            span { (reader.t("close")) } (key_cap("Escape"))
        }
    }
}
