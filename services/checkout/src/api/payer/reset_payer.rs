use std::sync::Arc;

use chit_proto::checkout::v1::{ResetPayerRequest, ResetPayerResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::change::{self, NewCard};
use crate::counter;
use crate::domain::approval::Act;
use crate::domain::payer::PhoneE164;
use crate::domain::refusal::Refusal;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, request: ResetPayerRequest) -> Result<ResetPayerResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &request).await? {
        return Ok(known);
    }
    let payer_id = request.payer_id.clone();
    let payer = shop.store.read(move |rows| rows.payer(&payer_id)).await?;
    let first = mutation::approval(request.approval.clone());
    let second = mutation::approval(request.second_approval.clone());
    let grant = counter::approve_two(shop, first, second, Act::ChangePhoneOrCard).await?;
    let phone =
        PhoneE164::new(&payer.phone).map_err(|_damaged| Refusal::internal("a stored payer is damaged"))?;
    let (fresh, voice) = (change::prepare(shop, &payer, &phone)?, shop.voice());
    let card = NewCard { random: shop.random_u64()?, job_id: shop.new_ulid()? };
    mutation::once(shop, &request, move |tx| {
        let payer = change::card(tx, &voice, &payer.payer_id, card, grant, fresh)?;
        Ok(ResetPayerResponse { payer: Some(convert::payer(&payer)) })
    })
    .await
}
