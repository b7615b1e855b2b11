//! A phone's width, and a till's screen at twice the size: everything is there, and no sum breaks into its digits.

use crate::cashier::{begin_by_keys, fill_basket_by_keys, show_code, sign_in_by_keys, stage};
use crate::shop::Shop;

/// CSS pixels: 360 of a phone; 1024 × 600 at 200 %.
pub const SCREENS: [(u32, u32); 2] = [(360, 640), (512, 300)];

/// Nothing is wider than the screen.
pub const NOTHING_STICKS_OUT: &str = "document.documentElement.scrollWidth <= innerWidth";

/// One line high, whatever the width.
const SUMS_ARE_WHOLE: &str = "[...document.querySelectorAll('.line .sum, #total')].every(\
    (sum) => sum.getBoundingClientRect().height < 2 * parseFloat(getComputedStyle(sum).fontSize))";

/// What waits and what does not work is there to its last letter.
const NEWS_ARE_WHOLE: &str = "(() => { const news = document.querySelector('#bar .news'); \
    return news.scrollWidth <= news.clientWidth && news.scrollHeight <= news.clientHeight })()";

/// Wholly on the page, if not yet on the screen.
fn is_reachable(css: &str) -> String {
    format!(
        "(() => {{ const e = document.querySelector('{css}'); e.scrollIntoView({{ block: 'center' }}); \
         const box = e.getBoundingClientRect(); return box.height > 0 && box.left >= 0 && box.right <= innerWidth \
         && e.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)); }})()"
    )
}

#[tokio::test]
async fn a_sale_can_be_made_on_a_phone_and_at_twice_the_size() {
    let shop = Shop::open_with_payer("en").await;
    let page = &shop.page;
    sign_in_by_keys(&shop).await;
    begin_by_keys(page).await;
    fill_basket_by_keys(page).await;
    for (width, height) in SCREENS {
        page.resize(width, height).await;
        page.until(NOTHING_STICKS_OUT).await;
        page.until(SUMS_ARE_WHOLE).await;
        page.until(NEWS_ARE_WHOLE).await;
        for css in [
            "#line-0 .name",
            "#total",
            "#act-read-code",
            "#act-search",
            "#act-cancel",
            "#nav-people",
            "#act-sign-out",
        ] {
            page.until(&is_reachable(css)).await;
        }
    }
    shop.at_desk().await;
    for (width, height) in SCREENS {
        page.resize(width, height).await;
        page.until(NOTHING_STICKS_OUT).await;
        page.until(NEWS_ARE_WHOLE).await;
    }
    shop.at_till().await;
    show_code(&shop).await;
    stage(page, "PAYER_OK").await;
    for (width, height) in SCREENS {
        page.resize(width, height).await;
        page.until(NOTHING_STICKS_OUT).await;
        for css in ["#enrolment-photo", "#act-same-yes", "#act-same-no", "#act-commit"] {
            page.until(&is_reachable(css)).await;
        }
    }
    for (nav, main) in
        [("office", "#queue"), ("enquiry", "#ref"), ("payers", "#enrol-name"), ("people", "#new-pin")]
    {
        page.goto(&format!("{}{nav}", shop.till_url)).await;
        page.until(NOTHING_STICKS_OUT).await;
        page.until(&is_reachable(main)).await;
    }
}
