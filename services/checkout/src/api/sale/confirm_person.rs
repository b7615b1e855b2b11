use std::sync::Arc;

use chit_proto::checkout::v1::{ConfirmPersonRequest, ConfirmPersonResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown};
use crate::context::Shop;
use crate::sale;
use crate::values::ids::SaleId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<ConfirmPersonRequest>,
) -> Result<ConfirmPersonResponse, Status> {
    let (id, same, policy): (SaleId, _, _) =
        (call.body.sale_id.parse()?, call.body.same_person, shop.cfg.evidence_policy);
    let actor = call.actor();
    mutation::once(shop, &call, move |tx| {
        sale::confirm_person(tx, id, same, &actor)?;
        Ok(ConfirmPersonResponse { sale: shown::sale(tx, id, policy)? })
    })
    .await
}
