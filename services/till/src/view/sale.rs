//! The sale page: one sale, in whatever state it is.

use chit_proto::checkout::v1::{Attention, Sale, SaleState};
use maud::{Markup, html};

use super::layout::{self, Frame, document, region};
use super::page::Region;
use super::trouble::short_attention;
use super::{Action, Reader, basket, cancelling, chip, key_cap, money, payer, progress, scans, trouble};
use crate::scene::{Known, Scene};

/// A payer needs one, perhaps another; more are a key that somebody leans on.
pub const COPIES_MAX: u32 = 3;

pub fn page(reader: &Reader, name: &str, regions: &[Region], up: bool) -> Markup {
    let frame = Frame { page: name, title: "title-sale", up };
    let body = html! {
        (region(regions, "bar"))
        (layout::notice_place())
        (region(regions, "stage"))
        (layout::ask_dialog(reader))
        (layout::help_dialog(reader))
        (basket::search_dialog(reader))
        (basket::quantity_dialog(reader))
        (cancelling::dialog(reader))
    };
    document(reader, &frame, &body)
}

/// The sale that is at the counter now.
pub fn stage(reader: &Reader, scene: &Scene) -> Markup {
    match &scene.current {
        Some(known) => of(reader, scene, known, true),
        None => idle(reader, scene, None),
    }
}

/// One sale by its id, for what is left to do.
pub fn stage_of(reader: &Reader, scene: &Scene, known: Option<&Known>) -> Markup {
    match known {
        Some(known) => of(reader, scene, known, false),
        None => html! { main #stage { section.card { p { (reader.t("sale-unknown")) } } } },
    }
}

fn of(reader: &Reader, scene: &Scene, known: &Known, is_current: bool) -> Markup {
    match known.sale.state() {
        SaleState::Draft | SaleState::PayerOk => selling(reader, scene, known),
        SaleState::Committed | SaleState::Printing => working(reader, scene, known),
        _ if is_current => idle(reader, scene, Some(known)),
        _ => left_behind(reader, known),
    }
}

fn selling(reader: &Reader, scene: &Scene, known: &Known) -> Markup {
    let sale = &known.sale;
    html! {
        main.counter #stage data-sale=(sale.sale_id) data-state=(short(sale)) data-basket=(sale.basket_tag) {
            div.left {
                (scans::refused(reader, &scene.refused_scans))
                @if !scene.unprintable.is_empty() { (unprintable(reader, &scene.unprintable)) }
                (trouble::unread(reader, scene))
                (trouble::warnings(reader, scene))
                (basket::lines(reader, known, true))
                @if let Some(previous) = scene.previous.as_ref().filter(|_| sale.lines.is_empty()) {
                    (previous_card(reader, previous))
                }
                (function_keys(reader, scene, known))
            }
            div.right {
                (total(reader, sale))
                @if sale.state() == SaleState::PayerOk { (payer::card(reader, known)) } @else { (payer::invitation(reader, known)) }
            }
        }
    }
}

/// Before the sale: afterwards the payer has a receipt with a box in it.
fn unprintable(reader: &Reader, letters: &[String]) -> Markup {
    html! {
        div.notice.warning #unprintable role="status" {
            span.mark aria-hidden="true" { "!" }
            p { (reader.with("unprintable", &[("letters", letters.join(" ").into())])) }
        }
    }
}

pub fn total(reader: &Reader, sale: &Sale) -> Markup {
    let currency = basket::currency(sale);
    html! {
        section.total aria-live="polite" {
            span.muted { (reader.t("total")) }
            strong #total data-minor=(sale.total.as_ref().map(|total| total.amount_minor).unwrap_or_default()) {
                small { (money::sign(currency)) } (money::of(sale.total.as_ref()))
            }
        }
    }
}

