use chit_code_card::CardSerial;
use chit_proto::issuer::v1::{ReportLostRequest, ReportLostResponse};
use chit_runtime::request_id::fingerprint;
use chit_verdict::lost_request;
use tonic::Status;

use super::{Api, errors, proof};
use crate::domain::Act;
use crate::store::Request;

pub async fn call(api: &Api, mut request: ReportLostRequest) -> Result<ReportLostResponse, Status> {
    let id = errors::request_id(&request.request_id)?;
    // A shop signs; without one it is one of the issuer's people, who proves it.
    let custodian = if request.shop.is_empty() {
        Some(proof::proved(api, &mut request.approval).await?)
    } else {
        let asked = lost_request(&id, &request.shop, &request.card_serial);
        api.must_be_of(&request.shop, &asked, &request.shop_signature)?;
        None
    };
    let now_ms = api.now_ms();
    let serial: Option<CardSerial> = request.card_serial.parse().ok();
    let (caller, fingerprint) = (request.shop.clone(), fingerprint(&request));
    let first = Request { caller, id, fingerprint, now_ms };
    let work = move |draft: &crate::store::Draft<'_>| {
        if let Some(mut card) = serial.map_or(Ok(None), |serial| draft.card_with(serial))? {
            card.lost = true;
            draft.put(&card)?;
            if let Some(custodian) = &custodian {
                draft.note(now_ms, custodian.name(), Act::Closed, card.holder, None)?;
            }
        }
        Ok(Vec::new())
    };
    api.once(first, work).await?;
    Ok(ReportLostResponse {})
}
