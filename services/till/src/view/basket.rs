//! Goods: the list, the search, the quantity.

use chit_proto::checkout::v1::{BasketLine, CatalogueItem, Sale};
use maud::{Markup, html};

use super::layout::close_button;
use super::{Reader, key_cap, keypad, money};
use crate::scene::Known;

/// The list, newest first: what was just scanned is where the eye is, however long the list.
pub fn lines(reader: &Reader, known: &Known, editable: bool) -> Markup {
    let sale = &known.sale;
    html! {
        section.basket aria-labelledby="basket-title" {
            header.row {
                h1 #basket-title { (reader.t("basket-title")) }
                span.muted #basket-count data-lines=(sale.lines.len()) {
                    (reader.with("basket-lines", &[("count", sale.lines.len().into())]))
                }
            }
            @if sale.lines.is_empty() {
                div.empty {
                    p.big { (reader.t("basket-empty")) }
                    p.muted { (reader.t("basket-empty-hint")) }
                }
            } @else {
                ol.lines #lines tabindex="0" aria-labelledby="basket-title" aria-live="polite" aria-relevant="additions text" {
                    @for (index, line) in sale.lines.iter().enumerate().rev() {
                        (row(reader, known, index, line, editable))
                    }
                }
            }
        }
    }
}

fn row(reader: &Reader, known: &Known, index: usize, line: &BasketLine, editable: bool) -> Markup {
    let currency = currency(&known.sale);
    let quantity = money::quantity(line.quantity_milli);
    html! {
        li.line.fixed[!editable] id={ "line-" (index) } data-line=(index) {
            div.what {
                span.name { (line.description) }
                span.muted { (money::amount(line.unit_price_minor, currency)) " × " (quantity) }
            }
            @if editable {
                button.button.square type="button" id={ "act-quantity-" (index) } data-act="quantity" data-line-key="F3"
                    data-open="quantity" data-set-index=(index) data-set-description=(line.description)
                    data-set-quantity=(quantity) data-set-rid=(rid(known, "q", index)) data-set-sale_id=(known.sale.sale_id)
                    aria-label=(reader.with("quantity-of", &[("name", line.description.as_str().into()), ("quantity", quantity.as_str().into())])) { (quantity) }
                (void_button(reader, known, index, line))
            } @else {
                span.count { "× " (quantity) }
            }
            strong.sum { (money::amount(line.total_minor, currency)) }
        }
    }
}

fn void_button(reader: &Reader, known: &Known, index: usize, line: &BasketLine) -> Markup {
    html! {
        form.action data-post action="/basket/void-line" method="post" {
            input type="hidden" name="rid" value=(rid(known, "v", index));
            input type="hidden" name="sale_id" value=(known.sale.sale_id);
            input type="hidden" name="index" value=(index);
            input type="hidden" name="description" value=(line.description);
            button.button.square.quiet id={ "act-void-line-" (index) } data-act="void-line" data-line-key="F4"
                aria-label=(reader.with("void-line-of", &[("name", line.description.as_str().into())])) { (reader.t("remove")) }
        }
    }
}

pub fn currency(sale: &Sale) -> &str {
    sale.total.as_ref().map(|total| total.currency_code.as_str()).unwrap_or_default()
}

/// The same for two presses of one button, another after every change.
pub fn rid(known: &Known, what: &str, index: usize) -> String {
    format!("{}-{what}{index}-{}", known.sale.sale_id, known.revision)
}

/// Search by name or number, or type goods that the catalogue lacks.
pub fn search_dialog(reader: &Reader) -> Markup {
    html! {
        dialog #search aria-labelledby="search-title" {
            h2 #search-title { (reader.t("search-title")) }
            input #search-input type="search" data-search="/search" autocomplete="off" autofocus maxlength="64"
                placeholder=(reader.t("search-hint")) aria-label=(reader.t("search-title")) aria-controls="found";
            div #found role="region" aria-live="polite" aria-label=(reader.t("search-found")) {}
            (close_button(reader, "search"))
        }
    }
}

/// What a search found, and the form for what it did not find.
pub fn found(reader: &Reader, known: Option<&Known>, items: &[CatalogueItem]) -> Markup {
    let Some(known) = known else { return html! { p { (reader.t("no-open-sale")) } } };
    let currency = currency(&known.sale);
    html! {
        ul.found {
            @for (at, item) in items.iter().enumerate() {
                @let price = money::amount(item.unit_price_minor, currency).replace(',', "");
                li {
                    form.action data-post action="/basket/add" method="post" data-closes="search" {
                        (hidden(known, &format!("a{}", item.gtin), at))
                        input type="hidden" name="gtin" value=(item.gtin);
                        input type="hidden" name="description" value=(item.description);
                        input type="hidden" name="price" value=(price);
                        button.button.item id={ "act-add-" (at) } data-act="add" data-gtin=(item.gtin) {
                            span.name { (item.description) }
                            span.muted { (item.gtin) }
                            strong { (price) }
                        }
                    }
                }
            }
        }
        @if items.is_empty() { p.muted { (reader.t("search-nothing")) } }
        form.by-hand data-post action="/basket/add" method="post" data-closes="search" {
            (hidden(known, "h", 0))
            label { (reader.t("by-hand-name")) input #hand-name name="description" required maxlength="120" autocomplete="off"; }
            label { (reader.t("by-hand-price"))
                input #hand-price name="price" required inputmode="decimal" pattern="[0-9]*\\.?[0-9]{0,2}" autocomplete="off"
                    data-wrong=(reader.reason("PRICE_INVALID")); }
            button.button #act-add-by-hand data-act="add-by-hand" { (reader.t("by-hand-add")) }
        }
    }
}

/// Asks once more about a price that is easily a slip.
pub fn high_price(reader: &Reader, fields: &[(&str, &str)]) -> Markup {
    let value = |name: &str| fields.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| *value);
    html! {
        h2 { (reader.t("price-high")) }
        p.big #ask-price { (value("price")) small.muted { " " (value("description")) } }
        form data-post action="/basket/add" method="post" {
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            input type="hidden" name="sure" value="yes";
            div.row {
                (close_button(reader, "ask"))
                button.button.primary #act-sure data-act="sure" data-key="F9" autofocus {
                    span { (reader.t("price-sure")) } (key_cap("F9"))
                }
            }
        }
    }
}

fn hidden(known: &Known, what: &str, at: usize) -> Markup {
    html! {
        input type="hidden" name="rid" value=(rid(known, what, at));
        input type="hidden" name="sale_id" value=(known.sale.sale_id);
    }
}

pub fn quantity_dialog(reader: &Reader) -> Markup {
    html! {
        dialog #quantity aria-labelledby="quantity-title" {
            h2 #quantity-title { (reader.t("quantity-title")) }
            form data-post action="/basket/quantity" method="post" data-closes="quantity" {
                @for name in ["rid", "sale_id", "index"] { input type="hidden" name=(name); }
                input.plain name="description" readonly tabindex="-1" aria-label=(reader.t("by-hand-name"));
                input.number-input #quantity-input name="quantity" inputmode="decimal" required autocomplete="off" autofocus
                    pattern="[0-9]*\\.?[0-9]{0,3}" data-wrong=(reader.reason("QUANTITY_INVALID")) aria-label=(reader.t("quantity-title"));
                (keypad(reader, "quantity-input", true))
                div.row {
                    (close_button(reader, "quantity"))
                    button.button.primary #act-set-quantity data-act="set-quantity" data-key="F9" {
                        span { (reader.t("quantity-set")) } (key_cap("F9"))
                    }
                }
            }
        }
    }
}
