use std::sync::Arc;

use chit_proto::checkout::v1::{ResetPayerRequest, ResetPayerResponse};
use tonic::Status;

use super::envelope::next_serial;
use crate::api::call::Call;
use crate::api::{convert, mutation};
use crate::context::Shop;
use crate::effects::issue;
use crate::staff::approval::Act;
use crate::values::ids::PayerId;
use crate::verification::renewal::{self, Fresh, NewCard};

pub async fn handle(shop: &Arc<Shop>, call: Call<ResetPayerRequest>) -> Result<ResetPayerResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let id: PayerId = call.body.payer_id.parse()?;
    let payer = shop.store.read(move |view| view.payer(id)).await?;
    let phone = payer.must_be_known()?;
    let first = mutation::approval(call.body.approval.clone());
    let second = mutation::approval(call.body.second_approval.clone());
    let grant = shop.approve_two(call.by.origin.clone(), first, second, Act::ChangePhoneOrCard).await?;
    let code = issue(shop, id, phone, renewal::next_serial(&payer)?)?;
    let (fresh, voice) = (Fresh { code, warning: shop.new_id()? }, shop.voice.clone());
    let card = NewCard { serial: next_serial(shop, &call.body.card_serial).await?, job: shop.new_id()? };
    let serials = call.by.sees_serials();
    mutation::once(shop, &call, move |tx| {
        let payer = renewal::card(tx, &voice, id, card, grant, fresh)?;
        Ok(ResetPayerResponse { payer: Some(convert::payer(&payer, serials)) })
    })
    .await
}
