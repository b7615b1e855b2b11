//! What is due now.

use std::sync::Arc;

use crate::config::Dispatch;
use crate::dialogue::answers::{Voice, may_send_unasked};
use crate::dialogue::asking::{due_sales, may_ask, may_remind};
use crate::dialogue::rounds::objection_is_over;
use crate::dialogue::warning;
use crate::domain::dialogue::ChallengeState;
use crate::domain::people::{Payer, PayerState};
use crate::domain::refusal::Result;
use crate::domain::sale::{Sale, SaleState};
use crate::shop::Shop;
use crate::store::Rows;

/// DESIGN step 5: released by itself 60 s after the print fence.
const RELEASE_AFTER_MS: i64 = 60_000;
const YEAR_MS: i64 = 365 * 24 * 3_600_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Due {
    /// Payer: his next challenge.
    Ask(String),
    /// Challenge: its 24 h are over.
    Expire(String),
    /// Challenge: half of them are over.
    Remind(String),
    /// Payer: the warning of a change never left.
    Warn(String),
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
                if sale.state() == SaleState::BadListed && now_ms - sale.listed_ms >= years_ms {
                    due.push(Due::Forget(sale.sale_id.clone()));
                }
            }
            // Nobody can be asked or heard, so nobody's time runs.
            if modem_ready {
                for payer in rows.payers()? {
                    due.extend(payer_step(rows, &payer, &sales, &voice, operator, now_ms)?);
                }
            }
            Ok(due)
        })
        .await
}

/// His open challenge, or the next one; and what he did not answer.
fn payer_step(
    rows: &impl Rows,
    payer: &Payer,
    sales: &[Sale],
    voice: &Voice,
    operator: bool,
    now_ms: i64,
) -> Result<Vec<Due>> {
    let mut due = Vec::new();
    if warning::is_due(payer, now_ms) {
        due.push(Due::Warn(payer.payer_id.clone()));
    }
    if !payer.open_challenge_id.is_empty() {
        due.extend(challenge_step(rows, payer, voice, now_ms)?);
    } else if may_ask(payer, voice, now_ms)?
        && (payer.state() == PayerState::Pending || !due_sales(sales, payer, operator, now_ms).is_empty())
    {
        due.push(Due::Ask(payer.payer_id.clone()));
    }
    let bad = |sale: &&Sale| sale.payer_id == payer.payer_id && sale.state() == SaleState::BadPending;
    for sale in sales.iter().filter(bad) {
        if sale.listing_needs_person || sale.held_by_dispute {
            continue;
        }
        if objection_is_over(sale, now_ms) {
            due.push(Due::List(sale.sale_id.clone()));
        } else if sale.notice_message_id.is_empty() && may_send_unasked(payer, voice, now_ms)? {
            due.push(Due::Notify(sale.sale_id.clone()));
        }
    }
    Ok(due)
}

fn challenge_step(rows: &impl Rows, payer: &Payer, voice: &Voice, now_ms: i64) -> Result<Option<Due>> {
    let challenge = rows.challenge(&payer.open_challenge_id)?;
    if challenge.state() != ChallengeState::Open {
        return Ok(None);
    }
    let ends = challenge.expire_ms + challenge.paused_ms;
    if now_ms >= ends {
        return Ok(Some(Due::Expire(challenge.challenge_id)));
    }
    let remind = may_remind(&challenge, payer, voice, now_ms)?;
    Ok(remind.then_some(Due::Remind(challenge.challenge_id)))
}
