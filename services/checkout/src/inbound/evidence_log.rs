//! What happened to sealed evidence: erased, exported, held. The ledger witnesses each entry, and a payer whose code is
//! readable in a copy that left the shop needs another one.

use std::sync::Arc;

use chit_proto::media_capture::v1::{EvidenceLogKind, WatchEvidenceLogRequest, WatchEvidenceLogResponse};
use chit_runtime::clock::from_proto;
use chit_runtime::failpoint;

use super::for_ever;
use crate::context::Shop;
use crate::custody::{LogEntry, Logged};
use crate::payer::expose_code;
use crate::peers::Fault;
use crate::store::Tx;
use crate::values::refusal::Result;

pub async fn run(shop: Arc<Shop>) {
    for_ever(&shop, "evidence log", || listen(&shop)).await;
}

async fn listen(shop: &Arc<Shop>) -> std::result::Result<(), Fault> {
    let after_position = shop.store.read(LogEntry::newest).await?;
    let mut evidence = shop.peers.evidence.clone();
    let request = WatchEvidenceLogRequest { after_position };
    let mut entries = evidence.watch_evidence_log(request).await?.into_inner();
    while let Some(entry) = entries.message().await? {
        let Some(entry) = read(entry) else { continue };
        shop.store.write(move |tx| take(tx, &entry)).await?;
    }
    Ok(())
}

pub fn take(tx: &mut Tx, entry: &LogEntry) -> Result<()> {
    if entry.take(tx)? && entry.what == Logged::ExportedWhole {
        // A sale that this store never knew has no payer to look after.
        let shown = tx.sale(entry.sale).ok().and_then(|sale| sale.presented().cloned());
        if let Some(shown) = shown {
            expose_code(tx, shown.payer, shown.code_serial)?;
        }
    }
    failpoint("checkout/evidence_log/taken");
    Ok(())
}

/// A kind that a newer recorder tells is left to a newer checkout.
fn read(entry: WatchEvidenceLogResponse) -> Option<LogEntry> {
    let what = match entry.kind() {
        EvidenceLogKind::Unspecified => return None,
        EvidenceLogKind::FilmErased => Logged::FilmErased,
        EvidenceLogKind::BundleErased => Logged::EvidenceErased,
        EvidenceLogKind::ExportedRedacted => Logged::ExportedRedacted,
        EvidenceLogKind::ExportedWhole => Logged::ExportedWhole,
        EvidenceLogKind::Held => Logged::Held,
        EvidenceLogKind::HoldReleased => Logged::Released,
    };
    Some(LogEntry {
        position: entry.position,
        sale: entry.sale_id.parse().ok()?,
        what,
        at_us: entry.time.as_ref().and_then(from_proto).map_or(0, |at| at.as_microsecond()),
        rule: entry.rule,
        actor: entry.actor,
        reason: entry.reason,
        manifest_sha256: entry.manifest_sha256,
    })
}
