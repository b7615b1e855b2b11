//! The evidence: a recording held from COMMITTED until it is sealed, whatever becomes of the camera or its service.

use std::sync::Arc;
use std::time::Duration;

use chit_proto::media_capture::v1::{
    AttachGoodsRequest, NoteSaleRequest, PhotoKind, Recording, RecordingState, StartRecordingRequest,
    StopRecordingRequest, TakePhotoRequest, WatchRecordingRequest,
};
use chit_runtime::failpoint;

use super::point::done;
use super::{caption, goods};
use crate::context::Shop;
use crate::custody::Custody;
use crate::peers::{CALL_MAX, Fault, peer};
use crate::sale::{self, EvidenceState, Sale, Sold, Stage, Step, Voided};
use crate::store::Tx;
use crate::values::ids::{FactId, SaleId};
use crate::values::refusal::Refusal;

/// A sale ends before its recording's own cap (120 s) by far; the stream is opened anew when it breaks.
const REOPEN_PAUSE: Duration = Duration::from_millis(50);

/// Starts the recording and follows it to its seal. A crash of the recorder ends the stream, and the same start call
/// lets it go on.
pub async fn hold(shop: &Arc<Shop>, entry: u64, id: SaleId) -> Result<(), Fault> {
    let sale = sale_of(shop, id).await?;
    let mut recording = start(shop, &sale, CALL_MAX).await?;
    failpoint("checkout/hold_recording/started");
    name_the_receipt(shop, &sale).await?;
    attach_goods(shop, &sale).await?;
    loop {
        note(shop, id, &recording).await?;
        if is_final(&recording) {
            return sealed(shop, entry, id, recording).await;
        }
        recording = match follow(shop, id, &recording).await {
            Ok(recording) => recording,
            Err(Fault::Away(_) | Fault::Refused { .. }) => {
                tokio::time::sleep(REOPEN_PAUSE).await;
                let again = start(shop, &sale, CALL_MAX).await?;
                attach_goods(shop, &sale).await?;
                if sold_of(&sale_of(shop, id).await?)?.evidence.stop_asked {
                    ask_to_stop(shop, &sale).await?;
                }
                again
            }
            Err(fault) => return Err(fault),
        };
    }
}

/// For photo 2 and the manifest. A recording without it is worth more than none.
async fn name_the_receipt(shop: &Shop, sale: &Sale) -> Result<(), Fault> {
    // What became of the sale is not told here: it may have been told before.
    let request = NoteSaleRequest { still_owed: false, ..caption::of(shop, sale, &Custody::default()) };
    match peer!(shop.evidence.note_sale(request)).await.map_err(Fault::from) {
        Err(Fault::Refused { reason, .. }) => {
            tracing::warn!(sale = %sale.id, reason, "the pictures will not name the receipt");
            Ok(())
        }
        told => told.map(|_| ()),
    }
}

/// A recording that may not have been started yet: nothing can be told of it before. One that is sealed is not started
/// anew, even where its recorder has lost it.
pub async fn begun(shop: &Shop, sale: &Sale) -> Result<(), Fault> {
    if !sold_of(sale)?.evidence.state.is_sealed() {
        start(shop, sale, CALL_MAX).await?;
    }
    Ok(())
}

/// Ends the clip after the post-roll.
pub async fn stop(shop: &Arc<Shop>, entry: u64, id: SaleId) -> Result<(), Fault> {
    let sale = sale_of(shop, id).await?;
    start(shop, &sale, CALL_MAX).await?;
    ask_to_stop(shop, &sale).await?;
    Ok(shop.store.write(move |tx| done(tx, entry)).await?)
}

async fn start(shop: &Shop, sale: &Sale, deadline: Duration) -> Result<Recording, Fault> {
    let request = StartRecordingRequest {
        recording_id: recording_id(sale)?,
        sale_id: sale.id.to_string(),
        preroll_ms: None,
    };
    Ok(peer!(shop.media.start_recording(request), deadline).await?.recording.unwrap_or_default())
}

/// The photo's hash, or nothing if none could be taken in time.
pub async fn photo(shop: &Shop, sale: &Sale, kind: PhotoKind, deadline: Duration) -> Option<[u8; 32]> {
    let attempt = async {
        start(shop, sale, deadline).await?;
        let request = TakePhotoRequest { recording_id: recording_id(sale)?, kind: kind as i32 };
        Ok::<_, Fault>(peer!(shop.media.take_photo(request), deadline).await?.sha256)
    };
    match tokio::time::timeout(deadline, attempt).await {
        Ok(Ok(sha256)) => sha256.try_into().ok(),
        Ok(Err(fault)) => {
            tracing::warn!(sale = %sale.id, %fault, "no photo");
            None
        }
        Err(_elapsed) => {
            tracing::warn!(sale = %sale.id, "no photo in time");
            None
        }
    }
}

