//! What another service refuses although nobody foresaw it: shown on the sales it concerns until it is done.

use std::sync::Arc;

use crate::domain::effect::{Effect, EffectKind};
use crate::domain::refusal::Result;
use crate::domain::sale::Sale;
use crate::shop::Shop;
use crate::store::{Rows, Tx};

pub async fn tell(shop: &Arc<Shop>, effect: &Effect, sale_ids: &[String], reason: &str) {
    let (kind, reason) = (effect.kind, reason.to_owned());
    let mark = move |sale: &mut Sale| {
        sale.refused_effect = kind;
        sale.far_refusal.clone_from(&reason);
    };
    change(shop, sale_ids, mark).await;
}

/// Takes a finished effect out of the outbox and, in the same transaction, what was told of its refusal: a process that dies
/// in between would leave it told for ever. Another effect that is refused stays told.
pub fn done(tx: &mut Tx, row: u64) -> Result<()> {
    let Some(effect) = tx.done(row)? else { return Ok(()) };
    let clear = |sale: &mut Sale| {
        if sale.refused_effect == effect.kind {
            sale.refused_effect = 0;
            sale.far_refusal.clear();
        }
    };
    for id in sale_ids_of(tx, &effect)? {
        if let Some(sale) = marked(tx, &id, &clear)? {
            tx.put_sale("system", &sale)?;
        }
    }
    Ok(())
}

/// The sales that do not go on without this effect. An SMS has none: the dialogue goes on without it.
pub fn sale_ids_of(rows: &impl Rows, effect: &Effect) -> Result<Vec<String>> {
    let id = &effect.subject_id;
    let mut sale_ids = match effect.kind() {
        // A challenge's fact has the message's id, and no text leaves before it.
        EffectKind::RecordFact => match rows.message(id)? {
            Some(message) => message.sale_ids,
            None => vec![rows.fact(id)?.subject_id],
        },
        EffectKind::SendMessage | EffectKind::CancelMessage | EffectKind::Enrol => Vec::new(),
        EffectKind::PostBatch => rows.batch(id)?.sale_ids,
        _ => vec![id.clone()],
    };
    sale_ids.retain(|id| rows.sale(id).is_ok());
    Ok(sale_ids)
}

async fn change(shop: &Arc<Shop>, sale_ids: &[String], mark: impl Fn(&mut Sale) + Send + Sync + 'static) {
    if let Err(refusal) = changed(shop, sale_ids.to_vec(), mark).await {
        tracing::error!(%refusal, "a refusal could not be noted on its sales");
    }
}

/// Mostly there is nothing to change, and nothing is written then.
async fn changed(
    shop: &Arc<Shop>,
    sale_ids: Vec<String>,
    mark: impl Fn(&mut Sale) + Send + Sync + 'static,
) -> Result<()> {
    let mark = Arc::new(mark);
    let look = mark.clone();
    let differs = shop
        .store
        .read(move |rows| {
            let mut differing = Vec::new();
            for id in sale_ids {
                if marked(rows, &id, &*look)?.is_some() {
                    differing.push(id);
                }
            }
            Ok(differing)
        })
        .await?;
    if differs.is_empty() {
        return Ok(());
    }
    shop.store
        .write(move |tx| {
            for id in differs {
                if let Some(sale) = marked(tx, &id, &*mark)? {
                    tx.put_sale("system", &sale)?;
                }
            }
            Ok(())
        })
        .await
}

fn marked(rows: &impl Rows, sale_id: &str, mark: &impl Fn(&mut Sale)) -> Result<Option<Sale>> {
    let before = rows.sale(sale_id)?;
    let mut after = before.clone();
    mark(&mut after);
    Ok((after != before).then_some(after))
}
