use std::sync::Arc;

use chit_proto::checkout::v1::{LookUpSaleRequest, LookUpSaleResponse};
use tonic::Status;

use chit_proto::ledger::v1::GetProofRequest;
use chit_proto::media_capture::v1::{GetEvidenceRequest, Manifest};
use prost::Message as _;

use super::dialogue;

use crate::api::convert;
use crate::domain::sale::{EvidenceState, Sale};
use crate::shop::Shop;
use crate::store::Rows;

/// A view is logged before anything is shown.
pub async fn handle(shop: &Arc<Shop>, request: LookUpSaleRequest) -> Result<LookUpSaleResponse, Status> {
    shop.staff.known("actor", &request.actor)?;
    let (reference, actor) = (request.reference.clone(), request.actor.clone());
    let (sale, disputes, challenges) = shop
        .store
        .write(move |tx| {
            let sale = tx.sale_by_reference(&reference)?;
            tx.log_enquiry(&actor, &sale.sale_id)?;
            let disputes: Result<Vec<_>, _> = sale.dispute_ids.iter().map(|id| tx.dispute(id)).collect();
            let mut challenges = tx.challenges_of(&sale.payer_id)?;
            challenges.retain(|challenge| challenge.sale_ids.contains(&sale.sale_id));
            Ok((sale, disputes?, challenges))
        })
        .await?;
    let (evidence_folder, manifest) = evidence(shop, &sale).await?;
    let proof = GetProofRequest { subject_id: sale.sale_id.clone() };
    let ledger_entries = crate::far!(shop.ledger.get_proof(proof)).await?.entries;
    let (photo_files, video_file) = pictures(&manifest);
    Ok(LookUpSaleResponse {
        dialogue: dialogue::of(shop, &sale).await?,
        photo_files,
        video_file,
        sale: Some(convert::sale(&sale, shop.cfg.evidence_policy)),
        evidence_folder,
        manifest,
        ledger_entries,
        disputes: disputes.iter().map(convert::dispute).collect(),
        challenges: challenges.iter().map(convert::challenge).collect(),
    })
}

async fn evidence(shop: &Arc<Shop>, sale: &Sale) -> Result<(String, Vec<u8>), Status> {
    if !matches!(sale.evidence.state(), EvidenceState::Sealed | EvidenceState::Partial) {
        return Ok(Default::default());
    }
    let request = GetEvidenceRequest { sale_id: sale.sale_id.clone() };
    let evidence = crate::far!(shop.media.get_evidence(request)).await?;
    Ok((evidence.folder, evidence.manifest))
}

/// An unreadable manifest names no pictures; the caller has its bytes and can say so.
fn pictures(manifest: &[u8]) -> (Vec<String>, String) {
    let files = Manifest::decode(manifest).unwrap_or_default().files;
    let named = |kind: &'static str| {
        let of_kind = files.iter().filter(move |file| file.media_type.starts_with(kind));
        of_kind.map(|file| file.name.clone()).collect::<Vec<_>>()
    };
    (named("image/"), named("video/").into_iter().next().unwrap_or_default())
}
