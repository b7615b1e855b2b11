//! The payers' pages: the list, enrolment, and one payer.

use chit_proto::checkout::v1::{ChangeWarning, Payer, PayerState, StaffRole};
use maud::{Markup, html};

use super::layout::{self, Frame, document, region};
use super::page::{Page, Region};
use super::{Action, Reader, chip, key_cap};
use crate::words::Lang;

/// Rows of the list; the rest is found by the search.
const ROWS_MAX: usize = 60;

pub fn page(reader: &Reader, page: &Page, regions: &[Region], up: bool, rid: &str) -> Markup {
    let name = page.name();
    let frame = Frame { page: &name, title: "title-payers", up };
    let query = match page {
        Page::Payers(query) => query.as_str(),
        _ => "",
    };
    let body = html! {
        (region(regions, "bar"))
        (layout::notice_place())
        main.office #stage {
            h1.sr-only { (reader.t("title-payers")) }
            div.column { (search(reader, query)) (region(regions, "payers")) }
            div.column { (enrolment(reader, rid)) }
        }
        (layout::ask_dialog(reader))
        (layout::help_dialog(reader))
    };
    document(reader, &frame, &body)
}

fn search(reader: &Reader, query: &str) -> Markup {
    html! {
        form.look-up action="/payers" method="get" role="search" {
            label for="payer-query" { (reader.t("payers-query")) }
            input #payer-query name="q" value=(query) autocomplete="off" maxlength="16" data-key="F2";
            button.button #act-find-payer data-act="find-payer" { (reader.t("look-up")) }
        }
    }
}

pub fn list(reader: &Reader, payers: &[Payer]) -> Markup {
    html! {
        section.card #payers data-count=(payers.len()) {
            h2 { (reader.t("title-payers")) }
            @if payers.is_empty() { p.muted { (reader.t("payers-none")) } }
            ul.rows {
                @for payer in payers.iter().take(ROWS_MAX) {
                    li data-payer=(payer.payer_id) data-state=(short(payer)) {
                        strong.mono { "··" (payer.last4) }
                        (state(reader, payer))
                        span.muted { (reader.t("fact-card")) " " span.mono { (payer.card_serial) } }
                        a.button.quiet href={ "/payers/" (payer.payer_id) } id={ "act-payer-" (payer.payer_id) } data-act="payer" {
                            (reader.t("payer-open"))
                        }
                    }
                }
            }
            @if payers.len() > ROWS_MAX { p.muted { (reader.with("rows-more", &[("count", (payers.len() - ROWS_MAX).into())])) } }
        }
    }
}

/// Name, number, language, consent; the photo is taken after approval.
fn enrolment(reader: &Reader, rid: &str) -> Markup {
    html! {
        section.card #enrolment aria-labelledby="enrol-title" {
            h2 #enrol-title { (reader.t("enrol-title")) }
            p.muted { (reader.t("enrol-hint")) }
            figure.live {
                img #live data-keep data-live="/payers/camera.jpg" src="/payers/camera.jpg" alt=(reader.t("live-alt"));
                figcaption.sees { (reader.t("enrol-photo")) }
                figcaption.blind { span.mark aria-hidden="true" { "!" } " " (reader.t("live-blind")) }
            }
            form.stacked data-post action="/payers/enrol" method="post" autocomplete="off" {
                input type="hidden" name="rid" value=(rid);
                label for="enrol-name" { (reader.t("enrol-name")) }
                input #enrol-name name="name" required maxlength="80" data-wrong=(reader.reason("NAME_INVALID"));
                label for="enrol-phone" { (reader.t("enrol-phone")) }
                input #enrol-phone name="phone" type="tel" inputmode="tel" required maxlength="20"
                    data-wrong=(reader.reason("NUMBER_INVALID"));
                fieldset.choices {
                    legend { (reader.t("enrol-language")) }
                    @for lang in Lang::ALL {
                        label.person {
                            input type="radio" name="lang" value=(lang.tag()) checked[lang == reader.lang];
                            span.name lang=(lang.tag()) { (lang.name()) }
                        }
                    }
                }
                label.person.consent {
                    input #enrol-consent type="checkbox" name="consent" value="yes" required
                        data-wrong=(reader.reason("CONSENT_MISSING"));
                    span { (reader.t("enrol-consent")) }
                }
                (envelope(reader, "enrol-card"))
                button.button.primary #act-enrol data-act="enrol" data-key="F9" {
                    span { (reader.t("enrol")) } (key_cap("F9"))
                }
            }
        }
    }
}

