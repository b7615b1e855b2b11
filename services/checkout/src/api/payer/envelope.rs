//! Where a payer's next card comes from.

use crate::context::Shop;
use crate::payer::code_card::CardSerial;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};

/// Drawn where the shop prints its cards, scanned where they come in an issuer's envelopes.
pub fn next_serial(shop: &Shop, scanned: &str) -> Result<CardSerial> {
    let refused = |remedy: &str| Refusal::field("card_serial", Reason::CARD_SERIAL_INVALID, remedy);
    match (&shop.issuer, scanned.trim()) {
        (None, "") => Ok(CardSerial::from_random(shop.random_u64()?)),
        (None, _) => Err(refused("this shop prints its own cards; leave it empty")),
        (Some(_), text) => {
            text.parse().map_err(|_form| refused("scan the 8 digits on a sealed envelope of the issuer"))
        }
    }
}
