use std::sync::Arc;

use chit_proto::checkout::v1::{AnswerInPersonRequest, AnswerInPersonResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::{convert, mutation};
use crate::context::Shop;
use crate::inbound::replies;
use crate::payer::code_card::RowCode;
use crate::values::ids::PayerId;
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;
use crate::verification::Fresh;
use crate::verification::in_person::{self, Answered};

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<AnswerInPersonRequest>,
) -> Result<AnswerInPersonResponse, Status> {
    let code: RowCode = call.body.row_code.trim().parse().map_err(|_form| {
        let remedy = "type the six digits of the row that the till names";
        Refusal::field("row_code", Reason::ROW_CODE_WRONG, remedy)
    })?;
    let id: PayerId = call.body.payer_id.parse()?;
    let fresh = Fresh { sealed: replies::sealed(shop, Some(&code))?, ..replies::fresh(shop)? };
    let (voice, verifier) = (shop.voice.clone(), shop.verifier.clone());
    let serials = call.by.sees_serials();
    let (answer, accepted) = mutation::once_with(shop, &call, move |tx| {
        let (payer, answered) = in_person::answer(tx, &voice, &*verifier, id, &code, fresh)?;
        let forwarded = answered == Answered::Forwarded;
        let payer = Some(convert::payer(&payer, serials));
        Ok((AnswerInPersonResponse { payer, forwarded }, answered != Answered::Wrong))
    })
    .await?;
    if accepted {
        return Ok(answer);
    }
    let message = "that is not the code of the row that is asked; look at the row's number again";
    Err(Refusal::field("row_code", Reason::ROW_CODE_WRONG, message).into())
}
