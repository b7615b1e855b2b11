//! Several cameras, and one that shows nothing it should not.

use chit_proto::media_capture::v1::*;

use crate::rig::{Camera, Fault, RECORDING, Rig, SALE};
use crate::{of_the_sale, two_fragments, verified};

async fn with_two_cameras(masks: &str) -> (Rig, [Camera; 2]) {
    let dir = tempfile::tempdir().unwrap();
    let (till, till_worker) = Camera::at(&dir.path().join("till"), "camera of the till");
    let (customer, customer_worker) = Camera::at(&dir.path().join("customer"), "camera of the customer");
    let keys = format!(
        "[[media-capture.cameras]]\nname = \"till\"\nworker = {till_worker}\nmasks = {masks}\n\
         [[media-capture.cameras]]\nname = \"customer\"\nworker = {customer_worker}\n"
    );
    let mut rig = Rig::start(dir, &keys).await;
    rig.wait_for_camera(CameraState::Streaming).await;
    (rig, [till, customer])
}

#[tokio::test]
async fn the_second_camera_steps_in_for_the_first_and_the_manifest_names_both() {
    let (mut rig, [till, _customer]) = with_two_cameras("[]").await;
    rig.begin(RECORDING, SALE).await;
    rig.photo(RECORDING, PhotoKind::PayerAndGoods).await;
    let before = two_fragments(&mut rig, RECORDING).await;
    till.fault(Fault::Unplug);
    rig.watch_until(RECORDING, |recording| {
        recording.fragments > before.fragments + 2 && recording.video_running
    })
    .await;
    let status = rig.client.get_device_status(GetDeviceStatusRequest {}).await.unwrap().into_inner();
    let names: Vec<&str> = status.cameras.iter().map(|camera| &*camera.name).collect();
    assert_eq!(names, ["till", "customer"]);
    let active: Vec<&str> =
        status.cameras.iter().filter(|camera| camera.active).map(|camera| &*camera.name).collect();
    assert_eq!((active, &*status.camera_id), (vec!["customer"], "camera of the customer"));
    rig.goods(RECORDING, b"goods").await.unwrap();
    rig.stop(RECORDING, 0).await;
    rig.until_sealed(RECORDING).await;
    let (manifest, _) = verified(&mut rig, SALE).await;
    let cameras: Vec<(&str, &str)> =
        manifest.cameras.iter().map(|camera| (&*camera.name, &*camera.device_id)).collect();
    assert_eq!(cameras, [("till", "camera of the till"), ("customer", "camera of the customer")]);
    let films: Vec<&str> =
        manifest.files.iter().filter_map(|file| file.video.as_ref().map(|video| &*video.camera_id)).collect();
    assert_eq!(films, ["camera of the customer", "camera of the till"], "video-2.mp4 and video.mp4");
    assert_eq!(of_the_sale(&manifest)[0].reason, "camera_lost");
}

#[tokio::test]
async fn a_masked_area_is_black_for_everybody_and_the_manifest_says_where() {
    let (mut rig, _cameras) = with_two_cameras("[[0, 500, 1000, 500]]").await;
    let mut frames = rig.client.watch_frames(WatchFramesRequest { max_fps: 0 }).await.unwrap().into_inner();
    let frame = frames.message().await.unwrap().unwrap();
    let (above, below) = frame.grey.split_at(frame.grey.len() / 2);
    assert!(below.iter().all(|pixel| *pixel == 16) && above.iter().any(|pixel| *pixel != 16));
    rig.begin(RECORDING, SALE).await;
    rig.goods(RECORDING, b"goods").await.unwrap();
    two_fragments(&mut rig, RECORDING).await;
    rig.stop(RECORDING, 0).await;
    rig.until_sealed(RECORDING).await;
    let (manifest, _) = verified(&mut rig, SALE).await;
    assert_eq!(manifest.cameras[0].masks, [Mask { left: 0, top: 500, width: 1000, height: 500 }]);
}

#[tokio::test]
async fn a_camera_is_tested_with_figures_advice_and_a_picture() {
    let (mut rig, _camera) = Rig::with_camera().await;
    let seen = rig.station.test_camera(TestCameraRequest {}).await.unwrap().into_inner();
    assert_eq!((seen.width, seen.height), (160, 120));
    assert!((1..255).contains(&seen.light) && seen.jpeg.starts_with(&[0xff, 0xd8]));
}

#[tokio::test]
async fn a_photo_that_is_being_taken_when_the_payer_leaves_is_in_the_bundle() {
    let (mut rig, camera) = Rig::with_camera_and("paper_wait_ms = 2000").await;
    rig.begin(SALE, SALE).await;
    rig.goods(SALE, b"the goods").await.unwrap();
    let request = TakePhotoRequest { recording_id: SALE.into(), kind: PhotoKind::Paper.into() };
    // No code is to be seen, so it waits for one longer than the clip lasts.
    let mut media = rig.client.clone();
    let photo = tokio::spawn(async move { media.take_photo(request).await });
    rig.stop(SALE, 300).await;
    let sealed = rig.until_sealed(SALE).await;
    let taken = photo.await.unwrap().unwrap().into_inner();
    assert!(!taken.sha256.is_empty() && sealed.photo_2_sha256 == taken.sha256);
    drop(camera);
}
