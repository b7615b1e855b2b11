use std::sync::Arc;

use chit_proto::checkout::v1::{ListHouseAccountsRequest, ListHouseAccountsResponse};
use jiff::civil::Date;
use tonic::Status;

use super::shown;
use crate::api::call::Call;
use crate::api::page;
use crate::collection::house::HouseAccount;
use crate::context::Shop;
use crate::store::View;
use crate::values::ids::PayerId;
use crate::values::refusal::Result as Found;

/// Accounts looked at together.
const PAGE: usize = 500;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<ListHouseAccountsRequest>,
) -> Result<ListHouseAccountsResponse, Status> {
    let (size, overdue_only) = (page::size(call.body.page_size)?, call.body.overdue_only);
    let after: Option<PayerId> = page::token(&call.body.page_token)?;
    let (today, currency) = (shop.voice.quiet.local_day(shop.clock.now()), shop.currency);
    let overdue_on = overdue_only.then_some(today);
    let mut found = shop.store.read(move |view| owing(view, after, overdue_on, size + 1)).await?;
    let next_page_token = page::cut(&mut found, size, |(payer, _)| payer.to_string());
    let accounts = found.iter().map(|(payer, account)| shown(*payer, account, currency, today)).collect();
    Ok(ListHouseAccountsResponse { accounts, next_page_token })
}

fn owing(
    view: &View,
    mut after: Option<PayerId>,
    overdue_on: Option<Date>,
    limit: usize,
) -> Found<Vec<(PayerId, HouseAccount)>> {
    let mut found = Vec::new();
    loop {
        let page = view.house_accounts(after, PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(*last);
        for (payer, account) in page {
            let minor = overdue_on.map_or(account.owed_minor(), |today| account.overdue_minor(today));
            if minor > 0 {
                found.push((payer, account));
            }
            if found.len() == limit {
                return Ok(found);
            }
        }
    }
}
