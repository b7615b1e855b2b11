//! The keeper of the film is told what became of a sale, and who holds its film.

use std::sync::Arc;

use chit_proto::media_capture::v1::{Hold as WireHold, HoldEvidenceRequest, HoldKind, ReleaseHoldRequest};

use super::point::done;
use super::{caption, recording};
use crate::context::Shop;
use crate::outbox::Hold;
use crate::peers::{Fault, peer};
use crate::values::ids::SaleId;

/// There is nothing to keep any more: an older recorder, or its state was lost. No later call changes that.
const NOTHING_KEPT: [&str; 3] = ["RECORDING_NOT_FOUND", "EVIDENCE_NOT_FOUND", "FILM_ERASED"];
const ENQUIRY: &str = "enquiry";

/// What became of a sale, all of it: a later call replaces what an earlier one told.
pub async fn note(shop: &Arc<Shop>, entry: u64, id: SaleId) -> Result<(), Fault> {
    let (sale, custody) = shop.store.read(move |view| Ok((view.sale(id)?, view.custody(id)?))).await?;
    recording::begun(shop, &sale).await?;
    let request = caption::of(shop, &sale, &custody);
    told(id, peer!(shop.evidence.note_sale(request)).await)?;
    Ok(shop.store.write(move |tx| done(tx, entry)).await?)
}

pub async fn hold(shop: &Arc<Shop>, entry: u64, id: SaleId, hold: Hold) -> Result<(), Fault> {
    let look = move |view: &crate::store::View| {
        let by = match hold {
            Hold::Dispute(dispute) => view.dispute(dispute)?.opened_by,
            Hold::Enquiry => view.custody(id)?.enquiry.map(|enquiry| enquiry.by).unwrap_or_default(),
        };
        Ok((view.sale(id)?, by))
    };
    let (sale, by) = shop.store.read(look).await?;
    recording::begun(shop, &sale).await?;
    let (kind, reason) = match hold {
        Hold::Dispute(_) => (HoldKind::Dispute, "a dispute is open"),
        Hold::Enquiry => (HoldKind::Enquiry, "the sale was looked up"),
    };
    let hold = WireHold {
        hold_id: hold_id(hold),
        kind: kind.into(),
        actor: somebody(by),
        reason: reason.into(),
        since_time: None,
    };
    let request = HoldEvidenceRequest { sale_id: id.to_string(), hold: Some(hold) };
    told(id, peer!(shop.evidence.hold_evidence(request)).await)?;
    Ok(shop.store.write(move |tx| done(tx, entry)).await?)
}

pub async fn release(shop: &Arc<Shop>, entry: u64, id: SaleId, hold: Hold) -> Result<(), Fault> {
    let look = move |view: &crate::store::View| match hold {
        Hold::Dispute(dispute) => Ok(view.dispute(dispute)?.resolved_by.unwrap_or_default()),
        Hold::Enquiry => Ok(String::new()),
    };
    let by = shop.store.read(look).await?;
    let request = ReleaseHoldRequest { sale_id: id.to_string(), hold_id: hold_id(hold), actor: somebody(by) };
    told(id, peer!(shop.evidence.release_hold(request)).await)?;
    Ok(shop.store.write(move |tx| done(tx, entry)).await?)
}

/// Unique among the holds of a sale.
fn hold_id(hold: Hold) -> String {
    match hold {
        Hold::Dispute(id) => id.to_string(),
        Hold::Enquiry => ENQUIRY.to_owned(),
    }
}

fn somebody(by: String) -> String {
    if by.is_empty() { "system".to_owned() } else { by }
}

fn told<T>(sale: SaleId, answer: Result<T, tonic::Status>) -> Result<(), Fault> {
    match answer.map_err(Fault::from) {
        Err(Fault::Refused { reason, .. }) if NOTHING_KEPT.contains(&reason.as_str()) => {
            tracing::info!(%sale, reason, "no film is kept of the sale");
            Ok(())
        }
        Err(fault) => Err(fault),
        Ok(_) => Ok(()),
    }
}
