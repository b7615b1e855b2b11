//! This shop holds K_master. It could compute every row, so what it verifies proves little against itself.

use zeroize::Zeroizing;

use super::{Judge, PayerVerifier};
use crate::payer::Payer;
use crate::payer::code_card::{CardKey, Row};

pub struct Local {
    master: Zeroizing<[u8; 32]>,
}

impl Local {
    pub fn new(master: Zeroizing<[u8; 32]>) -> Self {
        Self { master }
    }

    fn key(&self, payer: &Payer) -> CardKey {
        CardKey::derive(&*self.master, payer.id.0, payer.card.serial)
    }
}

impl PayerVerifier for Local {
    fn row_order(&self, payer: &Payer) -> Vec<Row> {
        self.key(payer).row_order().to_vec()
    }

    fn judge(&self, payer: &Payer) -> Judge {
        Judge::Here(self.key(payer))
    }
}
