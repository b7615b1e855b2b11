//! What another service refuses although nobody foresaw it: shown on the sales it concerns until it is done.

use std::sync::Arc;

use crate::domain::effect::Effect;
use crate::domain::refusal::Result;
use crate::domain::sale::Sale;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn tell(shop: &Arc<Shop>, effect: &Effect, sale_ids: &[String], reason: &str) {
    let (kind, reason) = (effect.kind, reason.to_owned());
    let mark = move |sale: &mut Sale| {
        sale.refused_effect = kind;
        sale.far_refusal.clone_from(&reason);
    };
    change(shop, sale_ids, mark).await;
}

/// It is done after all; another effect that is refused stays told.
pub async fn clear(shop: &Arc<Shop>, effect: &Effect, sale_ids: &[String]) {
    let kind = effect.kind;
    let mark = move |sale: &mut Sale| {
        if sale.refused_effect == kind {
            sale.refused_effect = 0;
            sale.far_refusal.clear();
        }
    };
    change(shop, sale_ids, mark).await;
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
