//! Does what is due, once: each transaction looks again whether it still is.

use std::sync::Arc;

use crate::collection::filed;
use crate::context::Shop;
use crate::custody;
use crate::recovery;
use crate::sale;
use crate::store::due::{Due, DueKind};
use crate::store::records;
use crate::values::ids::{ChallengeId, FactId, MessageId, PayerId, SaleId, TransferId};
use crate::values::refusal::Result;
use crate::values::time::{self, HOUR_MS};
use crate::verification::attending::{self, Ids};
use crate::verification::{asking, expire};

/// Returns the challenge that was made, if one was.
pub(super) async fn perform(shop: &Arc<Shop>, due: &Due) -> Result<Option<ChallengeId>> {
    match due.kind {
        DueKind::Attend => return attend(shop, due.clone()).await,
        DueKind::Release => release(shop, due.clone()).await?,
        DueKind::GiveUpDraft => {
            let due = due.clone();
            shop.store
                .write(move |tx| {
                    tx.unschedule(&due);
                    sale::give_up_draft(tx, records::id(&due.subject)?)
                })
                .await?;
        }
        DueKind::Expire => {
            let due = due.clone();
            shop.store
                .write(move |tx| {
                    tx.unschedule(&due);
                    if let Some(ends) = expire(tx, records::id(&due.subject)?)? {
                        tx.schedule(&Due { at: time::from_ms(ends), ..due });
                    }
                    Ok(())
                })
                .await?;
        }
        DueKind::Remind => remind(shop, due.clone()).await?,
        DueKind::List => list(shop, due.clone()).await?,
        DueKind::EndEnquiry => {
            let due = due.clone();
            shop.store
                .write(move |tx| {
                    tx.unschedule(&due);
                    custody::end_enquiry(tx, records::id(&due.subject)?)
                })
                .await?;
        }
        DueKind::MissAnswer => {
            let due = due.clone();
            shop.store
                .write(move |tx| {
                    tx.unschedule(&due);
                    filed::miss_answer(tx, records::id(&due.subject)?)
                })
                .await?;
        }
        DueKind::EndRecord => {
            let due = due.clone();
            shop.store
                .write(move |tx| {
                    tx.unschedule(&due);
                    recovery::end(tx, records::id(&due.subject)?)
                })
                .await?;
        }
    }
    Ok(None)
}

async fn attend(shop: &Arc<Shop>, due: Due) -> Result<Option<ChallengeId>> {
    let ids = Ids {
        asking: asking::Fresh { challenge: shop.new_id()?, message: shop.new_id()?, salt: shop.random()? },
        warning: shop.new_id()?,
        notice: shop.new_id()?,
    };
    let (voice, verifier) = (shop.voice.clone(), shop.verifier.clone());
    shop.store
        .write(move |tx| {
            tx.unschedule(&due);
            let payer = PayerId(records::fixed(&due.subject)?);
            let attended = attending::attend(tx, &voice, &*verifier, payer, &ids)?;
            if let Some(next) = attended.next {
                tx.schedule(&Due::new(next, DueKind::Attend, &due.subject));
            }
            Ok(attended.asked)
        })
        .await
}

async fn release(shop: &Arc<Shop>, due: Due) -> Result<()> {
    let (fact, policy): (FactId, _) = (shop.new_id()?, shop.cfg.evidence_policy);
    shop.store
        .write(move |tx| {
            tx.unschedule(&due);
            let id: SaleId = records::id(&due.subject)?;
            let sale = tx.sale(id)?;
            // Without the evidence that policy asks for it waits for a person.
            if sale.waits_for_release() && !sale.evidence_missing(policy) {
                sale::release(tx, policy, id, fact, true, "system")?;
            }
            Ok(())
        })
        .await
}

async fn remind(shop: &Arc<Shop>, due: Due) -> Result<()> {
    let (voice, message): (_, MessageId) = (shop.voice.clone(), shop.new_id()?);
    shop.store
        .write(move |tx| {
            tx.unschedule(&due);
            if let Some(at) = asking::remind(tx, &voice, records::id(&due.subject)?, message)? {
                let heard = tx.heard_ms(tx.now)? + time::ms_between(tx.now, at);
                tx.schedule(&Due::new(time::from_ms(heard), DueKind::Remind, &due.subject));
            }
            Ok(())
        })
        .await
}

async fn list(shop: &Arc<Shop>, due: Due) -> Result<()> {
    let (transfer, kept): (TransferId, _) = (shop.new_id()?, shop.cfg.bad_record_kept());
    shop.store
        .write(move |tx| {
            tx.unschedule(&due);
            let id: SaleId = records::id(&due.subject)?;
            // A reply of the payer waits for its verdict: the days stand still.
            if tx.payer(tx.deduction(id)?.payer)?.forwarded_heard_ms.is_none() {
                recovery::list(tx, id, transfer, kept, None)?;
            }
            if let Some(ends) = tx.deduction(id)?.objection_ends_heard_ms() {
                // SMS answering is closed, or the issuer away: the days stand still, and it is looked at again.
                let again = ends.max(tx.heard_ms(tx.now)? + HOUR_MS);
                tx.schedule(&Due::new(time::from_ms(again), DueKind::List, &due.subject));
            }
            Ok(())
        })
        .await
}
