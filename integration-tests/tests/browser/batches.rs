//! The page of batches: what was expected, what came, and what waits for a person.

use crate::bank_shop::BankShop;
use crate::narrow::{NOTHING_STICKS_OUT, SCREENS};

/// Sums and headings are one line high, whatever the width.
const NO_CELL_IS_BROKEN: &str = "[...document.querySelectorAll('.sums :is(th, td):not(:first-child)')].every(\
    (cell) => cell.getBoundingClientRect().height < 4 * parseFloat(getComputedStyle(cell).fontSize) && cell.scrollWidth <= cell.clientWidth)";

#[tokio::test]
async fn batches_show_what_came_beside_what_the_ledger_booked_and_both_agree() {
    let shop = BankShop::open().await;
    shop.look_at_batches("en").await;
    let page = &shop.page;
    page.until("document.querySelector('#bank-batches').dataset.count === '2'").await;
    page.until("document.querySelector('#bank-sums').dataset.agrees === 'true'").await;
    page.until("[...document.querySelectorAll('[data-batch]')].every(row => row.dataset.agrees === 'true')")
        .await;
    let came =
        "[...document.querySelectorAll('[data-batch]')].map(row => row.cells[2].textContent.trim()).join()";
    page.until(&format!("{came} === '0.00,12.50'")).await;
    for (width, height) in SCREENS {
        page.resize(width, height).await;
        page.until(NOTHING_STICKS_OUT).await;
        page.until(NO_CELL_IS_BROKEN).await;
    }
}
