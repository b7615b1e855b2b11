//! Who had a hand in a sale: they neither approve nor judge it.

use crate::staff::approval::Hands;
use crate::store::View;
use crate::values::ids::SaleId;
use crate::values::refusal::Result;

pub fn hands(view: &View, id: SaleId) -> Result<Hands> {
    let sale = view.sale(id)?;
    let enrolled_by = match sale.presented() {
        Some(presented) => view.payer(presented.payer)?.enrolled_by,
        None => None,
    };
    Ok(Hands { of_sale: sale.touched_by, enrolled_by })
}
