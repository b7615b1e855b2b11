use chit_code_card::CardSerial;
use chit_proto::issuer::v1::{ResetPayerRequest, ResetPayerResponse};
use chit_runtime::request_id::fingerprint;
use tonic::Status;

use super::{Api, errors, proof};
use crate::domain::{Act, Refusal};
use crate::store::{Draft, Request};

pub async fn call(api: &Api, mut request: ResetPayerRequest) -> Result<ResetPayerResponse, Status> {
    let id = errors::request_id(&request.request_id)?;
    let custodian = proof::proved(api, &mut request.approval).await?;
    let now_ms = api.now_ms();
    let first = Request { caller: String::new(), id, fingerprint: fingerprint(&request), now_ms };
    let work = move |draft: &Draft<'_>| {
        let find = |serial: &str| -> crate::store::Result<_> {
            let serial: Option<CardSerial> = serial.parse().ok();
            let card = serial.map_or(Ok(None), |serial| draft.card_with(serial))?;
            Ok(card.ok_or(Refusal::CardUnknown)?)
        };
        let mut card = find(&request.card_serial)?;
        if request.new_card_serial.is_empty() {
            card.reopen()?;
            draft.note(now_ms, custodian.name(), Act::Reopened, card.holder, None)?;
        } else {
            let mut new = find(&request.new_card_serial)?;
            card.replace_by(&mut new)?;
            draft.put(&new)?;
            draft.note(now_ms, custodian.name(), Act::Replaced, card.holder, Some(new.holder))?;
        }
        draft.put(&card)?;
        Ok(Vec::new())
    };
    api.once(first, work).await?;
    Ok(ResetPayerResponse {})
}
