//! The pages of people and PINs.

use chit_proto::checkout::v1::{Device, StaffMember, StaffRole};
use maud::{Markup, html};

use super::bar::{languages, role_name};
use super::layout::{self, Frame, close_button, document, notice_place, region};
use super::page::Region;
use super::{Reader, key_cap};

const ROLES: [StaffRole; 4] =
    [StaffRole::Cashier, StaffRole::Supervisor, StaffRole::Owner, StaffRole::Auditor];

pub fn page(reader: &Reader, regions: &[Region], up: bool, owner: bool, rid: &str) -> Markup {
    let frame = Frame { page: "people", title: "title-people", up };
    let body = html! {
        (region(regions, "bar"))
        (notice_place())
        main.office #stage {
            h1.sr-only { (reader.t("title-people")) }
            div.column {
                (region(regions, "people"))
                @if owner { (region(regions, "devices-paired")) }
            }
            div.column {
                section.card { h2 { (reader.t("pin-title")) } (pin_form(reader)) }
                @if owner { (adding(reader, rid)) }
            }
        }
        (layout::ask_dialog(reader))
        (layout::help_dialog(reader))
    };
    document(reader, &frame, &body)
}

/// Without the bar: there is nowhere else to go yet.
pub fn pin_page(reader: &Reader, up: bool, one_time: bool) -> Markup {
    let frame = Frame { page: "pin", title: "pin-title", up };
    let body = html! {
        header #bar { span.brand { "Chit" } div.news {} (languages(reader)) }
        (notice_place())
        main.sign-in #stage {
            section.card {
                h1 { (reader.t("pin-title")) }
                @if one_time { p.muted { (reader.t("pin-one-time")) } }
                (pin_form(reader))
            }
        }
    };
    document(reader, &frame, &body)
}

fn pin_form(reader: &Reader) -> Markup {
    let field = |id: &str, words: &str| {
        html! {
            label for=(id) { (reader.t(words)) }
            input.pin-input id=(id) type="password" name=(id.replace('-', "_")) inputmode="numeric" pattern="[0-9]{4,8}"
                minlength="4" maxlength="8" autocomplete="off" required data-wrong=(reader.reason("PIN_FORM"));
        }
    };
    html! {
        form.stacked data-post action="/pin" method="post" autocomplete="off" {
            p.muted { (reader.t("pin-hint")) }
            (field("pin", "pin-now"))
            (field("new-pin", "pin-new"))
            (field("again", "pin-again"))
            button.button.primary #act-change-pin data-act="change-pin" data-key="F9" {
                span { (reader.t("pin-change")) } (key_cap("F9"))
            }
        }
    }
}

pub fn list(reader: &Reader, people: &[StaffMember], owner: bool) -> Markup {
    html! {
        section.card #people data-count=(people.len()) {
            h2 { (reader.t("title-people")) }
            ul.rows {
                @for (at, member) in people.iter().enumerate() {
                    li data-person=(member.name) {
                        strong { (member.name) }
                        span.muted { (role_name(reader, member.role())) }
                        @if member.must_change_pin { span.chip { (reader.t("people-one-time")) } }
                        @if owner {
                            (button(reader, at, member, "reset-pin"))
                            (button(reader, at, member, "disable"))
                        }
                    }
                }
            }
        }
    }
}

fn button(reader: &Reader, at: usize, member: &StaffMember, what: &str) -> Markup {
    html! {
        form.action data-post action={ "/people/" (what) } method="post" {
            input type="hidden" name="rid" value=(ulid::Ulid::generate());
            input type="hidden" name="name" value=(member.name);
            button.button.quiet id={ "act-" (what) "-" (at) } data-act=(what) { (reader.t(&format!("people-{what}"))) }
        }
    }
}

fn adding(reader: &Reader, rid: &str) -> Markup {
    html! {
        section.card #adding aria-labelledby="adding-title" {
            h2 #adding-title { (reader.t("people-add")) }
            form.stacked data-post action="/people/add" method="post" autocomplete="off" {
                input type="hidden" name="rid" value=(rid);
                label for="person-name" { (reader.t("people-name")) }
                input #person-name name="name" required maxlength="32";
                fieldset.choices {
                    legend { (reader.t("people-role")) }
                    @for (at, role) in ROLES.into_iter().enumerate() {
                        label.person {
                            input type="radio" name="role" value=(role.as_str_name().trim_start_matches("STAFF_ROLE_"))
                                checked[at == 0];
                            span.name { (role_name(reader, role)) }
                        }
                    }
                }
                button.button.primary #act-add-person data-act="add-person" { (reader.t("people-add")) }
            }
        }
    }
}

pub fn devices(reader: &Reader, devices: &[Device]) -> Markup {
    html! {
        section.card #devices-paired data-count=(devices.len()) {
            h2 { (reader.t("people-devices")) }
            @if devices.is_empty() { p.muted { (reader.t("people-no-devices")) } }
            ul.rows {
                @for (at, device) in devices.iter().enumerate() {
                    li data-device=(device.name) {
                        strong.mono { (device.name) }
                        span.muted { (reader.code("device-kind", device.kind().as_str_name().trim_start_matches("DEVICE_KIND_"))) }
                        form.action data-post action="/people/revoke" method="post" {
                            input type="hidden" name="rid" value=(ulid::Ulid::generate());
                            input type="hidden" name="name" value=(device.name);
                            button.button.quiet id={ "act-revoke-" (at) } data-act="revoke" { (reader.t("people-revoke")) }
                        }
                    }
                }
            }
        }
    }
}

/// In the dialog. A repeated press gets no PIN: it was told before.
pub fn one_time_pin(reader: &Reader, name: &str, pin: &str) -> Markup {
    html! {
        h2 { (name) }
        @if pin.is_empty() {
            p { (reader.t("people-pin-told")) }
        } @else {
            p { (reader.t("people-pin-once")) }
            p.mono.total data-one-time-pin { (pin) }
        }
        div.row { (close_button(reader, "ask")) }
    }
}
