use std::sync::Arc;

use chit_proto::checkout::v1::{ChangePhoneRequest, ChangePhoneResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, mutation};
use crate::context::Shop;
use crate::effects::issue;
use crate::staff::approval::Act;
use crate::values::ids::PayerId;
use crate::values::phone::PhoneE164;
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;
use crate::verification::renewal::{self, Fresh};

pub async fn handle(shop: &Arc<Shop>, call: Call<ChangePhoneRequest>) -> Result<ChangePhoneResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let phone = PhoneE164::parse_typed(&call.body.phone, &shop.cfg.country)
        .map_err(|error| Refusal::field("phone", Reason::NUMBER_INVALID, error.to_string()))?;
    let (id, wanted): (PayerId, _) = (call.body.payer_id.parse()?, phone.clone());
    let look = move |view: &crate::store::View| {
        let payer = view.payer(id)?;
        renewal::must_be_free(view, &payer, &wanted)?;
        Ok(payer)
    };
    let payer = shop.store.read(look).await?;
    let first = mutation::approval(call.body.approval.clone());
    let second = mutation::approval(call.body.second_approval.clone());
    let grant = shop.approve_two(call.by.origin.clone(), first, second, Act::ChangePhoneOrCard).await?;
    let code = issue(shop, id, &phone, renewal::next_serial(&payer)?)?;
    let (fresh, voice) = (Fresh { code, warning: shop.new_id()? }, shop.voice.clone());
    let serials = call.by.sees_serials();
    mutation::once(shop, &call, move |tx| {
        let payer = renewal::phone(tx, &voice, id, &phone, grant, fresh)?;
        Ok(ChangePhoneResponse { payer: Some(convert::payer(&payer, serials)) })
    })
    .await
}