fn function_keys(reader: &Reader, scene: &Scene, known: &Known) -> Markup {
    let empty = known.sale.lines.is_empty();
    html! {
        nav.function-keys aria-label=(reader.t("keys-label")) {
            (opener(reader, "help", "F1", "key-help", false))
            (opener(reader, "search", "F2", "key-search", false))
            (line_key(reader, "F3", "key-quantity", "quantity-key", empty))
            (line_key(reader, "F4", "key-void-line", "void-line-key", empty))
            @if let Some(previous) = scene.previous.as_ref().filter(|sale| can_copy(sale)) { (copy(reader, previous, "quiet")) }
            @if !empty || known.sale.state() == SaleState::PayerOk { (cancelling::button(reader, &known.sale)) }
        }
    }
}

fn opener(reader: &Reader, dialog: &str, key: &str, words: &str, off: bool) -> Markup {
    html! {
        button.button.quiet type="button" id={ "act-" (dialog) } data-act=(dialog) data-open=(dialog) data-key=(key) disabled[off] {
            span { (reader.t(words)) } (key_cap(key))
        }
    }
}

/// F3 and F4 act on the chosen line; the script clicks that line's own button.
fn line_key(reader: &Reader, key: &str, words: &str, name: &str, off: bool) -> Markup {
    html! {
        button.button.quiet type="button" id={ "act-" (name) } data-act=(name) data-line-action=(key) data-key=(key) disabled[off] {
            span { (reader.t(words)) } (key_cap(key))
        }
    }
}

fn can_copy(sale: &Sale) -> bool {
    sale.receipt.as_ref().is_some_and(|receipt| receipt.originals > 0)
}

/// Each press is one more COPY, up to COPIES_MAX.
fn copy(reader: &Reader, sale: &Sale, look: &str) -> Markup {
    let copies = sale.receipt.as_ref().map(|receipt| receipt.copies).unwrap_or_default();
    let rid = format!("copy-{}-{}", sale.sale_id, copies + 1);
    let number = (copies + 1).to_string();
    let fields = [("rid", rid.as_str()), ("sale_id", sale.sale_id.as_str()), ("answer", number.as_str())];
    Action {
        name: "reprint",
        to: "/sale/reprint",
        fields: &fields,
        words: "reprint",
        key: "F8",
        look,
        off: copies >= COPIES_MAX,
        ..Action::default()
    }
    .html(reader)
}

/// Committed: paper and pictures are on their way, or something is wrong with them.
fn working(reader: &Reader, scene: &Scene, known: &Known) -> Markup {
    let sale = &known.sale;
    let attention = foremost(sale);
    html! {
        main.counter #stage data-sale=(sale.sale_id) data-state=(short(sale)) data-attention=(short_attention(attention)) {
            div.left {
                (scans::refused(reader, &scene.refused_scans))
                @if is_calm(attention) {
                    (progress::steps(reader, sale))
                } @else {
                    (trouble::card(reader, scene, known, attention))
                }
                (basket::lines(reader, known, false))
            }
            div.right {
                (total(reader, sale))
                (progress::live(reader, sale))
                @if attention == Attention::Release { (release(reader, sale)) }
                @else if attention == Attention::Unspecified { p.wait role="status" { (chip("busy", &reader.t("working-wait"))) } }
            }
        }
    }
}

/// Neither stops the sale: the next step, and a message whose fate shows later.
fn is_calm(attention: Attention) -> bool {
    matches!(attention, Attention::Unspecified | Attention::Release | Attention::SmsUnknown)
}

/// What the cashier must see to before anything else.
fn foremost(sale: &Sale) -> Attention {
    sale.attention()
        .find(|attention| !is_calm(*attention))
        .or_else(|| sale.attention().next())
        .unwrap_or_default()
}

fn release(reader: &Reader, sale: &Sale) -> Markup {
    let rid = format!("release-{}", sale.sale_id);
    let fields = [("rid", rid.as_str()), ("sale_id", sale.sale_id.as_str())];
    html! {
        p.ready role="status" { (chip("good", &reader.t("recorded-next"))) }
        p.muted { (reader.t("release-hint")) }
        (Action { name: "release", to: "/sale/release", fields: &fields, words: "release", key: "F9", look: "primary",
            ..Action::default() }.html(reader))
    }
}

