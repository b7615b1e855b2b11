//! Scans that no sale took.

use maud::{Markup, html};

use super::{Action, Reader};
use crate::scene::RefusedScan;

/// The handheld beeps at every scan; this says which ones were not taken, and why, until the cashier has seen them.
pub fn refused(reader: &Reader, scans: &[RefusedScan]) -> Markup {
    let codes = scans.iter().map(RefusedScan::code).collect::<Vec<_>>().join(" ");
    let fields = [("answer", codes.as_str())];
    html! {
        @if !scans.is_empty() {
            div.notice.bad #refused-scan role="alert" data-count=(scans.len()) data-alarm {
                span.mark aria-hidden="true" { "!" }
                div.told {
                    @for scan in scans {
                        @let (reason, words) = why(reader, scan);
                        p data-reason=(reason) { (words) }
                    }
                }
                (Action { name: "scans-seen", to: "/scan/refused-seen", fields: &fields, words: "scans-seen", look: "quiet",
                    ..Action::default() }.html(reader))
            }
        }
    }
}

fn why<'a>(reader: &Reader, scan: &'a RefusedScan) -> (&'a str, String) {
    match scan {
        RefusedScan::Goods(code) => {
            ("GOODS_UNKNOWN", reader.with("goods-unknown", &[("code", code.as_str().into())]))
        }
        RefusedScan::Payer(reason) => (reason.as_str(), reader.reason(reason)),
        RefusedScan::NoSale(code) if code.is_empty() => ("NO_OPEN_SALE", reader.t("payer-without-sale")),
        RefusedScan::NoSale(code) => {
            ("NO_OPEN_SALE", reader.with("goods-without-sale", &[("code", code.as_str().into())]))
        }
    }
}
