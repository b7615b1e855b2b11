//! Does what is due, once: each transaction looks again whether it still is.

use std::sync::Arc;

use super::due::Due;
use crate::config::Dispatch;
use crate::counter;
use crate::dialogue::asking::{self, Fresh};
use crate::dialogue::{payment, rounds, warning};
use crate::domain::dialogue::ChallengeState;
use crate::domain::refusal::Result;
use crate::domain::sale::SaleState;
use crate::shop::Shop;
use crate::store::Rows;

pub(super) async fn perform(shop: &Arc<Shop>, item: &Due) -> Result<()> {
    match item {
        Due::Ask(payer_id) => ask(shop, payer_id).await.map(|_| ()),
        Due::Expire(challenge_id) => expire(shop, challenge_id).await,
        Due::Remind(challenge_id) => remind(shop, challenge_id).await,
        Due::Warn(payer_id) => warn(shop, payer_id).await,
        Due::Release(sale_id) => release(shop, sale_id).await,
        Due::Notify(sale_id) => notify(shop, sale_id).await,
        Due::List(sale_id) => list(shop, sale_id).await,
        Due::Forget(sale_id) => forget(shop, sale_id).await,
    }
}

async fn ask(shop: &Arc<Shop>, payer_id: &str) -> Result<Option<String>> {
    let fresh = Fresh {
        challenge_id: shop.new_ulid()?,
        message_id: shop.new_ulid()?,
        random: shop.random_u64()?,
        salt: shop.random()?,
    };
    let (voice, payer_id) = (shop.voice(), payer_id.to_owned());
    let operator = shop.cfg.dispatch == Dispatch::Operator;
    shop.store.write(move |tx| asking::ask(tx, &voice, &payer_id, operator, fresh)).await
}

/// Asks every payer who may be asked now; returns the new challenges.
pub async fn ask_all(shop: &Arc<Shop>) -> Result<Vec<String>> {
    let mut made = Vec::new();
    for item in super::due::look(shop).await? {
        if let Due::Ask(payer_id) = item {
            made.extend(ask(shop, &payer_id).await?);
        }
    }
    Ok(made)
}

async fn expire(shop: &Arc<Shop>, challenge_id: &str) -> Result<()> {
    let id = challenge_id.to_owned();
    shop.store
        .write(move |tx| {
            let mut challenge = tx.challenge(&id)?;
            if challenge.state() != ChallengeState::Open
                || tx.now_ms < challenge.expire_ms + challenge.paused_ms
            {
                return Ok(());
            }
            rounds::end(tx, &mut challenge, ChallengeState::Expired, 0)
        })
        .await
}

async fn remind(shop: &Arc<Shop>, challenge_id: &str) -> Result<()> {
    let (voice, id, message_id) = (shop.voice(), challenge_id.to_owned(), shop.new_ulid()?);
    shop.store.write(move |tx| asking::remind(tx, &voice, &id, &message_id)).await
}

async fn warn(shop: &Arc<Shop>, payer_id: &str) -> Result<()> {
    let (id, message_id) = (payer_id.to_owned(), shop.new_ulid()?);
    shop.store.write(move |tx| warning::again(tx, &id, &message_id)).await
}

async fn release(shop: &Arc<Shop>, sale_id: &str) -> Result<()> {
    let (id, fact_id, policy) = (sale_id.to_owned(), shop.new_ulid()?, shop.cfg.evidence_policy);
    shop.store.write(move |tx| counter::release(tx, policy, &id, &fact_id, true).map(|_| ())).await
}

async fn notify(shop: &Arc<Shop>, sale_id: &str) -> Result<()> {
    let (voice, id, message_id) = (shop.voice(), sale_id.to_owned(), shop.new_ulid()?);
    shop.store.write(move |tx| rounds::notify(tx, &voice, &id, &message_id)).await
}

async fn list(shop: &Arc<Shop>, sale_id: &str) -> Result<()> {
    let (id, transfer_id) = (sale_id.to_owned(), shop.new_ulid()?);
    shop.store
        .write(move |tx| match rounds::objection_is_over(&tx.sale(&id)?, tx.now_ms) {
            true => rounds::list(tx, &id, transfer_id, None),
            false => Ok(()),
        })
        .await
}

/// The record is forgotten; the payer may buy again when no other one stands.
async fn forget(shop: &Arc<Shop>, sale_id: &str) -> Result<()> {
    let id = sale_id.to_owned();
    shop.store
        .write(move |tx| {
            let mut sale = tx.sale(&id)?;
            if sale.state() != SaleState::BadListed {
                return Ok(());
            }
            sale.advance(SaleState::Expired)?;
            tx.put_sale("system", &sale)?;
            payment::undeny(tx, &sale, "system")
        })
        .await
}
