use chit_code_card::CardSerial;
use chit_proto::issuer::v1::{AssignRowsRequest, AssignRowsResponse};
use chit_runtime::request_id::fingerprint;
use chit_verdict::rows_request;
use prost::Message as _;
use tonic::Status;

use super::{Api, errors};
use crate::domain::Refusal;
use crate::store::{Request, StoreError};

pub async fn call(api: &Api, request: AssignRowsRequest) -> Result<AssignRowsResponse, Status> {
    let id = errors::request_id(&request.request_id)?;
    let asked = rows_request(&id, &request.shop, &request.card_serial);
    api.must_be_of(&request.shop, &asked, &request.shop_signature)?;
    // One that is no serial names no card.
    let serial: Option<CardSerial> = request.card_serial.parse().ok();
    let caller = request.shop.clone();
    let first = Request { caller, id, fingerprint: fingerprint(&request), now_ms: api.now_ms() };
    let (keys, count, shop) = (api.keys.clone(), api.rows_a_time, request.shop);
    let work = move |draft: &crate::store::Draft<'_>| {
        let card = serial.map_or(Ok(None), |serial| draft.card_with(serial))?;
        let mut card = card.ok_or(Refusal::CardUnknown)?;
        let order = keys.card(card.holder, card.serial).row_order();
        let rows = card.assign(&shop, &order, count)?;
        draft.put(&card)?;
        let rows = rows.iter().map(|row| row.get().into()).collect();
        Ok(AssignRowsResponse { card_id: card.holder.to_vec(), rows }.encode_to_vec())
    };
    let answer = api.once(first, work).await?;
    AssignRowsResponse::decode(answer.as_slice())
        .map_err(|_unreadable| errors::from_store(StoreError::Damaged("an answer")))
}