pub fn page_of(
    reader: &Reader,
    page: &Page,
    regions: &[Region],
    up: bool,
    payer_id: &str,
    rid: &str,
) -> Markup {
    let name = page.name();
    let frame = Frame { page: &name, title: "title-payer", up };
    let body = html! {
        (region(regions, "bar"))
        (layout::notice_place())
        main.office #stage {
            h1.sr-only { (reader.t("title-payer")) }
            div.column { (region(regions, "payer")) }
            div.column {
                section.card #change aria-labelledby="change-title" {
                    h2 #change-title { (reader.t("change-title")) }
                    p.muted { (reader.t("change-hint")) }
                    form.stacked data-post action="/payers/phone" method="post" autocomplete="off" {
                        (hidden(payer_id, rid, "phone"))
                        label for="new-phone" { (reader.t("change-phone-label")) }
                        div.row.one-line {
                            input #new-phone name="phone" type="tel" inputmode="tel" required maxlength="20"
                                data-wrong=(reader.reason("NUMBER_INVALID"));
                            button.button #act-change-phone data-act="change-phone" { (reader.t("change-phone")) }
                        }
                    }
                    form.stacked data-post action="/payers/card" method="post" {
                        (hidden(payer_id, rid, "card"))
                        p { (reader.t("change-card-hint")) }
                        (envelope(reader, "new-card"))
                        button.button #act-change-card data-act="change-card" { (reader.t("change-card")) }
                    }
                }
            }
        }
        (layout::ask_dialog(reader))
        (layout::help_dialog(reader))
    };
    document(reader, &frame, &body)
}

/// Where an issuer makes the cards: the serial outside on the envelope. A shop that prints its own leaves it empty.
fn envelope(reader: &Reader, id: &str) -> Markup {
    html! {
        details {
            summary { (reader.t("card-envelope")) }
            label for=(id) { (reader.t("card-envelope-serial")) }
            input id=(id) name="card" inputmode="numeric" pattern="[0-9]{8}" maxlength="8"
                data-wrong=(reader.reason("CARD_SERIAL_INVALID"));
        }
    }
}

fn hidden(payer_id: &str, rid: &str, what: &str) -> Markup {
    html! {
        input type="hidden" name="rid" value={ (what) "-" (rid) };
        input type="hidden" name="payer_id" value=(payer_id);
    }
}

pub fn one(reader: &Reader, payer: &Payer, has_code: bool) -> Markup {
    let may_see = reader.is_at_least(StaffRole::Supervisor);
    html! {
        section.card #payer data-payer=(payer.payer_id) data-state=(short(payer)) {
            header.row {
                h2 { (reader.t("payer-known")) " " span.mono { "··" (payer.last4) } }
                (state(reader, payer))
            }
            p #payer-next role="status" { (reader.code("payer-next", short(payer))) }
            @if has_code { (code(reader, payer)) }
            div.face {
                @if may_see {
                    img src={ "/payer/" (payer.payer_id) "/photo.jpg" } id="enrolment-photo" data-keep alt=(reader.t("photo-alt"));
                } @else { p.muted { (reader.t("photo-supervisor")) } }
                (facts(reader, payer))
            }
            @if matches!(payer.state(), PayerState::Active | PayerState::Pending) { (freeze(reader, payer)) }
        }
    }
}

