//! Where a payer's next card comes from.

use crate::context::Shop;
use crate::payer::code_card::CardSerial;
use crate::payer::enrolment;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};

/// Eight digits: among ten thousand payers every ten thousandth serial that is drawn is somebody's.
const DRAWS: usize = 16;

/// Drawn where the shop prints its cards, scanned where they come in an issuer's envelopes.
pub async fn next_serial(shop: &Shop, scanned: &str) -> Result<CardSerial> {
    let refused = |remedy: &str| Refusal::field("card_serial", Reason::CARD_SERIAL_INVALID, remedy);
    match (&shop.issuer, scanned.trim()) {
        (None, "") => {
            let drawn = (0..DRAWS).map(|_| Ok(CardSerial::from_random(shop.random_u64()?)));
            let drawn = drawn.collect::<Result<Vec<_>>>()?;
            shop.store.read(move |view| enrolment::first_free(view, &drawn)).await
        }
        (None, _) => Err(refused("this shop prints its own cards; leave it empty")),
        (Some(_), text) => {
            text.parse().map_err(|_form| refused("scan the 8 digits on a sealed envelope of the issuer"))
        }
    }
}
