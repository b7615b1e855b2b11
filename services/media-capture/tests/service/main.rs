//! The service over its socket: the real process, the real files, a camera at the far end of the pipe.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cameras;
mod crashes;
mod custody;
mod rig;
mod sealing;
mod sound;

use std::os::unix::fs::PermissionsExt;

use chit_media_capture::domain::fmp4::whole_prefix;
use chit_proto::media_capture::v1::*;
use chit_runtime::error::reason_of;
use ed25519_dalek::{Signature, SigningKey, Verifier};
use prost::Message;
use rig::{Camera, Fault, RECORDING, Rig, SALE, SEED};
use sha2::{Digest, Sha256};

const OTHER_SALE: &str = "01J9ZQ4M8W5T7V2X3Y6B0C1D2G";
const OTHER_RECORDING: &str = "01J9ZQ4M8W5T7V2X3Y6B0C1D2H";

/// Checks signature and files as a stranger would, and returns the manifest.
async fn verified(rig: &mut Rig, sale_id: &str) -> (Manifest, Vec<u8>) {
    let request = GetEvidenceRequest { sale_id: sale_id.into() };
    let evidence = rig.client.get_evidence(request).await.unwrap().into_inner();
    let digest = Sha256::digest(&evidence.manifest);
    assert_eq!(evidence.manifest_sha256, digest.to_vec());
    let signed = [b"chit/evidence-manifest/v2\0".as_slice(), &digest].concat();
    let public = SigningKey::from_bytes(&SEED).verifying_key();
    public.verify(&signed, &Signature::from_slice(&evidence.signature).unwrap()).unwrap();
    let manifest = Manifest::decode(&evidence.manifest[..]).unwrap();
    for entry in &manifest.files {
        let bytes = rig.file(sale_id, &entry.name, 0).await.unwrap();
        assert_eq!(
            (bytes.len() as u64, Sha256::digest(&bytes).to_vec()),
            (entry.size_bytes, entry.sha256.clone())
        );
        if let Some(video) = &entry.video {
            let whole = whole_prefix(&bytes);
            assert_eq!((whole.len, whole.frames), (bytes.len(), u64::from(video.frame_count)));
        }
    }
    (manifest, digest.to_vec())
}

fn names(manifest: &Manifest) -> Vec<&str> {
    manifest.files.iter().map(|file| &*file.name).collect()
}

fn video<'a>(manifest: &'a Manifest, name: &str) -> &'a VideoTrack {
    let entry = manifest.files.iter().find(|file| file.name == name);
    entry.and_then(|file| file.video.as_ref()).unwrap_or_else(|| panic!("{name} is in the bundle"))
}

/// Gaps that are not in the pre-roll: tests begin with a camera that was opened just before.
fn of_the_sale(manifest: &Manifest) -> Vec<&Gap> {
    manifest.gaps.iter().filter(|gap| !gap.before_start).collect()
}

async fn two_fragments(rig: &mut Rig, recording_id: &str) -> Recording {
    rig.watch_until(recording_id, |recording| recording.fragments >= 2).await
}

#[tokio::test]
async fn a_sale_is_filmed_photographed_and_sealed_so_that_a_stranger_can_verify_it() {
    let (mut rig, _camera) = Rig::with_camera().await;
    let begun = rig.begin(RECORDING, SALE).await;
    assert_eq!((begun.state(), begun.video_running), (RecordingState::Recording, true));
    let photo = rig.photo(RECORDING, PhotoKind::PayerAndGoods).await;
    rig.goods(RECORDING, b"goods").await.unwrap();
    two_fragments(&mut rig, RECORDING).await;
    assert_eq!(rig.photo(RECORDING, PhotoKind::PayerAndGoods).await.sha256, photo.sha256, "a retry");
    rig.photo(RECORDING, PhotoKind::Paper).await;
    assert_eq!(rig.stop(RECORDING, 200).await.state(), RecordingState::Recording);
    let sealed = rig.until_sealed(RECORDING).await;
    assert_eq!((sealed.state(), &*sealed.partial_reasons), (RecordingState::Sealed, &[][..]));

    let (manifest, sha256) = verified(&mut rig, SALE).await;
    assert_eq!(names(&manifest), ["goods.bin", "photo-1.jpg", "photo-2.jpg", "video.mp4"]);
    assert_eq!(sealed.manifest_sha256, sha256);
    assert_eq!(manifest.files[1].sha256, photo.sha256);
    assert_eq!((&*manifest.camera_id, &*manifest.clock_source), ("test camera", "sandbox"));
    let track = video(&manifest, "video.mp4");
    assert_eq!((track.width, track.height, track.frame_rate_milli), (160, 120, 15_000));
    assert!(manifest.gaps.iter().all(|gap| gap.before_start), "{:?}", manifest.gaps);
    assert!(manifest.previous_manifest_sha256.is_empty());
    let folder = rig.shared.state_dir.join("media-capture/evidence").join(SALE);
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o500);
}

