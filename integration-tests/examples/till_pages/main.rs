//! Looks at the pages as the browser tests do: `screenshots` for people, `bench` for figures.

#![allow(clippy::unwrap_used, reason = "it ends by panicking, as the tests do whose helpers it borrows")]
#![allow(dead_code, reason = "the tests use the rest of those helpers")]

#[path = "../../tests/browser/bank_shop.rs"]
mod bank_shop;
mod bench;
#[path = "../../tests/browser/cashier.rs"]
mod cashier;
#[path = "../../tests/browser/driver/mod.rs"]
mod driver;
mod screenshots;
#[path = "../../tests/browser/shop.rs"]
mod shop;
#[path = "../../tests/browser/tour.rs"]
mod tour;

#[tokio::main]
async fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("screenshots") => screenshots::take().await,
        Some("bench") => bench::run().await,
        _ => eprintln!("usage: till_pages screenshots | bench"),
    }
}
