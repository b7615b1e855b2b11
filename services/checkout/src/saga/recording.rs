//! The evidence: a recording held from COMMITTED until it is sealed, whatever becomes of the camera or its service.

use std::sync::Arc;
use std::time::Duration;

use chit_proto::ledger::v1::FactKind;
use chit_proto::media_capture::v1::{
    AttachGoodsRequest, PhotoKind, Recording, RecordingState, StartRecordingRequest, StopRecordingRequest,
    TakePhotoRequest, WatchRecordingRequest,
};

use super::{Fault, far::CALL_MAX, stuck};
use crate::domain::dialogue::OutFact;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::sale::{EvidenceState, Sale, SaleState};
use crate::shop::Shop;
use crate::store::{Rows, Tx};

/// A sale ends before its recording's own cap (120 s) by far; the stream is opened anew when it breaks.
const REOPEN_PAUSE: Duration = Duration::from_millis(50);

/// Starts the recording and follows it to its seal. A crash of the recorder ends the stream, and the same start call
/// lets it go on.
pub async fn hold(shop: &Arc<Shop>, row: u64, sale_id: &str) -> Result<(), Fault> {
    let sale = shop.sale(sale_id).await?;
    let mut recording = start(shop, &sale, CALL_MAX).await?;
    attach_goods(shop, &sale).await?;
    loop {
        note(shop, sale_id, &recording).await?;
        if is_final(&recording) {
            return sealed(shop, row, sale_id, recording).await;
        }
        recording = match follow(shop, sale_id, &recording).await {
            Ok(recording) => recording,
            Err(Fault::Away(_) | Fault::Refused { .. }) => {
                tokio::time::sleep(REOPEN_PAUSE).await;
                let again = start(shop, &sale, CALL_MAX).await?;
                attach_goods(shop, &sale).await?;
                if shop.sale(sale_id).await?.stop_asked {
                    ask_to_stop(shop, &sale).await?;
                }
                again
            }
            Err(fault) => return Err(fault),
        };
    }
}

/// Ends the clip after the post-roll.
pub async fn stop(shop: &Arc<Shop>, row: u64, sale_id: &str) -> Result<(), Fault> {
    let sale = shop.sale(sale_id).await?;
    start(shop, &sale, CALL_MAX).await?;
    ask_to_stop(shop, &sale).await?;
    Ok(shop.store.write(move |tx| stuck::done(tx, row)).await?)
}

pub async fn start(shop: &Shop, sale: &Sale, deadline: Duration) -> Result<Recording, Fault> {
    let request = StartRecordingRequest {
        recording_id: sale.evidence.recording_id.clone(),
        sale_id: sale.sale_id.clone(),
        preroll_ms: None,
    };
    Ok(crate::far!(shop.media.start_recording(request), deadline).await?.recording.unwrap_or_default())
}

/// The photo's hash, or nothing if none could be taken in time.
pub async fn photo(shop: &Shop, sale: &Sale, kind: PhotoKind, deadline: Duration) -> Option<Vec<u8>> {
    let attempt = async {
        start(shop, sale, deadline).await?;
        let request =
            TakePhotoRequest { recording_id: sale.evidence.recording_id.clone(), kind: kind as i32 };
        Ok::<_, Fault>(crate::far!(shop.media.take_photo(request), deadline).await?.sha256)
    };
    match tokio::time::timeout(deadline, attempt).await {
        Ok(Ok(sha256)) => Some(sha256),
        Ok(Err(fault)) => {
            tracing::warn!(sale = sale.sale_id, %fault, "no photo");
            None
        }
        Err(_elapsed) => {
            tracing::warn!(sale = sale.sale_id, "no photo in time");
            None
        }
    }
}

async fn attach_goods(shop: &Shop, sale: &Sale) -> Result<(), Fault> {
    let request = AttachGoodsRequest {
        recording_id: sale.evidence.recording_id.clone(),
        goods: shop.goods_of(sale).bytes,
        media_type: crate::goods::MEDIA_TYPE.into(),
    };
    match crate::far!(shop.media.attach_goods(request)).await.map_err(Fault::from) {
        // Sealed while we were away: the goods are in.
        Err(Fault::Refused { reason, .. }) if reason == "RECORDING_ALREADY_SEALED" => Ok(()),
        Err(fault) => Err(fault),
        Ok(_) => Ok(()),
    }
}

