use std::sync::Arc;

use chit_proto::checkout::v1::{ConfirmPersonRequest, ConfirmPersonResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::counter;
use crate::domain::sale::SaleState;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(
    shop: &Arc<Shop>,
    request: ConfirmPersonRequest,
) -> Result<ConfirmPersonResponse, Status> {
    let (sale_id, same, policy) = (request.sale_id.clone(), request.same_person, shop.cfg.evidence_policy);
    mutation::once(shop, &request, move |tx| {
        let mut sale = tx.sale(&sale_id)?;
        counter::editable(&sale, "confirmed")?;
        sale.must_be(&[SaleState::PayerOk], "confirmed")?;
        sale.same_person = Some(same);
        tx.put_sale(&sale.cashier.clone(), &sale)?;
        Ok(ConfirmPersonResponse { sale: Some(convert::sale(&sale, policy)) })
    })
    .await
}
