//! Cancelling a sale before it is completed: it asks first, because the goods would have to be scanned again.

use chit_proto::checkout::v1::Sale;
use maud::{Markup, html};

use super::layout::close_button;
use super::{Reader, basket, key_cap, money};

/// Opens the question, with what would be thrown away.
pub fn button(reader: &Reader, sale: &Sale) -> Markup {
    let sum = format!("{} {}", money::sign(basket::currency(sale)), money::of(sale.total.as_ref()));
    let what = reader.with("cancel-what", &[("count", sale.lines.len().into()), ("sum", sum.into())]);
    html! {
        button.button.quiet type="button" id="act-cancel" data-act="cancel" data-open="cancelling"
            data-set-rid={ "void-" (sale.sale_id) "-" (sale.basket_tag) } data-set-sale_id=(sale.sale_id)
            data-set-tag=(sale.basket_tag) data-set-what=(what) {
            span { (reader.t("void-sale")) }
        }
    }
}

pub fn dialog(reader: &Reader) -> Markup {
    html! {
        dialog #cancelling aria-labelledby="cancelling-title" {
            h2 #cancelling-title { (reader.t("cancel-title")) }
            form data-post action="/sale/void" method="post" data-closes="cancelling" {
                @for name in ["rid", "sale_id", "tag"] { input type="hidden" name=(name); }
                input.plain name="what" readonly tabindex="-1" aria-label=(reader.t("cancel-title"));
                div.row {
                    (close_button(reader, "cancelling"))
                    button.button.primary #act-cancel-yes data-act="cancel-yes" data-key="F9" autofocus {
                        span { (reader.t("cancel-yes")) } (key_cap("F9"))
                    }
                }
            }
        }
    }
}