async fn attach_goods(shop: &Shop, sale: &Sale) -> Result<(), Fault> {
    let request = AttachGoodsRequest {
        recording_id: recording_id(sale)?,
        goods: goods::of(sale).bytes,
        media_type: goods::MEDIA_TYPE.into(),
    };
    match peer!(shop.media.attach_goods(request)).await.map_err(Fault::from) {
        // Sealed while we were away: the goods are in.
        Err(Fault::Refused { reason, .. }) if reason == "RECORDING_ALREADY_SEALED" => Ok(()),
        Err(fault) => Err(fault),
        Ok(_) => Ok(()),
    }
}

async fn ask_to_stop(shop: &Shop, sale: &Sale) -> Result<(), Fault> {
    let request = StopRecordingRequest { recording_id: recording_id(sale)?, postroll_ms: None };
    peer!(shop.media.stop_recording(request)).await?;
    Ok(())
}

/// Follows the event stream and notes what changes, until the recording is final or the stream breaks.
async fn follow(shop: &Shop, id: SaleId, from: &Recording) -> Result<Recording, Fault> {
    let request =
        WatchRecordingRequest { recording_id: from.recording_id.clone(), after_revision: from.revision };
    let mut media = shop.peers.media.clone();
    let mut events = media.watch_recording(request).await?.into_inner();
    while let Some(event) = events.message().await? {
        let newest = event.recording.unwrap_or_default();
        note(shop, id, &newest).await?;
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
async fn note(shop: &Shop, id: SaleId, recording: &Recording) -> Result<(), Fault> {
    let sale = sale_of(shop, id).await?;
    let known = &sold_of(&sale)?.evidence;
    if (known.video_running || !recording.video_running)
        && known.state != EvidenceState::None
        && known.partial_reasons == recording.partial_reasons
    {
        return Ok(());
    }
    let recording = recording.clone();
    let noted = move |tx: &mut Tx| {
        let mut sale = tx.sale(id)?;
        if let Some(sold) = sale.sold_mut() {
            let evidence = &mut sold.evidence;
            if evidence.state == EvidenceState::None {
                evidence.state = EvidenceState::Recording;
            }
            // What once ran stays noted: a camera lost later makes the bundle PARTIAL, not the release impossible.
            evidence.video_running |= recording.video_running;
            evidence.partial_reasons = recording.partial_reasons;
        }
        tx.put_sale("system", &sale)
    };
    Ok(shop.store.write(noted).await?)
}

async fn sealed(shop: &Arc<Shop>, entry: u64, id: SaleId, recording: Recording) -> Result<(), Fault> {
    failpoint("checkout/hold_recording/sealed");
    let fact: FactId = shop.new_id()?;
    let noted = move |tx: &mut Tx| {
        let mut sale = tx.sale(id)?;
        if let Some(sold) = sale.sold_mut() {
            seal_in(sold, recording);
        }
        match &sale.stage {
            Stage::Sold(sold) if matches!(sold.step, Step::Released { .. }) => {
                sale::seal(tx, id, sold, fact)?
            }
            // Nothing is owed; but the next bundle names this one, and a link that nobody witnessed is a broken chain.
            Stage::Voided(Voided { sold: Some(sold), .. }) => sale::seal(tx, id, sold, fact)?,
            _ => {}
        }
        tx.put_sale("system", &sale)?;
        done(tx, entry)
    };
    Ok(shop.store.write(noted).await?)
}

fn seal_in(sold: &mut Sold, recording: Recording) {
    let evidence = &mut sold.evidence;
    let whole = recording.state() == RecordingState::Sealed && evidence.override_by.is_none();
    evidence.state = if whole { EvidenceState::Sealed } else { EvidenceState::Partial };
    evidence.partial_reasons = recording.partial_reasons;
    evidence.manifest_sha256 = recording.manifest_sha256.try_into().ok();
    evidence.photo_1_sha256 = recording.photo_1_sha256.try_into().ok().or(evidence.photo_1_sha256);
    evidence.photo_2_sha256 = recording.photo_2_sha256.try_into().ok().or(evidence.photo_2_sha256);
}

fn recording_id(sale: &Sale) -> Result<String, Refusal> {
    Ok(sold_of(sale)?.evidence.recording.to_string())
}

fn sold_of(sale: &Sale) -> Result<&Sold, Refusal> {
    sale.sold().ok_or_else(|| Refusal::internal("an effect of a sold sale runs on one that is not sold"))
}

async fn sale_of(shop: &Shop, id: SaleId) -> Result<Sale, Refusal> {
    shop.store.read(move |view| view.sale(id)).await
}