async fn ask_to_stop(shop: &Shop, sale: &Sale) -> Result<(), Fault> {
    let request =
        StopRecordingRequest { recording_id: sale.evidence.recording_id.clone(), postroll_ms: None };
    crate::far!(shop.media.stop_recording(request)).await?;
    Ok(())
}

/// Follows the event stream and notes what changes, until the recording is final or the stream breaks.
async fn follow(shop: &Shop, sale_id: &str, from: &Recording) -> Result<Recording, Fault> {
    let request =
        WatchRecordingRequest { recording_id: from.recording_id.clone(), after_revision: from.revision };
    let mut media = shop.far.media.clone();
    let mut events = media.watch_recording(request).await?.into_inner();
    while let Some(event) = events.message().await? {
        let newest = event.recording.unwrap_or_default();
        note(shop, sale_id, &newest).await?;
        if is_final(&newest) {
            return Ok(newest);
        }
    }
    Err(Fault::Away(tonic::Status::unavailable("the recording's stream ended")))
}

fn is_final(recording: &Recording) -> bool {
    matches!(recording.state(), RecordingState::Sealed | RecordingState::Partial | RecordingState::Failed)
}

/// Writes what the till shows of a running recording, when it changed.
async fn note(shop: &Shop, sale_id: &str, recording: &Recording) -> Result<(), Fault> {
    let known = shop.sale(sale_id).await?.evidence;
    if (known.video_running || !recording.video_running)
        && known.state() != EvidenceState::None
        && known.partial_reasons == recording.partial_reasons
    {
        return Ok(());
    }
    let (sale_id, recording) = (sale_id.to_owned(), recording.clone());
    shop.store
        .write(move |tx| {
            let mut sale = tx.sale(&sale_id)?;
            if sale.evidence.state() == EvidenceState::None {
                sale.evidence.state = EvidenceState::Recording as i32;
            }
            // What once ran stays noted: a camera lost later makes the bundle PARTIAL, not the release impossible.
            sale.evidence.video_running |= recording.video_running;
            sale.evidence.partial_reasons = recording.partial_reasons;
            tx.put_sale("system", &sale)
        })
        .await?;
    Ok(())
}

async fn sealed(shop: &Arc<Shop>, row: u64, sale_id: &str, recording: Recording) -> Result<(), Fault> {
    let (sale_id, fact_id) = (sale_id.to_owned(), shop.new_ulid()?);
    shop.store
        .write(move |tx| {
            let mut sale = tx.sale(&sale_id)?;
            let whole = recording.state() == RecordingState::Sealed && sale.evidence.override_by.is_empty();
            sale.evidence.state = if whole { EvidenceState::Sealed } else { EvidenceState::Partial } as i32;
            sale.evidence.partial_reasons = recording.partial_reasons;
            sale.evidence.manifest_sha256 = recording.manifest_sha256;
            keep_photo_hashes(&mut sale, recording.photo_1_sha256, recording.photo_2_sha256);
            if sale.state() == SaleState::Released {
                seal(tx, &mut sale, &fact_id)?;
            }
            tx.put_sale("system", &sale)?;
            stuck::done(tx, row)
        })
        .await?;
    Ok(())
}

fn keep_photo_hashes(sale: &mut Sale, photo_1: Vec<u8>, photo_2: Vec<u8>) {
    if !photo_1.is_empty() {
        sale.evidence.photo_1_sha256 = photo_1;
    }
    if !photo_2.is_empty() {
        sale.evidence.photo_2_sha256 = photo_2;
    }
}

/// RELEASED → SEALED; the ledger witnesses the manifest, and then the sale is QUEUED.
pub fn seal(tx: &mut Tx, sale: &mut Sale, fact_id: &str) -> crate::domain::refusal::Result<()> {
    sale.advance(SaleState::Sealed)?;
    let fact = OutFact {
        fact_id: fact_id.to_owned(),
        kind: FactKind::EvidenceSealed as i32,
        subject_id: sale.sale_id.clone(),
        sha256: manifest_or_zero(sale),
        actor: "system".into(),
    };
    tx.put_fact(&fact)?;
    tx.push(&Effect::new(EffectKind::RecordFact, fact_id))
}

/// A bundle of which nothing could be kept has no manifest; the ledger still says when that became known.
fn manifest_or_zero(sale: &Sale) -> Vec<u8> {
    if sale.evidence.manifest_sha256.len() == 32 {
        sale.evidence.manifest_sha256.clone()
    } else {
        vec![0; 32]
    }
}
