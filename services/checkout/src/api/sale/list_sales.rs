use std::sync::Arc;

use chit_proto::checkout::v1::{ListSalesRequest, ListSalesResponse};
use tonic::Status;

use crate::api::{convert, page};
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, request: ListSalesRequest) -> Result<ListSalesResponse, Status> {
    let size = page::size(request.page_size)?;
    let mut sales = shop.store.read(|rows| rows.all_sales()).await?;
    sales.retain(|sale| {
        (request.payer_id.is_empty() || sale.payer_id == request.payer_id)
            && (request.page_token.is_empty() || sale.sale_id < request.page_token)
    });
    sales.sort_by(|left, right| right.sale_id.cmp(&left.sale_id));
    let next_page_token = page::cut(&mut sales, size, |sale| sale.sale_id.clone());
    let sales = sales.iter().map(|sale| convert::sale(sale, shop.cfg.evidence_policy)).collect();
    Ok(ListSalesResponse { sales, next_page_token })
}