#[tokio::test]
async fn recordings_of_consecutive_sales_overlap_and_their_manifests_form_a_chain() {
    let (mut rig, _camera) = Rig::with_camera().await;
    rig.begin(RECORDING, SALE).await;
    rig.goods(RECORDING, b"first").await.unwrap();
    let second = rig.begin(OTHER_RECORDING, OTHER_SALE).await;
    assert!(second.video_running);
    rig.goods(OTHER_RECORDING, b"second").await.unwrap();
    two_fragments(&mut rig, OTHER_RECORDING).await;
    rig.stop(RECORDING, 0).await;
    rig.until_sealed(RECORDING).await;
    rig.stop(OTHER_RECORDING, 0).await;
    rig.until_sealed(OTHER_RECORDING).await;
    let (_, first_hash) = verified(&mut rig, SALE).await;
    let (manifest, _) = verified(&mut rig, OTHER_SALE).await;
    assert_eq!(manifest.previous_manifest_sha256, first_hash);
    assert_eq!(manifest.partial_reasons, ["photo_1_missing"]);
}

#[tokio::test]
async fn a_kill_in_mid_clip_still_ends_in_a_sealed_bundle_that_says_so() {
    let (mut rig, _camera) = Rig::with_camera().await;
    rig.begin(RECORDING, SALE).await;
    rig.photo(RECORDING, PhotoKind::PayerAndGoods).await;
    let before = two_fragments(&mut rig, RECORDING).await;
    rig.kill_and_restart().await;
    rig.kill_and_restart().await;
    let get = GetRecordingRequest { recording_id: RECORDING.into() };
    let left = rig.client.get_recording(get).await.unwrap().into_inner().recording.unwrap();
    assert_eq!((left.state(), &*left.partial_reasons), (RecordingState::Armed, &["crash".to_owned()][..]));
    assert!(left.fragments >= before.fragments && left.revision > before.revision);
    rig.wait_for_camera(CameraState::Streaming).await;
    assert!(rig.begin(RECORDING, SALE).await.video_running);
    let resumed = left.fragments;
    rig.watch_until(RECORDING, |recording| recording.fragments > resumed).await;
    rig.goods(RECORDING, b"goods").await.unwrap();
    rig.stop(RECORDING, 0).await;
    assert_eq!(rig.until_sealed(RECORDING).await.state(), RecordingState::Partial);

    let (manifest, _) = verified(&mut rig, SALE).await;
    assert_eq!(names(&manifest), ["goods.bin", "photo-1.jpg", "video-2.mp4", "video.mp4"]);
    assert_eq!(manifest.partial_reasons, ["crash"]);
    let gaps = of_the_sale(&manifest);
    let [gap] = gaps[..] else { panic!("one gap: {:?}", manifest.gaps) };
    assert_eq!(gap.reason, "crash");
    assert_eq!(gap.from_monotonic_ns, video(&manifest, "video.mp4").last_frame_monotonic_ns);
    assert_eq!(gap.to_monotonic_ns, video(&manifest, "video-2.mp4").first_frame_monotonic_ns);
}

async fn goes_on_across(fault: Fault, remedy: Option<Fault>, reason: &str) {
    let (mut rig, camera): (Rig, Camera) = Rig::with_camera().await;
    rig.begin(RECORDING, SALE).await;
    rig.photo(RECORDING, PhotoKind::PayerAndGoods).await;
    two_fragments(&mut rig, RECORDING).await;
    camera.fault(fault);
    let lost = rig.watch_until(RECORDING, |recording| !recording.partial_reasons.is_empty()).await;
    assert_eq!((lost.state(), lost.video_running), (RecordingState::Recording, false));
    remedy.into_iter().for_each(|fault| camera.fault(fault));
    let back = rig
        .watch_until(RECORDING, |recording| recording.revision > lost.revision && recording.video_running)
        .await;
    let wanted = back.fragments + 2;
    rig.watch_until(RECORDING, |recording| recording.fragments >= wanted).await;
    rig.goods(RECORDING, b"goods").await.unwrap();
    rig.stop(RECORDING, 0).await;
    assert_eq!(rig.until_sealed(RECORDING).await.state(), RecordingState::Partial);
    let (manifest, _) = verified(&mut rig, SALE).await;
    assert_eq!(names(&manifest), ["goods.bin", "photo-1.jpg", "video.mp4"]);
    assert_eq!(manifest.partial_reasons, [reason]);
    let gaps = of_the_sale(&manifest);
    assert_eq!((gaps.len(), &*gaps[0].reason), (1, reason));
}

#[tokio::test]
async fn a_camera_that_is_unplugged_leaves_a_gap_and_the_clip_goes_on() {
    goes_on_across(Fault::Unplug, None, "camera_lost").await;
}

#[tokio::test]
async fn a_camera_that_freezes_is_restarted_and_the_clip_goes_on() {
    goes_on_across(Fault::Freeze, Some(Fault::Unplug), "camera_stalled").await;
}

