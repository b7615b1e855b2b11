//! The question for a second person's PIN. Both people are on the record.

use chit_proto::checkout::v1::{Sale, SaleState};
use maud::{Markup, html};

use super::layout::close_button;
use super::{Reader, basket, key_cap, keypad, money, payer};

/// The form to send again with a PIN.
#[derive(Default)]
pub struct Resubmission<'a> {
    pub action: &'a str,
    pub fields: &'a [(&'a str, &'a str)],
    /// The sale's own cashier, who may not approve it.
    pub cashier: &'a str,
    /// Key of the question above the PIN.
    pub words: &'a str,
    /// Two people must approve.
    pub two: bool,
    /// Only an owner may.
    pub owner: bool,
    /// The sale that is approved, if it is about one.
    pub sale: Option<&'a Sale>,
    /// The sum that was shown before; empty if none was.
    pub was: &'a str,
}

/// The people whose PIN counts.
pub struct People {
    pub approvers: Vec<String>,
    /// Where two people are needed: any member of staff as the second.
    pub seconds: Vec<String>,
}

/// What goes into the dialog after a refusal.
pub fn dialog(reader: &Reader, reason: &str, again: &Resubmission<'_>, people: &People) -> Markup {
    html! {
        h2 { (reader.t(again.words)) }
        p.why data-reason=(reason) { (reader.reason(reason)) }
        @if let Some(sale) = again.sale { (about(reader, sale, again.was)) }
        form.approval data-post action=(again.action) method="post" autocomplete="off" {
            @for (name, value) in again.fields { input type="hidden" name=(name) value=(value); }
            div.approval-fields.two[again.two] {
                (person(reader, "approve-who", ("approver", "pin", "ask-pin"), &people.approvers))
                @if again.two { (person(reader, "approve-second", ("second", "second_pin", "ask-second-pin"), &people.seconds)) }
                (keypad(reader, "ask-pin", false))
            }
            div.row {
                (close_button(reader, "ask"))
                button.button.primary #act-approve data-act="approve" data-key="F9" {
                    span { (reader.t("approve")) } (key_cap("F9"))
                }
            }
        }
    }
}

pub fn sum(sale: &Sale) -> String {
    format!("{} {}", money::sign(basket::currency(sale)), money::of(sale.total.as_ref()))
}

/// What is approved: the sum, what it was before, and what speaks against it.
fn about(reader: &Reader, sale: &Sale, was: &str) -> Markup {
    let sum = sum(sale);
    html! {
        div.about #ask-about {
            p.big #ask-sum {
                (sum)
                small.muted { " " (reader.with("basket-lines", &[("count", sale.lines.len().into())])) }
            }
            @if !was.is_empty() && was != sum { p.why #ask-was { (reader.with("approve-was", &[("sum", was.into())])) } }
            @if sale.state() == SaleState::PayerOk { ul.risks { (payer::risks(reader, sale)) } }
        }
    }
}

/// A name and its PIN; `fields` are the form's names of both and the PIN's id. The keypad types where the focus was last.
fn person(reader: &Reader, legend: &str, fields: (&str, &str, &str), names: &[String]) -> Markup {
    let (who, pin, pin_id) = fields;
    html! {
        div {
            fieldset.people {
                legend { (reader.t(legend)) }
                @for (at, name) in names.iter().enumerate() {
                    label.person {
                        input type="radio" name=(who) value=(name) checked[at == 0];
                        span.name { (name) }
                    }
                }
            }
            label for=(pin_id) { (reader.t("pin-label")) }
            input.pin-input id=(pin_id) type="password" name=(pin) inputmode="numeric" pattern="[0-9]{4,8}" minlength="4"
                maxlength="8" autocomplete="off" required autofocus[pin == "pin"]
                data-wrong=(reader.reason("PIN_FORM"));
        }
    }
}
