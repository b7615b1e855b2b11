use std::sync::Arc;

use chit_proto::checkout::v1::{SetMandateRequest, SetMandateResponse};
use jiff::civil::Date;
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown_bank};
use crate::collection::mandate::{self, BankAccount, NewMandate};
use crate::context::Shop;
use crate::staff::approval::{Act, Hands};
use crate::values::ids::{MandateId, PayerId};
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;

pub async fn handle(shop: &Arc<Shop>, call: Call<SetMandateRequest>) -> Result<SetMandateResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let today = shop.voice.quiet.local_day(shop.clock.now());
    let new = new_mandate(shop, &call.body, today)?;
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::RecordMandate, Hands::NONE).await?;
    let fresh: MandateId = shop.new_id()?;
    mutation::once(shop, &call, move |tx| {
        let actor = grant.record(tx, new.payer)?;
        let recorded = mandate::record(tx, new, today, fresh, &actor)?;
        Ok(SetMandateResponse {
            mandate: Some(shown_bank::mandate(&recorded.mandate)),
            renewed: recorded.renewed,
        })
    })
    .await
}

fn new_mandate(shop: &Shop, request: &SetMandateRequest, today: Date) -> Result<NewMandate, Refusal> {
    let payer: PayerId = request.payer_id.parse()?;
    let signed_on = match request.signed_on.as_str() {
        "" => today,
        day => day.parse().map_err(|_no_day| {
            let remedy = "give a day as 2026-11-24, or nothing for today";
            Refusal::field("signed_on", Reason::MANDATE_INVALID, remedy)
        })?,
    };
    let usual = u32::from(shop.cfg.bank.notice_days);
    let days = if request.notice_days == 0 { usual } else { request.notice_days };
    let bic = request.bic.trim();
    Ok(NewMandate {
        payer,
        account: BankAccount {
            holder: request.account_holder.trim().to_owned(),
            iban: request.iban.replace(' ', "").to_ascii_uppercase(),
            bic: (!bic.is_empty()).then(|| bic.to_ascii_uppercase()),
        },
        signed_on,
        // Too many are refused with the field's name.
        notice_days: u8::try_from(days).unwrap_or(u8::MAX),
    })
}
