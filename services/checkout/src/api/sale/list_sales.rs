use std::sync::Arc;

use chit_proto::checkout::v1::{ListSalesRequest, ListSalesResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::page;
use crate::api::shown::Shown;
use crate::context::Shop;
use crate::values::ids::{PayerId, SaleId};

pub async fn handle(shop: &Arc<Shop>, call: Call<ListSalesRequest>) -> Result<ListSalesResponse, Status> {
    let size = page::size(call.body.page_size)?;
    let before: Option<SaleId> = page::token(&call.body.page_token)?;
    let payer: Option<PayerId> = match call.body.payer_id.as_str() {
        "" => None,
        id => Some(id.parse()?),
    };
    let policy = shop.cfg.evidence_policy;
    let by = call.by;
    let look = move |view: &crate::store::View| {
        let mut sales = view.sales_before(payer, before, size + 1)?;
        let next_page_token = page::cut(&mut sales, size, |sale| sale.id.to_string());
        let shown: crate::values::refusal::Result<Vec<_>> = sales
            .into_iter()
            .filter(|sale| by.owns(&sale.cashier))
            .map(|sale| Ok(Shown::around(view, sale)?.to_proto(policy)))
            .collect();
        Ok(ListSalesResponse { sales: shown?, next_page_token })
    };
    Ok(shop.store.read(look).await?)
}
