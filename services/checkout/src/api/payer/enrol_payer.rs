use std::sync::Arc;

use chit_proto::checkout::v1::{EnrolPayerRequest, EnrolPayerResponse};
use tonic::Status;

use chit_proto::media_capture::v1::TakeSnapshotRequest;

use crate::api::{convert, mutation};
use crate::counter;
use crate::domain::approval::Act;
use crate::domain::payer::PhoneE164;
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::enrol::{self, NewPayer};
use crate::shop::Shop;
use crate::store::Rows;

const NAME_CHARS_MAX: usize = 80;

pub async fn handle(shop: &Arc<Shop>, request: EnrolPayerRequest) -> Result<EnrolPayerResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &request).await? {
        return Ok(known);
    }
    let new = check(shop, &request)?;
    let phone = new.phone.reveal().to_owned();
    if shop.store.read(move |rows| rows.payer_by_phone(&phone)).await?.is_some() {
        return Err(enrol::number_taken().into());
    }
    let approval = mutation::approval(request.approval.clone());
    let grant = counter::approve(shop, approval, Act::EnrolPayer, None).await?;
    let photo = photo(shop).await?;
    let payer = enrol::prepare(shop, new)?;
    mutation::once(shop, &request, move |tx| {
        let payer = enrol::enrol(tx, payer, &photo, grant)?;
        Ok(EnrolPayerResponse { payer: Some(convert::payer(&payer)) })
    })
    .await
}

fn check(shop: &Shop, request: &EnrolPayerRequest) -> Result<NewPayer, Refusal> {
    let name = request.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(Refusal::field("name", "NAME_INVALID", "give 1 to 80 printable characters"));
    }
    if !matches!(request.language.as_str(), "zh-CN" | "en") {
        return Err(Refusal::field("language", "LANGUAGE_INVALID", "give zh-CN or en"));
    }
    if !request.consent {
        return Err(Refusal::field(
            "consent",
            "CONSENT_MISSING",
            "without consent to photo and video there is no enrolment",
        ));
    }
    let phone = PhoneE164::parse_typed(&request.phone, &shop.cfg.country)
        .map_err(|error| Refusal::field("phone", "NUMBER_INVALID", error.to_string()))?;
    Ok(NewPayer { name: name.to_owned(), phone, language: request.language.clone() })
}

/// The till will show it at every sale, so there is no enrolment without it.
async fn photo(shop: &Arc<Shop>) -> Result<Vec<u8>, Status> {
    match crate::far!(shop.media.take_snapshot(TakeSnapshotRequest {})).await {
        Ok(snapshot) => Ok(snapshot.jpeg),
        Err(_) => {
            let message = "the camera gives no picture; mend it (chit doctor), then enrol again";
            Err(Refusal::new(RefusalKind::WrongState, "PHOTO_UNAVAILABLE", message).into())
        }
    }
}
