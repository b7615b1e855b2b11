use std::sync::Arc;

use chit_proto::checkout::v1::{LookUpSaleRequest, LookUpSaleResponse};
use chit_proto::ledger::v1::GetProofRequest;
use chit_proto::media_capture::v1::{GetEvidenceRequest, Manifest};
use prost::Message as _;
use tonic::Status;

use super::dialogue;
use crate::api::call::Call;
use crate::api::convert;
use crate::api::shown::Shown;
use crate::context::Shop;
use crate::custody;
use crate::peers::peer;
use crate::values::ids::SaleId;

/// Why somebody looks at a sale.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// There is a question, and its film is held for the answer.
    Enquiry,
    /// The payer is given what is stored of them.
    OwnData,
}

pub async fn handle(shop: &Arc<Shop>, call: Call<LookUpSaleRequest>) -> Result<LookUpSaleResponse, Status> {
    let (actor, reference) = (call.actor(), call.body.reference);
    let id = shop.store.read(move |view| view.sale_by_reference(&reference)).await?;
    whole(shop, id, &actor, Why::Enquiry).await
}

/// All that is known of a sale. A view is logged before anything is shown.
pub async fn whole(
    shop: &Arc<Shop>,
    id: SaleId,
    actor: &str,
    why: Why,
) -> Result<LookUpSaleResponse, Status> {
    let actor = actor.to_owned();
    let look = move |tx: &mut crate::store::Tx| {
        tx.record_view(&actor, &id.to_bytes())?;
        let shown = Shown::read(tx, id)?;
        if why == Why::Enquiry && shown.sale.sold().is_some() {
            custody::enquired(tx, id, &actor)?;
        }
        let disputes = shown.deduction.as_ref().map(|deduction| deduction.disputes.clone());
        let disputes: Result<Vec<_>, _> =
            disputes.unwrap_or_default().into_iter().map(|id| tx.dispute(id)).collect();
        let mut challenges = match shown.sale.presented() {
            Some(presented) => tx.challenges_of(presented.payer)?,
            None => Vec::new(),
        };
        challenges.retain(|challenge| challenge.asks.sales().contains(&id));
        let challenges: Result<Vec<_>, _> =
            challenges.iter().map(|challenge| convert::challenge(tx, challenge, tx.now)).collect();
        Ok((shown, disputes?, challenges?))
    };
    let (shown, disputes, challenges) = shop.store.write(look).await?;
    let sealed = shown.sale.sold().is_some_and(|sold| sold.evidence.state.is_sealed());
    let (evidence_folder, manifest) =
        if sealed { evidence(shop, shown.sale.id).await? } else { Default::default() };
    let proof = GetProofRequest { subject_id: shown.sale.id.to_string() };
    let ledger_entries = peer!(shop.ledger.get_proof(proof)).await?.entries;
    let (photo_files, video_file) = pictures(&manifest);
    let traces = shown.deduction.as_ref().map(|deduction| deduction.sms.clone()).unwrap_or_default();
    Ok(LookUpSaleResponse {
        dialogue: dialogue::of(shop, traces).await?,
        photo_files,
        video_file,
        sale: Some(shown.to_proto(shop.cfg.evidence_policy)),
        evidence_folder,
        manifest,
        ledger_entries,
        disputes: disputes.iter().map(convert::dispute).collect(),
        challenges,
    })
}

async fn evidence(shop: &Arc<Shop>, id: SaleId) -> Result<(String, Vec<u8>), Status> {
    let request = GetEvidenceRequest { sale_id: id.to_string() };
    let evidence = peer!(shop.media.get_evidence(request)).await?;
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