#[tokio::test]
async fn without_a_camera_the_sale_is_not_held_up_and_the_bundle_is_partial() {
    let mut rig = Rig::without_camera().await;
    rig.wait_for_camera(CameraState::Absent).await;
    assert_eq!(rig.begin(RECORDING, SALE).await.state(), RecordingState::Armed);
    let request = TakePhotoRequest { recording_id: RECORDING.into(), kind: PhotoKind::PayerAndGoods.into() };
    let refused = rig.client.take_photo(request).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason_of(&refused).as_deref()),
        (tonic::Code::Unavailable, Some("NO_PHOTO"))
    );
    rig.goods(RECORDING, b"goods").await.unwrap();
    rig.stop(RECORDING, 0).await;
    let sealed = rig.until_sealed(RECORDING).await;
    assert_eq!(sealed.partial_reasons, ["camera_absent", "photo_1_missing"]);
    let (manifest, _) = verified(&mut rig, SALE).await;
    assert_eq!((names(&manifest), &*of_the_sale(&manifest)[0].reason), (vec!["goods.bin"], "camera_absent"));
}

#[tokio::test]
async fn a_blinded_camera_shows_nothing_to_anybody_until_it_is_resumed() {
    let (mut rig, _camera) = Rig::with_camera().await;
    rig.begin(RECORDING, SALE).await;
    two_fragments(&mut rig, RECORDING).await;
    let paused = rig.client.pause_capture(PauseCaptureRequest { reason: "code card".into() }).await.unwrap();
    assert_eq!(paused.get_ref().camera(), CameraState::Paused);
    let refused = rig.client.take_snapshot(TakeSnapshotRequest {}).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("CAMERA_PAUSED"));
    let blind = rig.watch_until(RECORDING, |recording| !recording.partial_reasons.is_empty()).await;
    assert_eq!((&*blind.partial_reasons, blind.video_running), (&["privacy".to_owned()][..], false));
    let mut frames = rig.client.watch_frames(WatchFramesRequest { max_fps: 0 }).await.unwrap().into_inner();
    let resumed_at = chit_media_capture::device::time::monotonic_ns();
    rig.client.resume_capture(ResumeCaptureRequest {}).await.unwrap();
    let frame = frames.message().await.unwrap().unwrap();
    assert!(frame.monotonic_ns >= resumed_at, "nothing seen while blind is shown later");
    assert_eq!((frame.grey.len(), frame.width, frame.height), (160 * 120, 160, 120));
    let jpeg = rig.client.take_snapshot(TakeSnapshotRequest {}).await.unwrap().into_inner().jpeg;
    assert_eq!((&jpeg[..2], &jpeg[jpeg.len() - 2..]), (&[0xff, 0xd8][..], &[0xff, 0xd9][..]));
    rig.watch_until(RECORDING, |recording| recording.revision > blind.revision && recording.video_running)
        .await;
}

#[tokio::test]
async fn a_retry_gets_the_first_answer_and_another_body_is_refused() {
    let mut rig = Rig::without_camera().await;
    let first = rig.begin(RECORDING, SALE).await;
    assert_eq!(rig.begin(RECORDING, SALE).await.start_time, first.start_time);
    for (recording_id, sale_id, preroll_ms) in
        [(RECORDING, OTHER_SALE, None), (RECORDING, SALE, Some(5)), (OTHER_RECORDING, SALE, None)]
    {
        let (recording_id, sale_id) = (recording_id.to_owned(), sale_id.to_owned());
        let request = StartRecordingRequest { recording_id, sale_id, preroll_ms };
        let refused = rig.client.start_recording(request).await.unwrap_err();
        assert_eq!(reason_of(&refused).as_deref(), Some("RECORDING_EXISTS_WITH_DIFFERENT_BODY"));
    }
    rig.goods(RECORDING, b"goods").await.unwrap();
    rig.goods(RECORDING, b"goods").await.unwrap();
    let refused = rig.goods(RECORDING, b"other").await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("GOODS_EXIST_WITH_DIFFERENT_BODY"));
    let early = rig.client.get_evidence(GetEvidenceRequest { sale_id: SALE.into() }).await.unwrap_err();
    assert_eq!(reason_of(&early).as_deref(), Some("EVIDENCE_NOT_FOUND"));
    rig.stop(RECORDING, 0).await;
    let sealed = rig.until_sealed(RECORDING).await;
    assert_eq!(rig.stop(RECORDING, 0).await.manifest_sha256, sealed.manifest_sha256);
    assert_eq!(rig.file(SALE, "goods.bin", 3).await.unwrap(), b"ds");
    for (name, offset, reason) in
        [("../media-capture.redb", 0, "FILE_NOT_FOUND"), ("goods.bin", 6, "OFFSET_OUT_OF_RANGE")]
    {
        let refused = rig.file(SALE, name, offset).await.unwrap_err();
        assert_eq!(reason_of(&refused).as_deref(), Some(reason));
    }
}
