use std::sync::Arc;

use chit_proto::checkout::v1::{ChangePhoneRequest, ChangePhoneResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::change;
use crate::counter;
use crate::domain::approval::Act;
use crate::domain::payer::PhoneE164;
use crate::domain::refusal::Refusal;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, request: ChangePhoneRequest) -> Result<ChangePhoneResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &request).await? {
        return Ok(known);
    }
    let phone = PhoneE164::parse_typed(&request.phone, &shop.cfg.country)
        .map_err(|error| Refusal::field("phone", "NUMBER_INVALID", error.to_string()))?;
    let (payer_id, wanted) = (request.payer_id.clone(), phone.clone());
    let payer = shop
        .store
        .read(move |rows| {
            let payer = rows.payer(&payer_id)?;
            change::must_be_free(rows, &payer, &wanted)?;
            Ok(payer)
        })
        .await?;
    let first = mutation::approval(request.approval.clone());
    let second = mutation::approval(request.second_approval.clone());
    let grant = counter::approve_two(shop, first, second, Act::ChangePhoneOrCard).await?;
    let (fresh, voice) = (change::prepare(shop, &payer, &phone)?, shop.voice());
    mutation::once(shop, &request, move |tx| {
        let payer = change::phone(tx, &voice, &payer.payer_id, &phone, grant, fresh)?;
        Ok(ChangePhoneResponse { payer: Some(convert::payer(&payer)) })
    })
    .await
}