/// Nothing is open: the last sale's end, and the next one's beginning.
fn idle(reader: &Reader, scene: &Scene, known: Option<&Known>) -> Markup {
    let sale_id = known.map(|known| known.sale.sale_id.as_str()).unwrap_or_default();
    let rid = format!("start-{sale_id}");
    let fields = [("rid", rid.as_str()), ("sale_id", sale_id)];
    html! {
        main.idle #stage data-sale=(sale_id) data-state=(known.map(|known| short(&known.sale)).unwrap_or("NONE")) {
            (scans::refused(reader, &scene.refused_scans))
            section.card {
                @if let Some(known) = known { (ended(reader, &known.sale)) } @else { h1 { (reader.t("idle-title")) } }
                (Action { name: "start", to: "/sale/start", fields: &fields, words: "start-sale", key: "F9", look: "primary",
                    ..Action::default() }.html(reader))
                @if let Some(known) = known.filter(|known| can_copy(&known.sale)) { (copy(reader, &known.sale, "")) }
            }
        }
    }
}

fn ended(reader: &Reader, sale: &Sale) -> Markup {
    let voided = sale.state() == SaleState::Voided;
    html! {
        h1 { (reader.t(if voided { "ended-voided" } else { "ended-recorded" })) }
        p.big { (money::sign(basket::currency(sale))) " " (money::of(sale.total.as_ref())) }
        @if !sale.receipt_no.is_empty() { p.muted { (reader.t("receipt-no")) " " span.mono { (sale.receipt_no) } } }
        p { (chip(if voided { "" } else { "good" }, &reader.state(sale))) }
    }
}

fn previous_card(reader: &Reader, sale: &Sale) -> Markup {
    html! {
        section.previous #previous data-sale=(sale.sale_id) data-state=(short(sale)) aria-label=(reader.t("previous-label")) {
            (chip(if sale.state() == SaleState::Voided { "" } else { "good" }, &reader.t("previous-recorded")))
            span.mono { (sale.receipt_no) }
            strong { (money::of(sale.total.as_ref())) }
            span.muted { (reader.state(sale)) }
        }
    }
}

/// An earlier sale: its state, and cash if the payer brings it.
fn left_behind(reader: &Reader, known: &Known) -> Markup {
    let sale = &known.sale;
    let rid = format!("cash-{}", sale.sale_id);
    let fields = [("rid", rid.as_str()), ("sale_id", sale.sale_id.as_str())];
    html! {
        main.counter #stage data-sale=(sale.sale_id) data-state=(short(sale)) {
            div.left { (basket::lines(reader, known, false)) }
            div.right {
                (total(reader, sale))
                p { (chip(look(sale), &reader.state(sale))) }
                a.button href={ "/enquiry?ref=" (sale.sale_id) } id="act-look-up" data-act="look-up" { (reader.t("look-up")) }
                @if owes(sale) {
                    (Action { name: "cash", to: "/sale/cash", fields: &fields, words: "paid-cash", ..Action::default() }.html(reader))
                }
            }
        }
    }
}

fn owes(sale: &Sale) -> bool {
    use SaleState::{
        BadListed, BadPending, Challenged, Queued, Rejected, Released, Returned, Sealed, Unreachable,
        Verified,
    };
    let open = [
        Released,
        Sealed,
        Queued,
        Challenged,
        Verified,
        Rejected,
        Unreachable,
        BadPending,
        BadListed,
        Returned,
    ];
    open.contains(&sale.state())
}

/// How a sale came out, for its sign: well, badly, or not yet.
pub fn look(sale: &Sale) -> &'static str {
    use SaleState::{
        BadListed, BadPending, Cleared, PaidOtherwise, Rejected, Returned, Settled, Unreachable, Verified,
        WrittenOff,
    };
    match sale.state() {
        Verified | Settled | Cleared | PaidOtherwise => "good",
        Rejected | Unreachable | BadPending | BadListed | WrittenOff | Returned => "bad",
        _ => "",
    }
}

pub fn short(sale: &Sale) -> &'static str {
    sale.state().as_str_name().trim_start_matches("SALE_STATE_")
}
