use std::sync::Arc;

use chit_proto::checkout::v1::{EnrolPayerRequest, EnrolPayerResponse};
use tonic::Status;

use super::envelope::next_serial;
use crate::api::call::Call;
use crate::api::{convert, mutation};
use crate::context::Shop;
use crate::effects::issue;
use crate::payer::enrolment::{self, FIRST_SERIAL, Fresh, NewPayer};
use crate::peers::peer;
use crate::staff::approval::{Act, Hands};
use crate::values::ids::PayerId;
use crate::values::phone::PhoneE164;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind};
use crate::values::sms_text::Language;
use chit_proto::media_capture::v1::TakeSnapshotRequest;

const NAME_CHARS_MAX: usize = 80;

pub async fn handle(shop: &Arc<Shop>, call: Call<EnrolPayerRequest>) -> Result<EnrolPayerResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let new = check(shop, &call)?;
    let phone = new.phone.clone();
    if !shop.store.read(move |view| view.payers_by_phone(&phone)).await?.is_empty() {
        return Err(enrolment::number_taken().into());
    }
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::EnrolPayer, Hands::NONE).await?;
    let photo = photo(shop).await?;
    let fresh = Fresh {
        id: PayerId(shop.random()?),
        card: next_serial(shop, &call.body.card_serial).await?,
        mandate: shop.new_id()?,
        mandate_job: shop.new_id()?,
        card_job: shop.new_id()?,
        account: shop.new_id()?,
    };
    let code = issue(shop, fresh.id, &new.phone, FIRST_SERIAL)?;
    let traceparent = chit_runtime::trace::current_traceparent();
    let payer = enrolment::payer(new, &fresh, code, traceparent, shop.clock.now());
    let serials = call.by.sees_serials();
    mutation::once(shop, &call, move |tx| {
        let payer = enrolment::enrol(tx, payer, &photo, grant)?;
        Ok(EnrolPayerResponse { payer: Some(convert::payer(&payer, serials)) })
    })
    .await
}

fn check(shop: &Shop, call: &Call<EnrolPayerRequest>) -> Result<NewPayer, Refusal> {
    let request = &call.body;
    let name = request.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(Refusal::field("name", Reason::NAME_INVALID, "give 1 to 80 printable characters"));
    }
    let language = match request.language.as_str() {
        "zh-CN" => Language::Chinese,
        "en" => Language::English,
        _ => return Err(Refusal::field("language", Reason::LANGUAGE_INVALID, "give zh-CN or en")),
    };
    if !request.consent {
        let remedy = "without consent to photo and video there is no enrolment";
        return Err(Refusal::field("consent", Reason::CONSENT_MISSING, remedy));
    }
    let phone = PhoneE164::parse_typed(&request.phone, &shop.cfg.country)
        .map_err(|error| Refusal::field("phone", Reason::NUMBER_INVALID, error.to_string()))?;
    Ok(NewPayer { name: name.to_owned(), phone, language, enrolled_by: call.actor() })
}

/// The till will show it at every sale, so there is no enrolment without it.
async fn photo(shop: &Arc<Shop>) -> Result<Vec<u8>, Status> {
    match peer!(shop.media.take_snapshot(TakeSnapshotRequest {})).await {
        Ok(snapshot) => Ok(snapshot.jpeg),
        Err(_) => {
            let message = "the camera gives no picture; mend it (chit doctor), then enrol again";
            Err(Refusal::new(RefusalKind::WrongState, Reason::PHOTO_UNAVAILABLE, message).into())
        }
    }
}
