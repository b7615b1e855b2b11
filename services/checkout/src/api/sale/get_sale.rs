use std::sync::Arc;

use chit_proto::checkout::v1::{GetSaleRequest, GetSaleResponse};
use tonic::Status;

use crate::api::convert;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, request: GetSaleRequest) -> Result<GetSaleResponse, Status> {
    let sale = shop.store.read(move |rows| rows.sale_by_reference(&request.sale_id)).await?;
    Ok(GetSaleResponse { sale: Some(convert::sale(&sale, shop.cfg.evidence_policy)) })
}
