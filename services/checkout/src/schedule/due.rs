//! What is due now.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::Dispatch;
use crate::dialogue::asking::{REMIND_LEFT_MS, due_sales, may_ask};
use crate::dialogue::rounds::OBJECTION_MS;
use crate::domain::dialogue::ChallengeState;
use crate::domain::people::PayerState;
use crate::domain::refusal::Result;
use crate::domain::sale::{Sale, SaleState};
use crate::shop::Shop;
use crate::store::Rows;

/// DESIGN step 5: released by itself 60 s after the print fence.
const RELEASE_AFTER_MS: i64 = 60_000;
const YEAR_MS: i64 = 365 * 24 * 3_600_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Payer: his next challenge.
    Ask(String),
    /// Challenge: its 24 h are over.
    Expire(String),
    /// Challenge: half of them are over.
    Remind(String),
    /// Sale: the payer has left long ago.
    Release(String),
    /// Sale: the notice before a bad record.
    Notify(String),
    /// Sale: the objection period is over.
    List(String),
    /// Sale: the years of a bad record are over.
    Forget(String),
}

pub async fn look(shop: &Arc<Shop>) -> Result<Vec<Due>> {
    let modem_ready = *shop.modem_ready.borrow();
    let now_ms = shop.now_ms();
    let operator = shop.cfg.dispatch == Dispatch::Operator;
    let policy = shop.cfg.evidence_policy;
    let voice = shop.voice();
    let years_ms = i64::from(shop.cfg.bad_record_years) * YEAR_MS;
    shop.store
        .read(move |rows| {
            let sales = rows.open_sales()?;
            let mut due = Vec::new();
            for sale in &sales {
                if sale.waits_for_release()
                    && !sale.evidence_missing(policy)
                    && now_ms - sale.receipt.fence_ms >= RELEASE_AFTER_MS
                {
                    due.push(Due::Release(sale.sale_id.clone()));
                }
                due.extend(bad_record_step(sale, now_ms, years_ms));
            }
            if !modem_ready {
                due.retain(|item| !matches!(item, Due::Notify(_)));
                return Ok(due);
            }
            let waiting: BTreeSet<&str> = sales
                .iter()
                .filter(|sale| sale.state() == SaleState::Queued)
                .map(|sale| sale.payer_id.as_str())
                .collect();
            for payer in rows.payers()? {
                if !payer.open_challenge_id.is_empty() {
                    due.extend(challenge_step(rows, &payer.open_challenge_id, now_ms)?);
                    continue;
                }
                let enrolling = payer.state() == PayerState::Pending;
                if (enrolling || waiting.contains(payer.payer_id.as_str()))
                    && may_ask(&payer, &voice, now_ms)?
                    && (enrolling || !due_sales(sales.clone(), &payer, operator, now_ms).is_empty())
                {
                    due.push(Due::Ask(payer.payer_id));
                }
            }
            Ok(due)
        })
        .await
}

fn challenge_step(rows: &impl Rows, challenge_id: &str, now_ms: i64) -> Result<Option<Due>> {
    let challenge = rows.challenge(challenge_id)?;
    if challenge.state() != ChallengeState::Open {
        return Ok(None);
    }
    let ends = challenge.expire_ms + challenge.paused_ms;
    if now_ms >= ends {
        return Ok(Some(Due::Expire(challenge.challenge_id)));
    }
    let remind = now_ms >= ends - REMIND_LEFT_MS && !challenge.reminded && !challenge.sale_ids.is_empty();
    Ok(remind.then_some(Due::Remind(challenge.challenge_id)))
}

fn bad_record_step(sale: &Sale, now_ms: i64, years_ms: i64) -> Option<Due> {
    match sale.state() {
        SaleState::BadPending if sale.held_by_dispute || sale.listing_needs_person => None,
        SaleState::BadPending if sale.notice_message_id.is_empty() => Some(Due::Notify(sale.sale_id.clone())),
        SaleState::BadPending if now_ms - sale.notice_ms >= OBJECTION_MS => {
            Some(Due::List(sale.sale_id.clone()))
        }
        SaleState::BadListed if now_ms - sale.listed_ms >= years_ms => {
            Some(Due::Forget(sale.sale_id.clone()))
        }
        _ => None,
    }
}
