//! Something is wrong: what happened, what is safe, and one thing to do.

use chit_proto::checkout::v1::{Attention, DeviceStatus, ReceiptState, Sale};
use maud::{Markup, html};

use super::{Action, Reader, basket, chip};
use crate::scene::{Known, Scene};

/// Without these no sale comes to its end; a modem may be away for days.
const NEEDED_TO_SELL: [&str; 3] = ["ledger", "printer", "camera"];

pub fn card(reader: &Reader, scene: &Scene, known: &Known, attention: Attention) -> Markup {
    let name = short_attention(attention);
    html! {
        section.trouble-card #trouble data-trouble=(name) role="alert" {
            h1 { (chip("bad", &reader.code("trouble", name))) }
            dl {
                dt { (reader.t("trouble-safe")) } dd { (reader.code("safe", name)) }
                dt { (reader.t("trouble-do")) } dd { (reader.code("todo", name)) (devices(reader, scene, attention)) }
            }
            div.row.choices { (actions(reader, known, attention)) }
            (others(reader, &known.sale, attention))
        }
    }
}

/// One thing at a time, and the rest by name.
fn others(reader: &Reader, sale: &Sale, shown: Attention) -> Markup {
    html! {
        @for other in sale.attention().filter(|other| *other != shown && *other != Attention::Release) {
            p.also data-also=(short_attention(other)) { (chip("bad", &reader.code("trouble", short_attention(other)))) }
        }
    }
}

pub fn short_attention(attention: Attention) -> &'static str {
    attention.as_str_name().trim_start_matches("ATTENTION_")
}

/// What the device itself says.
fn devices(reader: &Reader, scene: &Scene, attention: Attention) -> Markup {
    let wanted = match attention {
        Attention::PrintBlocked | Attention::PrintUnknown => "printer",
        Attention::EvidenceMissing => "camera",
        _ => "",
    };
    html! {
        @for device in broken(scene).filter(|device| device.name == wanted) { " " (chip("bad", &condition(reader, device))) }
    }
}

fn broken(scene: &Scene) -> impl Iterator<Item = &DeviceStatus> {
    scene.status.iter().flat_map(|status| &status.devices).filter(|device| !device.ok)
}

/// "Printer: paper out".
pub fn condition(reader: &Reader, device: &DeviceStatus) -> String {
    format!("{} {}", reader.code("device", &device.name), reader.code("condition", &device.state))
}

/// What a broken device leaves safe, and the one thing to do.
pub fn advice(reader: &Reader, device: &DeviceStatus) -> Markup {
    html! {
        span.safe { (reader.code("device-safe", &device.name)) } " "
        strong.todo { (reader.code("device-todo", &device.name)) }
    }
}

/// Before the sale is complete: what will stop it, while there is time to fix it.
pub fn warnings(reader: &Reader, scene: &Scene) -> Markup {
    html! {
        @for device in broken(scene).filter(|device| NEEDED_TO_SELL.contains(&device.name.as_str())) {
            div.notice.warning role="status" data-device-trouble=(device.name) {
                span.mark aria-hidden="true" { "!" }
                p { strong.what { (condition(reader, device)) } " · " (advice(reader, device)) }
            }
        }
    }
}

/// The handheld beeped, and it was no scan: until somebody says that they have seen it.
pub fn unread(reader: &Reader, scene: &Scene) -> Markup {
    let newest = scene.unread.last().map(|unread| unread.number.to_string()).unwrap_or_default();
    html! {
        @if !scene.unread.is_empty() {
            div.notice.warning #unread role="alert" {
                span.mark aria-hidden="true" { "!" }
                div {
                    @for unread in &scene.unread {
                        p data-reason=(unread.reason) { (reader.reason(&unread.reason)) " " small.muted { (unread.device) } }
                    }
                }
                (Action { name: "seen", to: "/scan/seen", fields: &[("number", newest.as_str())], words: "seen", look: "quiet",
                    ..Action::default() }.html(reader))
            }
        }
    }
}

/// The answer to "check again" while devices are broken still.
pub fn still(reader: &Reader, devices: &[DeviceStatus]) -> Markup {
    let all: Vec<_> = devices.iter().map(|device| condition(reader, device)).collect();
    html! {
        div.notice.bad data-reason="STILL_BROKEN" {
            span.mark aria-hidden="true" { "!" }
            p { (reader.with("still-broken", &[("devices", all.join(", ").into())])) }
            (super::close_notice(reader))
        }
    }
}

fn actions(reader: &Reader, known: &Known, attention: Attention) -> Markup {
    let sale = &known.sale;
    let receipt = |name, answer, words, key, look| {
        let rid = basket::rid(known, answer, 0);
        let fields = [("rid", rid.as_str()), ("sale_id", sale.sale_id.as_str()), ("answer", answer)];
        Action { name, to: "/sale/receipt", fields: &fields, words, key, look, ..Action::default() }
            .html(reader)
    };
    html! {
        @match attention {
            Attention::PrintUnknown => {
                (receipt("whole-yes", "yes", "whole-yes", "y", "primary"))
                (receipt("whole-no", "no", "whole-no", "n", ""))
            }
            Attention::EvidenceMissing => {
                (Action { name: "override", to: "/sale/override", fields: &[("rid", &format!("override-{}", sale.sale_id)),
                    ("sale_id", &sale.sale_id)], words: "override", key: "F9", look: "primary", ..Action::default() }.html(reader))
            }
            // Printing continues by itself; after a refill the cashier wants to know at once.
            Attention::PrintBlocked => {
                (Action { name: "check", to: "/sale/check", fields: &[("rid", "check"), ("sale_id", &sale.sale_id)], words: "check-again",
                    key: "F9", look: "primary", ..Action::default() }.html(reader))
            }
            _ => {}
        }
        (void(reader, sale))
    }
}

/// After printing has begun, a supervisor must approve, and a printed receipt must be handed back.
fn void(reader: &Reader, sale: &Sale) -> Markup {
    let receipt = sale.receipt.clone().unwrap_or_default();
    let on_paper =
        matches!(receipt.state(), ReceiptState::Printed | ReceiptState::Printing | ReceiptState::InDoubt);
    let words = if on_paper { "void-original-back" } else { "void-sale" };
    let rid = format!("void-{}", sale.sale_id);
    let fields = [
        ("rid", rid.as_str()),
        ("sale_id", sale.sale_id.as_str()),
        ("answer", if on_paper { "yes" } else { "" }),
    ];
    Action { name: "void", to: "/sale/void", fields: &fields, words, look: "quiet", ..Action::default() }
        .html(reader)
}
