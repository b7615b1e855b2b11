use std::sync::Arc;

use chit_proto::checkout::v1::{ResetPayerRequest, ResetPayerResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::counter;
use crate::domain::approval::Act;
use crate::domain::payer::PhoneE164;
use crate::domain::refusal::Refusal;
use crate::enrol::{self, Renewal};
use crate::shop::Shop;
use crate::store::Rows;

pub async fn handle(shop: &Arc<Shop>, request: ResetPayerRequest) -> Result<ResetPayerResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &request).await? {
        return Ok(known);
    }
    let approval = mutation::approval(request.approval.clone());
    let approver = counter::approve(shop, approval, Act::ResetLock, None).await?;
    let payer_id = request.payer_id.clone();
    let renewal = renew(shop, &payer_id).await?;
    mutation::once(shop, &request, move |tx| {
        let payer = enrol::reset(tx, &payer_id, &approver, renewal)?;
        Ok(ResetPayerResponse { payer: Some(convert::payer(&payer)) })
    })
    .await
}

async fn renew(shop: &Arc<Shop>, payer_id: &str) -> Result<Renewal, Refusal> {
    let id = payer_id.to_owned();
    let payer = shop.store.read(move |rows| rows.payer(&id)).await?;
    let damaged = |_| Refusal::internal("a stored payer is damaged");
    let serial = u16::try_from(payer.code_serial + 1)
        .map_err(|_used_up| Refusal::wrong_state("all serials of this payer are used; enrol him anew"))?;
    Ok(Renewal {
        code: enrol::issue(
            shop,
            payer_id.parse().map_err(damaged)?,
            &PhoneE164::new(&payer.phone).map_err(damaged)?,
            serial,
        )?,
        card_random: shop.random_u64()?,
        card_job_id: shop.new_ulid()?,
    })
}
