//! Who tells whether six digits are the payer's row: this shop, or an issuer to whom it forwards them.

mod issuer;
mod local;

pub use issuer::Issuer;
pub use local::Local;

use crate::payer::Payer;
use crate::payer::code_card::{CardKey, Row};

/// Where the codes of a payer are compared.
pub enum Judge {
    Here(CardKey),
    /// They are forwarded, in the name under which the issuer knows this shop.
    Issuer {
        shop: String,
    },
}

pub trait PayerVerifier: Send + Sync {
    /// The order in which the payer's rows are asked for; none while no row of theirs may be asked.
    fn row_order(&self, payer: &Payer) -> Vec<Row>;

    fn judge(&self, payer: &Payer) -> Judge;
}
