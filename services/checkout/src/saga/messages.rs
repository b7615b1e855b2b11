//! SMS and facts on their way out.

use std::sync::Arc;

use chit_proto::ledger::v1::{Fact, FactKind, RecordFactRequest};
use chit_proto::sms_gateway::v1::{CancelMessageRequest, MessageClass, SendMessageRequest};
use jiff::Timestamp;

use super::{Fault, stuck};
use crate::domain::dialogue::{OutMessage, Purpose};
use crate::domain::refusal::Result;
use crate::domain::sale::{Sale, SaleState};
use crate::shop::Shop;
use crate::store::Rows;
use crate::watch::sms_states;

/// The ledger witnesses the fact; evidence that is witnessed lets its sale be asked for.
pub async fn record_fact(shop: &Arc<Shop>, row: u64, fact_id: &str) -> std::result::Result<(), Fault> {
    let id = fact_id.to_owned();
    let fact = shop.store.read(move |rows| rows.fact(&id)).await?;
    let fact_id = fact.fact_id.clone();
    let sealed_sale = (fact.kind == FactKind::EvidenceSealed as i32).then(|| fact.subject_id.clone());
    let request = RecordFactRequest {
        fact: Some(Fact {
            fact_id: fact.fact_id,
            kind: fact.kind,
            subject_id: fact.subject_id,
            sha256: fact.sha256,
            actor: fact.actor,
            ..Fact::default()
        }),
    };
    crate::far!(shop.ledger.record_fact(request)).await?;
    shop.store
        .write(move |tx| {
            if let Some(sale_id) = sealed_sale {
                let mut sale = tx.sale(&sale_id)?;
                if sale.state() == SaleState::Sealed {
                    sale.advance(SaleState::Queued)?;
                    tx.put_sale("system", &sale)?;
                }
            }
            stuck::done(tx, row)?;
            tx.forget_fact(&fact_id)
        })
        .await?;
    shop.wake.notify_one();
    Ok(())
}

pub async fn send(shop: &Arc<Shop>, row: u64, message_id: &str) -> std::result::Result<(), Fault> {
    let id = message_id.to_owned();
    let message = shop.store.read(move |rows| still_wanted(rows, &id)).await?;
    let Some(message) = message else {
        return Ok(shop.store.write(move |tx| stuck::done(tx, row)).await?);
    };
    match crate::far!(shop.sms.send_message(request(&message)?)).await.map_err(Fault::from) {
        Ok(answer) => {
            let known = answer.message.unwrap_or_default();
            shop.store
                .write(move |tx| {
                    sms_states::note(tx, &message, &known)?;
                    stuck::done(tx, row)
                })
                .await?;
            Ok(())
        }
        // The gateway will never take it (a number no network serves): the dialogue goes on without it.
        Err(Fault::Refused { reason, .. }) => {
            tracing::error!(message = message_id, reason, "the SMS gateway refuses the message");
            shop.store
                .write(move |tx| {
                    sms_states::never_sent(tx, &message)?;
                    stuck::done(tx, row)
                })
                .await?;
            Ok(())
        }
        Err(fault) => Err(fault),
    }
}

/// The message, unless it says what is no longer so: it may have waited long for the ledger or the gateway.
fn still_wanted(rows: &impl Rows, message_id: &str) -> Result<Option<OutMessage>> {
    let Some(message) = rows.message(message_id)? else { return Ok(None) };
    let wanted = match message.purpose() {
        Purpose::Challenge | Purpose::Reminder => rows.challenge(&message.challenge_id)?.state().is_running(),
        Purpose::Notice => {
            let sales: Result<Vec<Sale>> = message.sale_ids.iter().map(|id| rows.sale(id)).collect();
            sales?.iter().all(|sale| sale.state() == SaleState::BadPending)
        }
        Purpose::Answer | Purpose::Warning | Purpose::None => true,
    };
    Ok(wanted.then_some(message))
}

fn request(message: &OutMessage) -> std::result::Result<SendMessageRequest, Fault> {
    let class = match message.purpose() {
        Purpose::Challenge | Purpose::Reminder => MessageClass::Challenge,
        Purpose::Answer => MessageClass::Answer,
        Purpose::Notice | Purpose::Warning | Purpose::None => MessageClass::Notice,
    };
    let not_after = (message.not_after_ms > 0)
        .then(|| Timestamp::from_millisecond(message.not_after_ms))
        .transpose()
        .map_err(|error| {
            crate::domain::refusal::Refusal::internal(format!("a stored time is damaged: {error}"))
        })?;
    Ok(SendMessageRequest {
        message_id: message.message_id.clone(),
        to: message.to.clone(),
        text: message.text.clone(),
        class: class as i32,
        not_after: not_after.map(chit_runtime::clock::to_proto),
        subject_id: message.challenge_id.clone(),
        ..SendMessageRequest::default()
    })
}

/// Takes a message back that may still wait; one that is out cannot be taken back, and that is no error.
pub async fn cancel(shop: &Arc<Shop>, row: u64, message_id: &str) -> std::result::Result<(), Fault> {
    let request = CancelMessageRequest {
        request_id: format!("cancel-{message_id}"),
        message_id: message_id.to_owned(),
    };
    match crate::far!(shop.sms.cancel_message(request)).await.map_err(Fault::from) {
        Ok(_) | Err(Fault::Refused { .. }) => Ok(shop.store.write(move |tx| stuck::done(tx, row)).await?),
        Err(fault) => Err(fault),
    }
}
