//! Something is wrong: what happened, what is safe, and one thing to do.

use chit_proto::checkout::v1::{Attention, ReceiptState, Sale};
use maud::{Markup, html};

use super::sale::short_attention;
use super::{Action, Reader, basket, chip};
use crate::hub::{Known, Scene};

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
        }
    }
}

/// What the device itself says.
fn devices(reader: &Reader, scene: &Scene, attention: Attention) -> Markup {
    let wanted = match attention {
        Attention::PrintBlocked | Attention::PrintUnknown => "printer",
        Attention::EvidenceMissing => "camera",
        _ => "",
    };
    let devices = scene.status.iter().flat_map(|status| &status.devices);
    html! {
        @for device in devices.filter(|device| device.name == wanted && !device.ok) {
            " " (chip("bad", &format!("{} {}", reader.code("device", &device.name), reader.code("condition", &device.state))))
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
            _ => {}
        }
        (void(reader, sale))
    }
}

/// After printing has begun a supervisor is asked; paper that came out must be back.
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
    Action { name: "void", to: "/sale/void", fields: &fields, words, ..Action::default() }.html(reader)
}
