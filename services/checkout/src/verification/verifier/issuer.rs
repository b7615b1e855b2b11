//! An issuer holds K_master, assigns this shop some rows of each card, in an order of its own, and judges replies. Nothing here
//! can tell a right code from a wrong one.

use super::{Judge, PayerVerifier};
use crate::payer::Payer;
use crate::payer::code_card::Row;

pub struct Issuer {
    shop: String,
}

impl Issuer {
    pub fn new(shop: String) -> Self {
        Self { shop }
    }
}

impl PayerVerifier for Issuer {
    fn row_order(&self, payer: &Payer) -> Vec<Row> {
        payer.card.issued.as_ref().map(|issued| issued.rows.clone()).unwrap_or_default()
    }

    fn judge(&self, _payer: &Payer) -> Judge {
        Judge::Issuer { shop: self.shop.clone() }
    }
}
