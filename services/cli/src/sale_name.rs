//! A sale, as a person has it before them: on a receipt, in an SMS, on a screen.

use chit_proto::checkout::v1::GetSaleRequest;
use clap::Args;

use crate::failure::Failure;
use crate::shop::{Shop, ask};

#[derive(Args, Debug)]
pub struct SaleName {
    /// The sale: receipt number, look-up code, number or proof in its SMS, or ULID.
    #[arg(value_name = "SALE")]
    sale: String,
}

impl SaleName {
    /// Its ULID, which every call takes.
    pub async fn id(self, shop: &Shop) -> Result<String, Failure> {
        if ulid::Ulid::from_string(&self.sale).is_ok() {
            return Ok(self.sale);
        }
        let client = shop.sales();
        let sale = ask!(client.get_sale(GetSaleRequest { sale_id: self.sale.to_uppercase() })).await?.sale;
        Ok(sale.unwrap_or_default().sale_id)
    }
}