/// Large enough to be photographed with a phone from the screen; the script prints it alone.
fn code(reader: &Reader, payer: &Payer) -> Markup {
    let at = |name: &str| format!("/payers/{}/{name}?serial={}", payer.payer_id, payer.code_serial);
    let name = format!("payer-{}", payer.last4);
    html! {
        figure.payer-code #payer-code {
            img src=(at("code.png")) id="payer-code-picture" data-keep alt=(reader.t("code-alt"));
            figcaption { (reader.t("code-hand-over")) }
            div.row.choices {
                button.button type="button" #act-print-code data-act="print-code" data-print="payer-code" {
                    (reader.t("code-print"))
                }
                a.button href=(at("code.png")) download={ (name) ".png" } id="act-save-png" data-act="save-png" {
                    (reader.t("code-save-png"))
                }
                a.button href=(at("code.pdf")) download={ (name) ".pdf" } id="act-save-pdf" data-act="save-pdf" {
                    (reader.t("code-save-pdf"))
                }
            }
        }
    }
}

fn facts(reader: &Reader, payer: &Payer) -> Markup {
    html! {
        dl.facts {
            dt { (reader.t("fact-card")) } dd.mono { (payer.card_serial) }
            dt { (reader.t("fact-rows")) } dd { (payer.rows_left) }
            dt { (reader.t("fact-valid")) } dd { (payer.valid_to) }
            dt { (reader.t("fact-enrolled")) } dd { (reader.time(payer.create_time.as_ref())) }
            dt { (reader.t("fact-wrong")) } dd { (payer.wrong_replies) }
            @if payer.change_time.is_some() {
                dt { (reader.t("fact-changed")) }
                dd { (reader.time(payer.change_time.as_ref())) " " span.muted { (payer.change_approved_by.join(", ")) } }
                dt { (reader.t("fact-old-number")) }
                dd #old-number data-warning=(warning(payer)) { (chip(warning_look(payer), &reader.code("old-number", warning(payer)))) }
            }
            @if is_ahead(reader, payer.no_sales_until.as_ref()) {
                dt { (reader.t("fact-no-sales")) } dd { (reader.time(payer.no_sales_until.as_ref())) }
            }
        }
    }
}

fn is_ahead(reader: &Reader, time: Option<&prost_types::Timestamp>) -> bool {
    time.and_then(chit_runtime::clock::from_proto).is_some_and(|time| time > reader.now)
}

fn freeze(reader: &Reader, payer: &Payer) -> Markup {
    let rid = format!("freeze-{}-{}", payer.payer_id, payer.code_serial);
    let fields = [("rid", rid.as_str()), ("payer_id", &payer.payer_id)];
    Action { name: "freeze", to: "/payers/freeze", fields: &fields, words: "freeze", ..Action::default() }
        .html(reader)
}

fn state(reader: &Reader, payer: &Payer) -> Markup {
    let look = match payer.state() {
        PayerState::Active => "good",
        PayerState::Frozen | PayerState::Locked | PayerState::Denied => "bad",
        _ => "busy",
    };
    chip(look, &reader.code("payer-state", short(payer)))
}

/// A change must reach the old number; if the SMS did not, staff call it.
fn warning_look(payer: &Payer) -> &'static str {
    match payer.change_warning() {
        ChangeWarning::Delivered => "good",
        ChangeWarning::Queued | ChangeWarning::Sent | ChangeWarning::Unspecified => "busy",
        ChangeWarning::NotSent | ChangeWarning::Undelivered | ChangeWarning::Unknown => "bad",
    }
}

fn warning(payer: &Payer) -> &'static str {
    payer.change_warning().as_str_name().trim_start_matches("CHANGE_WARNING_")
}

fn short(payer: &Payer) -> &'static str {
    payer.state().as_str_name().trim_start_matches("PAYER_STATE_")
}
