//! The ledger witnesses a fact; evidence that is witnessed lets its sale be asked for.

use std::sync::Arc;

use chit_proto::ledger::v1::{Fact as LedgerFact, RecordFactRequest};

use super::point::done;
use crate::context::Shop;
use crate::outbox::fact::{Fact, FactKind};
use crate::peers::{Fault, peer};
use crate::sale;
use crate::values::ids::{FactId, SaleId};

pub async fn record(shop: &Arc<Shop>, entry: u64, id: FactId) -> std::result::Result<(), Fault> {
    let fact = shop.store.read(move |view| view.fact(id)).await?;
    let sealed = (fact.kind == FactKind::EvidenceSealed).then(|| fact.subject.parse::<SaleId>());
    peer!(shop.ledger.record_fact(request(fact))).await?;
    shop.store
        .write(move |tx| {
            if let Some(Ok(sale)) = sealed {
                sale::queue(tx, sale)?;
            }
            done(tx, entry)?;
            tx.forget_fact(id);
            Ok(())
        })
        .await?;
    Ok(())
}

fn request(fact: Fact) -> RecordFactRequest {
    RecordFactRequest {
        fact: Some(LedgerFact {
            fact_id: fact.id.to_string(),
            kind: fact.kind as i32,
            subject_id: fact.subject,
            sha256: fact.sha256.to_vec(),
            actor: fact.actor,
            ..LedgerFact::default()
        }),
    }
}
