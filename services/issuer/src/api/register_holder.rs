use chit_msisdn::{Country, enrol};
use chit_proto::issuer::v1::{RegisterHolderRequest, RegisterHolderResponse};
use chit_runtime::error::bad_field;
use chit_runtime::request_id::fingerprint;
use tonic::Status;

use super::{Api, errors, proof};
use crate::domain::{Act, Holder, Refusal};
use crate::store::Request;

pub async fn call(api: &Api, mut request: RegisterHolderRequest) -> Result<RegisterHolderResponse, Status> {
    let id = errors::request_id(&request.request_id)?;
    let holder = Holder { phone: phone(&request.phone)?, language: language(&request.language)? };
    let custodian = proof::proved(api, &mut request.approval).await?;
    let (serial, now_ms) = (request.card_serial.parse().ok(), api.now_ms());
    let first = Request { caller: String::new(), id, fingerprint: fingerprint(&request), now_ms };
    let work = move |draft: &crate::store::Draft<'_>| {
        let card = serial.map_or(Ok(None), |serial| draft.card_with(serial))?;
        let mut card = card.ok_or(Refusal::CardUnknown)?;
        card.hand_to(holder)?;
        draft.put(&card)?;
        draft.note(now_ms, custodian.name(), Act::HandedOver, card.holder, None)?;
        Ok(Vec::new())
    };
    api.once(first, work).await?;
    Ok(RegisterHolderResponse {})
}

/// As it is dialled from anywhere. An issuer has no country of its own, so the number says it.
fn phone(text: &str) -> Result<String, Status> {
    let invalid = |why: &str| bad_field("phone", "PHONE_INVALID", format!("the number {why}"));
    if !text.starts_with('+') {
        return Err(invalid("begins with + and its country code"));
    }
    let country = Country::from_iso("CN").map_err(|error| invalid(&error.to_string()))?;
    enrol(text, country).map(|number| number.dial().to_owned()).map_err(|error| invalid(&error.to_string()))
}

fn language(tag: &str) -> Result<crate::domain::Language, Status> {
    tag.parse().map_err(|refusal: Refusal| errors::from_store(refusal.into()))
}
