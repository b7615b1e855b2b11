//! The pages and what their buttons do. A POST changes something in checkout and answers nothing but an error or where to
//! go; the change comes back over the event stream to every open page.

mod answer;
mod assets;
mod basket;
mod batches;
mod dispute;
mod enquiry;
mod events;
mod evidence_file;
mod exceptions;
mod office;
mod payers;
mod people;
mod pictures;
mod regions;
mod sale;
mod sign_in;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::guard;
use crate::till::Till;

/// Forms are small.
const BODY_BYTES_MAX: usize = 16 << 10;

type App = axum::extract::State<Arc<Till>>;

pub fn router(till: Arc<Till>) -> Router {
    Router::new()
        .route("/", get(sale::page))
        .route("/sale/{sale_id}", get(sale::page_of))
        .route("/office", get(office::page))
        .route("/enquiry", get(enquiry::page))
        .route("/enquiry/{sale_id}/{file}", get(evidence_file::read))
        .route("/signin", get(sign_in::page).post(sign_in::sign_in))
        .route("/signout", post(sign_in::sign_out))
        .route("/language", post(sign_in::language))
        .route("/events", get(events::stream))
        .route("/thumb.jpg", get(pictures::thumb))
        .route("/payer/{payer_id}/photo.jpg", get(pictures::payer))
        .route("/assets/{file}", get(assets::read))
        .route("/search", get(basket::search))
        .route("/basket/add", post(basket::add))
        .route("/basket/quantity", post(basket::quantity))
        .route("/basket/void-line", post(basket::void_line))
        .route("/scan/seen", post(basket::seen))
        .route("/scan/refused-seen", post(basket::refused_seen))
        .route("/sale/start", post(sale::start))
        .route("/sale/read-code", post(sale::read_code))
        .route("/sale/person", post(sale::person))
        .route("/sale/commit", post(sale::commit))
        .route("/sale/release", post(sale::release))
        .route("/sale/void", post(sale::void))
        .route("/sale/override", post(sale::override_evidence))
        .route("/sale/check", post(sale::check))
        .route("/sale/receipt", post(sale::receipt))
        .route("/sale/reprint", post(sale::reprint))
        .route("/sale/cash", post(sale::cash))
        .route("/office/deduct", post(office::deduct))
        .route("/office/release", post(office::release))
        .route("/office/settle", post(office::settle))
        .route("/office/list", post(office::list))
        .route("/batches", get(batches::page))
        .route("/batches/{file}", get(batches::report))
        .route("/batches/hand-over", post(batches::hand_over))
        .route("/batches/mark", post(batches::mark))
        .route("/office/exceptions/take", post(exceptions::take))
        .route("/office/exceptions/close", post(exceptions::close))
        .route("/payers", get(payers::page))
        .route("/payers/camera.jpg", get(payers::view_of_camera))
        .route("/payers/{payer_id}", get(payers::page_of))
        .route("/payers/{payer_id}/{file}", get(pictures::code))
        .route("/payers/enrol", post(payers::enrol))
        .route("/payers/freeze", post(payers::freeze))
        .route("/payers/phone", post(payers::change_phone))
        .route("/payers/card", post(payers::change_card))
        .route("/pin", get(people::pin_page).post(people::change_pin))
        .route("/people", get(people::page))
        .route("/people/add", post(people::add))
        .route("/people/reset-pin", post(people::reset_pin))
        .route("/people/disable", post(people::disable))
        .route("/people/revoke", post(people::revoke))
        .route("/dispute/open", post(dispute::open))
        .route("/dispute/resolve", post(dispute::resolve))
        .route("/dispute/withdraw", post(dispute::withdraw))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(till.clone(), guard::check))
        .with_state(till)
}
