//! What the issuer is asked: to judge a reply, to assign rows. It answers a repeated request with its first answer.

use std::sync::Arc;

use chit_runtime::failpoint;

use super::point::done;
use crate::context::Shop;
use crate::inbound::replies;
use crate::issuer::IssuerEnd;
use crate::payer::Payer;
use crate::payer::code_card::Row;
use crate::peers::{Fault, peer};
use crate::values::ids::{IssuerRequestId, PayerId};
use crate::values::refusal::{Refusal, Result as Found};
use crate::verification::judged;

/// The issuer's words for a card that it will never assign rows of.
const CARD_IS_NONE: [&str; 3] = ["CARD_UNKNOWN", "CARD_REPORTED_LOST", "CARD_ROWS_EXHAUSTED"];

pub async fn forward(shop: &Arc<Shop>, entry: u64, id: IssuerRequestId) -> Result<(), Fault> {
    let Some(forward) = shop.store.read(move |view| view.find_forward(id)).await? else {
        return Ok(shop.store.write(move |tx| done(tx, entry)).await?);
    };
    let issuer = issuer_of(shop)?;
    let request = issuer.judge_request(&forward, &shop.keys.till);
    let answer = peer!(shop.issuer.judge_reply(request)).await?;
    if answer.asks_payer {
        return Err(Fault::Waits);
    }
    let signed = answer.verdict;
    let verdict = issuer.check(&forward, &signed)?;
    failpoint("checkout/forward_reply/judged");
    let (voice, verifier, fresh) = (shop.voice.clone(), shop.verifier.clone(), replies::fresh(shop)?);
    shop.store
        .write(move |tx| {
            judged::apply(tx, &voice, &*verifier, id, &verdict, &signed, fresh)?;
            done(tx, entry)
        })
        .await?;
    Ok(())
}

pub async fn assign_rows(
    shop: &Arc<Shop>,
    entry: u64,
    id: PayerId,
    request: IssuerRequestId,
) -> Result<(), Fault> {
    let payer = payer_of(shop, id).await?;
    let serial = payer.card.serial;
    let rows = rows(shop, &payer, request).await?;
    shop.store
        .write(move |tx| {
            let mut payer = tx.payer(id)?;
            // Of no row that is left the till shows that a new card is due.
            if let Some((card_id, rows)) = rows
                && payer.card.serial == serial
            {
                payer.card.take_rows(card_id, &rows);
                tx.put_payer("system", &payer)?;
            }
            done(tx, entry)
        })
        .await?;
    Ok(())
}

pub async fn report_lost(
    shop: &Arc<Shop>,
    entry: u64,
    id: PayerId,
    request: IssuerRequestId,
) -> Result<(), Fault> {
    let payer = payer_of(shop, id).await?;
    // Another card since: its serial is all that is known of the old one no longer.
    if payer.card.lost {
        let request = issuer_of(shop)?.lost_request(request, &payer, &shop.keys.till);
        peer!(shop.issuer.report_lost(request)).await?;
    }
    Ok(shop.store.write(move |tx| done(tx, entry)).await?)
}

/// The envelope of an enrolment, or of another card: the issuer says which of its rows are this shop's. A card that it does not
/// know is worth nothing, and is shown so.
pub async fn register(shop: &Arc<Shop>, id: PayerId) -> Result<(), Fault> {
    let payer = payer_of(shop, id).await?;
    let request = IssuerRequestId(payer.card.job.0);
    let rows = rows(shop, &payer, request).await?;
    shop.store
        .write(move |tx| {
            let mut payer = tx.payer(id)?;
            match rows {
                Some((card_id, rows)) => payer.card.take_rows(card_id, &rows),
                None => payer.lose_card(),
            }
            tx.put_payer("system", &payer)
        })
        .await?;
    failpoint("checkout/print_enrolment/rows_assigned");
    Ok(())
}

/// None: there is no such card for this shop.
async fn rows(
    shop: &Arc<Shop>,
    payer: &Payer,
    request: IssuerRequestId,
) -> Result<Option<([u8; 8], Vec<Row>)>, Fault> {
    let request = issuer_of(shop)?.rows_request(request, payer, &shop.keys.till);
    let answer = match peer!(shop.issuer.assign_rows(request)).await.map_err(Fault::from) {
        Err(Fault::Refused { reason, .. }) if CARD_IS_NONE.contains(&reason.as_str()) => {
            tracing::error!(payer = %payer.id, reason, "the issuer assigns no row of this card; the payer needs another");
            return Ok(None);
        }
        answer => answer?,
    };
    let unreadable = |_| Refusal::internal("the issuer's answer names rows or a card that cannot be");
    let rows = answer.rows.iter().map(|row| u8::try_from(*row).ok().and_then(|row| Row::new(row).ok()));
    let rows: Option<Vec<Row>> = rows.collect();
    let card_id = answer.card_id.try_into().map_err(unreadable)?;
    Ok(Some((card_id, rows.ok_or_else(|| unreadable(Vec::new()))?)))
}

fn issuer_of(shop: &Shop) -> Found<&IssuerEnd> {
    shop.issuer.as_ref().ok_or_else(|| {
        Refusal::internal("replies wait for an issuer, and [checkout] verifier is local; set it back")
    })
}

async fn payer_of(shop: &Shop, id: PayerId) -> Found<Payer> {
    shop.store.read(move |view| view.payer(id)).await
}
