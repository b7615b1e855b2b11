use std::sync::Arc;

use chit_proto::checkout::v1::{ErasePayerRequest, ErasePayerResponse};
use chit_proto::ledger::v1::GetAccountRequest;
use tonic::Status;

use crate::api::call::Call;
use crate::api::status::peer_status;
use crate::api::{convert, mutation};
use crate::context::Shop;
use crate::effects::remove_pictures;
use crate::erasure;
use crate::payer::Payer;
use crate::peers::peer;
use crate::staff::approval::Act;
use crate::values::ids::PayerId;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind};

pub async fn handle(shop: &Arc<Shop>, call: Call<ErasePayerRequest>) -> Result<ErasePayerResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let (id, moment): (PayerId, _) = (call.body.payer_id.parse()?, shop.moment()?);
    let look = move |view: &crate::store::View| {
        erasure::must_be_free(view, id, moment)?;
        view.payer(id)
    };
    let payer = shop.store.read(look).await?;
    must_owe_nothing(shop, &payer).await?;
    let first = mutation::approval(call.body.approval.clone());
    let second = mutation::approval(call.body.second_approval.clone());
    let grant = shop.approve_two(call.by.origin.clone(), first, second, Act::ErasePayer).await?;
    // Before the record goes: whoever dies in between erases again, and no picture is left that nobody knows of.
    remove_pictures(shop, id, payer.code.serial).map_err(|error| {
        Refusal::internal(format!("a picture of the payer's code cannot be removed: {error}"))
    })?;
    let serials = call.by.sees_serials();
    mutation::once(shop, &call, move |tx| {
        let payer = erasure::erase(tx, id, grant, moment)?;
        Ok(ErasePayerResponse { payer: Some(convert::payer(&payer, serials)) })
    })
    .await
}

/// What was settled before accounts had statements is in the ledger alone.
async fn must_owe_nothing(shop: &Arc<Shop>, payer: &Payer) -> Result<(), Status> {
    let request = GetAccountRequest { account_id: payer.account.to_string(), ..Default::default() };
    let answer =
        peer!(shop.ledger.get_account(request)).await.map_err(|status| peer_status(status.into()))?;
    let held = answer.account.unwrap_or_default();
    if held.debits_posted_minor == held.credits_posted_minor {
        return Ok(());
    }
    let message =
        "their account in the ledger is not even; see GetHouseAccount, and have it paid in or out first";
    Err(Refusal::new(RefusalKind::WrongState, Reason::PAYER_STILL_NEEDED, message).into())
}
