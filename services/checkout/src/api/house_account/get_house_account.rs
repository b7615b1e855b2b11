use std::sync::Arc;

use chit_proto::checkout::v1::{GetHouseAccountRequest, GetHouseAccountResponse};
use chit_proto::ledger::v1::GetAccountRequest;
use tonic::Status;

use super::{shown, shown_entry};
use crate::api::call::Call;
use crate::api::convert::money;
use crate::api::page;
use crate::api::status::peer_status;
use crate::context::Shop;
use crate::peers::peer;
use crate::values::ids::PayerId;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<GetHouseAccountRequest>,
) -> Result<GetHouseAccountResponse, Status> {
    let (payer, size): (PayerId, _) = (call.body.payer_id.parse()?, page::size(call.body.page_size)?);
    let before: Option<u64> = page::token(&call.body.page_token)?;
    let read = move |view: &crate::store::View| {
        let account_id = view.payer(payer)?.account;
        Ok((account_id, view.house_account(payer)?, view.house_entries(payer, before, size + 1)?))
    };
    let (account_id, account, mut entries) = shop.store.read(read).await?;
    let next_page_token = page::cut(&mut entries, size, |entry| entry.number.to_string());
    let request = GetAccountRequest { account_id: account_id.to_string(), ..Default::default() };
    let answer =
        peer!(shop.ledger.get_account(request)).await.map_err(|status| peer_status(status.into()))?;
    let held = answer.account.unwrap_or_default();
    let owed = held.debits_posted_minor.saturating_sub(held.credits_posted_minor);
    let today = shop.voice.quiet.local_day(shop.clock.now());
    Ok(GetHouseAccountResponse {
        account: Some(shown(payer, &account, shop.currency, today)),
        entries: entries.iter().map(|entry| shown_entry(entry, shop.currency)).collect(),
        next_page_token,
        ledger_owed: money(owed, shop.currency.code()),
    })
}
