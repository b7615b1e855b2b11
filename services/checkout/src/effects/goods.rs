//! The goods as sealed: the stored format is specified in proto/chit/checkout/v1/goods.proto.

use chit_proto::checkout::v1::{BasketLine, Goods as StoredGoods};
use chit_proto::money::v1::Money;
use prost::Message;
use sha2::{Digest, Sha256};

use crate::sale::Sale;

pub const MEDIA_TYPE: &str = "application/vnd.chit.goods+protobuf";

pub struct Goods {
    pub bytes: Vec<u8>,
    pub sha256: [u8; 32],
}

pub fn of(sale: &Sale) -> Goods {
    let lines = sale
        .lines
        .iter()
        .map(|line| BasketLine {
            gtin: line.gtin.clone(),
            description: line.description.clone(),
            quantity_milli: line.quantity_milli,
            unit_price_minor: line.unit_price_minor,
            total_minor: line.total_minor,
        })
        .collect();
    let total = Some(Money { amount_minor: sale.total_minor, currency_code: sale.currency.code().into() });
    let bytes = StoredGoods { sale_id: sale.id.to_string(), lines, total }.encode_to_vec();
    let sha256 = Sha256::digest(&bytes).into();
    Goods { bytes, sha256 }
}
