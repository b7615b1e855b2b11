//! Deaths at the moments between a file and what the store says of it, and recordings that nobody brings goods for.

use std::fs;
use std::path::PathBuf;

use chit_proto::media_capture::v1::*;
use chit_runtime::Clock;
use jiff::SignedDuration;

use crate::rig::{RECORDING, Rig, SALE};
use crate::{names, two_fragments, verified};

const SHORT_WAIT: &str = "goods_wait_ms = 100";
const AN_HOUR_S: i64 = 3_600;

fn folder(rig: &Rig) -> PathBuf {
    rig.shared.state_dir.join("media-capture/evidence").join(SALE)
}

async fn now(rig: &mut Rig) -> Recording {
    let get = GetRecordingRequest { recording_id: RECORDING.into() };
    rig.client.get_recording(get).await.unwrap().into_inner().recording.unwrap()
}

/// Filming, with photo 1 and two fragments.
async fn filming(keys: &str) -> (Rig, crate::rig::Camera) {
    let (mut rig, camera) = Rig::with_camera_and(keys).await;
    rig.begin(RECORDING, SALE).await;
    rig.photo(RECORDING, PhotoKind::PayerAndGoods).await;
    two_fragments(&mut rig, RECORDING).await;
    (rig, camera)
}

#[tokio::test]
async fn a_clip_whose_goods_never_come_is_sealed_without_them_and_says_so() {
    let (mut rig, _camera) = filming(SHORT_WAIT).await;
    rig.stop(RECORDING, 0).await;
    let sealed = rig.until_sealed(RECORDING).await;
    assert_eq!(sealed.partial_reasons, ["goods_missing"]);
    let (manifest, _) = verified(&mut rig, SALE).await;
    assert_eq!(names(&manifest), ["photo-1.jpg", "video.mp4"]);
}

#[tokio::test]
async fn a_closed_clip_that_waited_for_its_goods_in_a_crash_is_sealed_without_them() {
    let (mut rig, _camera) = filming("").await;
    rig.stop(RECORDING, 0).await;
    rig.watch_until(RECORDING, |recording| recording.state() == RecordingState::Finalizing).await;
    rig.kill();
    rig.set("goods_wait_ms", "100");
    rig.kill_and_restart().await;
    let sealed = rig.until_sealed(RECORDING).await;
    assert_eq!(sealed.partial_reasons, ["goods_missing"], "the clip was closed: the crash cost nothing");
    verified(&mut rig, SALE).await;
}

#[tokio::test]
async fn a_recording_that_outlived_its_longest_time_in_a_crash_is_not_taken_up_again() {
    let (mut rig, _camera) = filming("").await;
    rig.goods(RECORDING, b"goods").await.unwrap();
    rig.kill();
    Clock::of(&rig.shared).advance(SignedDuration::from_secs(AN_HOUR_S)).unwrap();
    rig.kill_and_restart().await;
    let sealed = rig.until_sealed(RECORDING).await;
    assert_eq!(
        (sealed.state(), &*sealed.partial_reasons),
        (RecordingState::Partial, &["crash".to_owned()][..])
    );
    let again = rig.begin(RECORDING, SALE).await;
    assert!(!again.video_running, "the customers of an hour later are nobody's evidence");
    verified(&mut rig, SALE).await;
}

#[tokio::test]
async fn a_film_that_was_begun_and_never_recorded_as_begun_is_removed_at_the_next_start() {
    let (mut rig, _camera) = filming("").await;
    rig.kill();
    let unknown = folder(&rig).join("video-2.mp4.spool");
    fs::write(&unknown, b"the first bytes of a film").unwrap();
    rig.kill_and_restart().await;
    assert_eq!(now(&mut rig).await.state(), RecordingState::Armed);
    assert!(!unknown.exists());
    rig.goods(RECORDING, b"goods").await.unwrap();
    rig.stop(RECORDING, 0).await;
    rig.until_sealed(RECORDING).await;
    let (manifest, _) = verified(&mut rig, SALE).await;
    assert_eq!(names(&manifest), ["goods.bin", "photo-1.jpg", "video.mp4"]);
}

#[tokio::test]
async fn a_recording_is_sealed_only_when_its_manifest_is_on_the_disk() {
    let (mut rig, _camera) = filming("").await;
    rig.goods(RECORDING, b"goods").await.unwrap();
    // In the manifest's way while it is written.
    let obstacle = folder(&rig).join("manifest.binpb.draft");
    fs::create_dir(&obstacle).unwrap();
    rig.stop(RECORDING, 0).await;
    rig.watch_until(RECORDING, |recording| recording.state() == RecordingState::Finalizing).await;
    // Answered by the thread that seals, so after its try.
    assert_eq!(now(&mut rig).await.state(), RecordingState::Finalizing);
    rig.kill();
    fs::remove_dir(&obstacle).unwrap();
    rig.kill_and_restart().await;
    assert_eq!(rig.until_sealed(RECORDING).await.state(), RecordingState::Sealed);
    verified(&mut rig, SALE).await;
}

#[tokio::test]
async fn what_a_crash_left_beside_the_listed_files_goes_when_the_bundle_is_locked() {
    let (mut rig, _camera) = filming("").await;
    rig.kill();
    let left = folder(&rig).join("photo-2.jpg.age.draft");
    fs::write(&left, b"half a photo").unwrap();
    rig.kill_and_restart().await;
    rig.goods(RECORDING, b"goods").await.unwrap();
    rig.stop(RECORDING, 0).await;
    rig.until_sealed(RECORDING).await;
    // Answered by the thread that locks, so after the lock.
    now(&mut rig).await;
    assert!(!left.exists());
    let mut files: Vec<_> =
        fs::read_dir(folder(&rig)).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(
        files,
        ["goods.bin.age", "manifest.binpb", "manifest.sig", "photo-1.jpg.age", "video.mp4.age"]
    );
}
