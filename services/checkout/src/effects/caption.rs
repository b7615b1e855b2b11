//! What the keeper of the film is told of a sale.

use chit_proto::media_capture::v1::NoteSaleRequest;
use chit_runtime::clock::to_proto;

use crate::context::Shop;
use crate::custody::Custody;
use crate::sale::Sale;

/// What has room in a picture's caption (chit.media_capture.v1.NoteSaleRequest).
const SHOP_CHARS_MAX: usize = 64;
const TILL_CHARS_MAX: usize = 32;

/// What is burnt into the pictures and what became of the sale.
pub fn of(shop: &Shop, sale: &Sale, custody: &Custody) -> NoteSaleRequest {
    // A sealed bundle takes no number any more.
    let open = sale.sold().filter(|sold| !sold.evidence.state.is_sealed());
    let cut = |text: &str, chars_max| text.chars().take(chars_max).collect();
    NoteSaleRequest {
        sale_id: sale.id.to_string(),
        verified_time: custody.answered_at.map(to_proto),
        notice_delivered_time: custody.stated_at.map(to_proto),
        concluded_time: custody.concluded_at.map(to_proto),
        shop_name: cut(&shop.cfg.shop_name, SHOP_CHARS_MAX),
        till: cut(&sale.till, TILL_CHARS_MAX),
        receipt_no: open.map(|sold| sold.receipt_no.clone()).unwrap_or_default(),
        still_owed: custody.concluded_at.is_none(),
    }
}
