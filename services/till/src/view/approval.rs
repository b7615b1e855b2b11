//! A second person's PIN, asked where it is needed. Both people are on the record.

use maud::{Markup, html};

use super::layout::close_button;
use super::{Reader, key_cap, keypad};
use crate::pages::Again;

/// What goes into the dialog after a refusal.
pub fn dialog(reader: &Reader, reason: &str, again: &Again<'_>, approvers: &[String]) -> Markup {
    html! {
        h2 { (reader.t(again.words)) }
        p.why data-reason=(reason) { (reader.reason(reason)) }
        form.approval data-post action=(again.action) method="post" autocomplete="off" {
            (fields(reader, again.fields, approvers, "ask-pin"))
            div.row {
                (close_button(reader, "ask"))
                button.button.primary #act-approve data-act="approve" data-key="F9" {
                    span { (reader.t("approve")) } (key_cap("F9"))
                }
            }
        }
    }
}

/// Name and PIN of whoever approves, and what else the form says.
pub fn fields(reader: &Reader, fields: &[(&str, &str)], approvers: &[String], pin_id: &str) -> Markup {
    html! {
        @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
        div.approval-fields {
            div {
                fieldset.people {
                    legend { (reader.t("approve-who")) }
                    @for (at, name) in approvers.iter().enumerate() {
                        label.person {
                            input type="radio" name="approver" value=(name) checked[at == 0];
                            span.name { (name) }
                        }
                    }
                }
                label for=(pin_id) { (reader.t("pin-label")) }
                input.pin-input id=(pin_id) type="password" name="pin" inputmode="numeric" pattern="[0-9]{4,8}" minlength="4"
                    maxlength="8" autocomplete="off" required autofocus;
            }
            (keypad(reader, pin_id, false))
        }
    }
}
