use chit_code_card::CardSerial;
use chit_proto::issuer::v1::{ReportLostRequest, ReportLostResponse};
use chit_runtime::request_id::fingerprint;
use chit_verdict::lost_request;
use tonic::Status;

use super::{Api, errors};
use crate::store::Request;

pub async fn call(api: &Api, request: ReportLostRequest) -> Result<ReportLostResponse, Status> {
    let id = errors::request_id(&request.request_id)?;
    // The issuer's own people come over the socket, which knows them (calls.rs); checkout's user may come for a shop only, and
    // an unsigned request can do no more than a payer's LOST from any number: it closes a card whose serial is known.
    if !request.shop.is_empty() {
        let asked = lost_request(&id, &request.shop, &request.card_serial);
        api.must_be_of(&request.shop, &asked, &request.shop_signature)?;
    }
    let serial: Option<CardSerial> = request.card_serial.parse().ok();
    let (caller, fingerprint) = (request.shop.clone(), fingerprint(&request));
    let first = Request { caller, id, fingerprint, now_ms: api.now_ms() };
    let work = move |draft: &crate::store::Draft<'_>| {
        if let Some(mut card) = serial.map_or(Ok(None), |serial| draft.card_with(serial))? {
            card.lost = true;
            draft.put(&card)?;
        }
        Ok(Vec::new())
    };
    api.once(first, work).await?;
    Ok(ReportLostResponse {})
}
