//! The pages in a real browser, over a whole shop: what a cashier and a payer see, press and touch.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod accessibility;
mod bank_shop;
mod batches;
mod cashier;
mod counter;
mod desk_faults;
mod desk_phones;
mod driver;
mod evidence_page;
mod guards;
mod narrow;
mod one_sale_only;
mod outages;
mod shop;
mod tour;
mod whole_sale;
