//! The PIN screen.

use chit_proto::checkout::v1::StaffMember;
use maud::{Markup, html};

use super::bar::{languages, role_name};
use super::layout::{Frame, document, notice_place};
use super::{Reader, key_cap, keypad};

/// Without staff checkout does not answer: the page waits and comes back by itself.
pub fn page(reader: &Reader, staff: Option<&[StaffMember]>) -> Markup {
    let frame = Frame { page: "signin", title: "title-sign-in", up: staff.is_some() };
    let body = html! {
        header #bar { span.brand { "Chit" } div.news {} (languages(reader)) }
        (notice_place())
        main.sign-in #stage {
            section.card {
                h1 { (reader.t("sign-in-title")) }
                p.muted { (reader.t("sign-in-hint")) }
                @if let Some(staff) = staff { (form(reader, staff)) } @else { p { (reader.t("sign-in-waits")) } }
            }
        }
    };
    document(reader, &frame, &body)
}

fn form(reader: &Reader, staff: &[StaffMember]) -> Markup {
    html! {
        form.pin data-post action="/signin" method="post" autocomplete="off" {
            fieldset.people {
                legend { (reader.t("sign-in-who")) }
                @for (at, member) in staff.iter().enumerate() {
                    label.person {
                        input type="radio" name="name" value=(member.name) id={ "staff-" (member.name) } checked[at == 0];
                        span.name { (member.name) }
                        small { (role_name(reader, member.role())) }
                    }
                }
            }
            div.entry {
                label for="pin" { (reader.t("pin-label")) }
                input.pin-input #pin type="password" name="pin" inputmode="numeric" pattern="[0-9]{4,8}" minlength="4"
                    maxlength="8" autocomplete="off" required autofocus data-wrong=(reader.reason("PIN_FORM"));
                (keypad(reader, "pin", false))
                button.button.primary #act-sign-in data-act="sign-in" data-key="F9" {
                    span { (reader.t("sign-in")) } (key_cap("F9"))
                }
            }
        }
    }
}
