//! The payer's part of a sale: the invitation to show a code, what is known of them, and whether it is their face.

use chit_proto::checkout::v1::{Sale, SaleState};
use maud::{Markup, html};

use super::{Action, Reader, basket, chip};
use crate::scene::Known;

/// Bits of RiskResult in their stored order (docs/api.md), and what follows from each.
const RISKS: [(&str, Weight); 17] = [
    ("CODE_EXPIRES_SOON", Weight::Note),
    ("OVER_SALE_LIMIT", Weight::Approve),
    ("OVER_PAYER_LIMIT", Weight::Approve),
    ("TOO_MANY_UNVERIFIED", Weight::Approve),
    ("OVER_TILL_LIMIT", Weight::Refuse),
    ("OLDEST_UNVERIFIED_TOO_OLD", Weight::Refuse),
    ("DENY_LISTED", Weight::Refuse),
    ("SERIAL_OLD", Weight::Refuse),
    ("FROZEN", Weight::Refuse),
    ("LOCKED", Weight::Refuse),
    ("FOREIGN_TILL", Weight::Note),
    ("FACE_NOT_CONFIRMED", Weight::Asked),
    ("FACE_DIFFERENT", Weight::Asked),
    ("CHANGED_WITHIN_24_HOURS", Weight::Refuse),
    ("NOT_ACTIVE", Weight::Refuse),
    ("TIME_IN_DOUBT", Weight::Note),
    ("OVER_DAY_LIMIT", Weight::Refuse),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Note,
    Approve,
    Refuse,
    /// The question below asks it.
    Asked,
}

/// Before the code was read.
pub fn invitation(reader: &Reader, known: &Known) -> Markup {
    let sale = &known.sale;
    let rid = basket::rid(known, "s", 0);
    let fields = [("rid", rid.as_str()), ("sale_id", sale.sale_id.as_str())];
    html! {
        section.payer {
            h2 { (reader.t("payer-title")) }
            p.muted { (reader.t("payer-hint")) }
        }
        (Action { name: "read-code", to: "/sale/read-code", fields: &fields, words: "read-code", key: "F9", look: "primary slow",
            off: sale.lines.is_empty(), ..Action::default() }.html(reader))
    }
}

/// The photo, the risk in words, the question, and the next step.
pub fn card(reader: &Reader, known: &Known) -> Markup {
    let sale = &known.sale;
    html! {
        section.payer aria-labelledby="payer-title" {
            div.face {
                img src={ "/payer/" (sale.payer_id) "/photo.jpg" } id="enrolment-photo" data-keep alt=(reader.t("photo-alt"));
                div {
                    h2 #payer-title { (reader.t("payer-known")) " " span.mono #payer-last4 { "··" (sale.payer_last4) } }
                    ul.risks #risks data-risk=(sale.risk_result) { (risks(reader, sale)) }
                }
            }
            (question(reader, known))
        }
        (complete(reader, sale))
    }
}

pub fn risks(reader: &Reader, sale: &Sale) -> Markup {
    let found: Vec<_> = RISKS
        .iter()
        .enumerate()
        .filter(|(bit, (_, weight))| sale.risk_result >> bit & 1 == 1 && *weight != Weight::Asked)
        .map(|(_, risk)| risk)
        .collect();
    html! {
        @if found.is_empty() { li { (chip("good", &reader.t("risk-none"))) } }
        @for (name, weight) in found {
            li data-risk=(name) {
                (chip(if *weight == Weight::Note { "" } else { "bad" }, &reader.code("risk", name)))
                @if *weight == Weight::Approve { small { (reader.t("risk-approve")) } }
                @if *weight == Weight::Refuse { small { (reader.t("risk-refuse")) } }
            }
        }
    }
}

fn question(reader: &Reader, known: &Known) -> Markup {
    let sale = &known.sale;
    let answer = |name, value, words, key| {
        let rid = basket::rid(known, value, 0);
        let fields = [("rid", rid.as_str()), ("sale_id", sale.sale_id.as_str()), ("answer", value)];
        let chosen = sale.same_person == Some(value == "yes");
        let look = if chosen { "choice chosen" } else { "choice" };
        Action { name, to: "/sale/person", fields: &fields, words, key, look, ..Action::default() }
            .html(reader)
    };
    html! {
        fieldset.question #same-person data-answer=(match sale.same_person { Some(true) => "yes", Some(false) => "no", None => "" }) {
            legend { (reader.t("same-person")) }
            (answer("same-yes", "yes", "person-yes", "y"))
            (answer("same-no", "no", "person-no", "n"))
        }
    }
}

fn complete(reader: &Reader, sale: &Sale) -> Markup {
    let rid = format!("commit-{}", sale.sale_id);
    let fields =
        [("rid", rid.as_str()), ("sale_id", sale.sale_id.as_str()), ("tag", sale.basket_tag.as_str())];
    let off = sale.same_person.is_none() || sale.lines.is_empty() || sale.state() != SaleState::PayerOk;
    html! {
        @if sale.same_person.is_none() { p.muted { (reader.t("answer-first")) } }
        @if sale.same_person == Some(false) { p.why { (reader.t("not-same-person")) } }
        (Action { name: "commit", to: "/sale/commit", fields: &fields, words: "commit", key: "F9", look: "primary slow", off,
            ..Action::default() }.html(reader))
    }
}
