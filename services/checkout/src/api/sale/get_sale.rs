use std::sync::Arc;

use chit_proto::checkout::v1::{GetSaleRequest, GetSaleResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::shown;
use crate::context::Shop;

pub async fn handle(shop: &Arc<Shop>, call: Call<GetSaleRequest>) -> Result<GetSaleResponse, Status> {
    let policy = shop.cfg.evidence_policy;
    let look = move |view: &crate::store::View| {
        let id = view.sale_by_reference(&call.body.sale_id)?;
        shown::sale(view, id, policy)
    };
    Ok(GetSaleResponse { sale: shop.store.read(look).await? })
}
