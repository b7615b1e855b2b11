use std::sync::Arc;

use chit_proto::checkout::v1::{AnswerInPersonRequest, AnswerInPersonResponse};
use tonic::Status;

use crate::api::{convert, mutation};
use crate::dialogue::in_person;
use crate::domain::code_card::RowCode;
use crate::domain::refusal::Refusal;
use crate::shop::Shop;
use crate::watch::inbox;

pub async fn handle(
    shop: &Arc<Shop>,
    request: AnswerInPersonRequest,
) -> Result<AnswerInPersonResponse, Status> {
    let code: RowCode = request.row_code.trim().parse().map_err(|_form| {
        Refusal::field("row_code", "ROW_CODE_WRONG", "type the six digits of the row that the till names")
    })?;
    let (payer_id, fresh, voice) = (request.payer_id.clone(), inbox::fresh(shop)?, shop.voice());
    let master = shop.keys.card_master.clone();
    let (payer, accepted) = mutation::once_with(shop, &request, move |tx| {
        let (payer, accepted) = in_person::answer(tx, &voice, &master, &payer_id, code, fresh)?;
        Ok((AnswerInPersonResponse { payer: Some(convert::payer(&payer)) }, accepted))
    })
    .await?;
    if accepted {
        return Ok(payer);
    }
    let message = "that is not the code of the row that is asked; look at the row's number again";
    Err(Refusal::field("row_code", "ROW_CODE_WRONG", message).into())
}
