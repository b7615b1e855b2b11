//! What counts for cash in either direction.

use std::sync::Arc;

use chit_proto::checkout::v1::Approval;
use chit_proto::money::v1::Money;

use crate::api::call::Call;
use crate::api::mutation;
use crate::context::Shop;
use crate::staff::Grant;
use crate::staff::approval::{Act, Hands};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};

/// Minor units of the shop's currency.
pub fn minor(shop: &Shop, amount: Option<&Money>) -> Result<i64> {
    let amount = amount.cloned().unwrap_or_default();
    if amount.currency_code != shop.currency.code() {
        let remedy = format!("use {}, the shop's currency", shop.currency.code());
        return Err(Refusal::field("amount.currency_code", Reason::CURRENCY_UNKNOWN, remedy));
    }
    Ok(amount.amount_minor)
}

/// Who counts the money does not vouch for it.
pub async fn vouched<T>(shop: &Arc<Shop>, call: &Call<T>, approval: Option<Approval>) -> Result<Grant> {
    let hands = Hands { of_sale: vec![call.actor()], ..Hands::NONE };
    let approval = mutation::approval(approval);
    shop.approve(call.by.origin.clone(), approval, Act::CashPayment, hands).await
}
