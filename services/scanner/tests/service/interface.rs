//! Claims, switching on and off, pictures, commands and the live view.

use std::io::Write as _;
use std::time::Duration;

use chit_proto::scanner::v1::claim_scanner_response::Event as Claimed;
use chit_proto::scanner::v1::watch_devices_response::Event as Shown;
use chit_proto::scanner::v1::watch_scans_response::Event;
use chit_proto::scanner::v1::{
    ClaimScannerRequest, ClaimScannerResponse, CommandDeviceRequest, DecodeImageRequest, DeviceAction,
    DisableScannerRequest, EnableScannerRequest, GetStatusRequest, GreyPlane, ScanSource,
    WatchDevicesRequest, decode_image_request,
};
use chit_runtime::error;
use chit_scanner::Config;
use tokio::time::timeout;
use tonic::{Status, Streaming};

use crate::fake_media::Picture;
use crate::{DEADLINE, Desk, next, next_scan};

async fn ask<T: Clone, R>(
    request: T,
    call: impl AsyncFn(T) -> Result<tonic::Response<R>, Status>,
) -> Result<R, Status> {
    timeout(DEADLINE, call(request))
        .await
        .expect("an answer within the deadline")
        .map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_claimed_scanner_gives_its_scans_to_one_stream_only_until_that_ends() {
    let desk = Desk::with_handheld();
    let mut device = desk.plug().await;
    let (_, mut everyone) = desk.watch("", 0).await;
    let claim = |name: &str| ClaimScannerRequest { name: name.to_owned(), ..Default::default() };
    let open = async |request| desk.client.clone().claim_scanner(request).await;
    let mut alone = ask(claim("till 1"), open).await.unwrap();
    assert!(matches!(next_claimed(&mut alone).await, Claimed::Started(_)));
    let refused = ask(claim("till 2"), open).await.unwrap_err();
    assert_eq!(error::reason_of(&refused).as_deref(), Some("SCANNER_CLAIMED"));
    assert!(refused.message().contains("till 1"), "{}", refused.message());
    let invalid = ask(claim(""), open).await.unwrap_err();
    assert_eq!(error::reason_of(&invalid).as_deref(), Some("CLAIM_INVALID"));

    device.write_all(b"6901234567892\r").unwrap();
    match next_claimed(&mut alone).await {
        Claimed::Scan(scan) => assert_eq!(scan.data, b"6901234567892"),
        other => panic!("{other:?}"),
    }
    drop(alone);
    until(async || {
        let status = desk.client.clone().get_status(GetStatusRequest {}).await.unwrap().into_inner();
        status.claimed_by.is_empty()
    })
    .await;
    device.write_all(b"4006381333931\r").unwrap();
    assert_eq!(next_scan(&mut everyone).await.data, b"4006381333931", "the claimed one is not for everyone");

    // Whoever remembers nothing asks for the last one.
    let again = ClaimScannerRequest { name: "till 1".into(), replay_last: true, ..Default::default() };
    let mut again = ask(again, open).await.unwrap();
    next_claimed(&mut again).await;
    match next_claimed(&mut again).await {
        Claimed::Scan(scan) => assert!(scan.replayed && scan.data == b"4006381333931"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_disabled_scanner_refuses_and_enabling_begins_a_new_checkout() {
    let desk = Desk::start(|port| Config {
        port: Some(port),
        camera: false,
        debounce_ms: 60_000,
        ..Config::default()
    });
    let mut device = desk.plug().await;
    let (_, mut stream) = desk.watch("", 0).await;
    ask(DisableScannerRequest {}, async |request| desk.client.clone().disable_scanner(request).await)
        .await
        .unwrap();
    device.write_all(b"6901234567892\r").unwrap();
    match next(&mut stream).await {
        Event::Refusal(refusal) => assert_eq!(refusal.reason, "SCANNER_DISABLED"),
        other => panic!("{other:?}"),
    }
    let enable = async |request| desk.client.clone().enable_scanner(request).await;
    ask(EnableScannerRequest {}, enable).await.unwrap();
    device.write_all(b"6901234567892\r6901234567892\r").unwrap();
    assert_eq!(next_scan(&mut stream).await.seq, 2);
    ask(EnableScannerRequest {}, enable).await.unwrap();
    device.write_all(b"6901234567892\r").unwrap();
    assert_eq!(next_scan(&mut stream).await.seq, 3, "inside one checkout the second one was dropped");
}

#[tokio::test]
async fn a_picture_of_other_pos_software_is_read_and_what_is_none_is_refused() {
    let desk = Desk::with_handheld();
    // The service is up.
    desk.status().await;
    let decode = async |request| desk.client.clone().decode_image(request).await;
    let (width, height, grey) = Picture::of_code(b"HELLO").plane();
    let plane = GreyPlane { width, height, grey: grey.clone() };
    let of = |picture| DecodeImageRequest { picture: Some(picture), symbologies: Vec::new() };
    let answer = ask(of(decode_image_request::Picture::Plane(plane)), decode).await.unwrap();
    let scan = &answer.scans[0];
    assert_eq!((scan.data.as_slice(), scan.source(), scan.seq), (b"HELLO".as_slice(), ScanSource::Image, 0));
    assert_eq!((scan.engine.as_str(), scan.confidence), ("rxing", 60));
    assert!(answer.cpu.is_some());

    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(&grey).unwrap();
    let answer = ask(of(decode_image_request::Picture::File(file)), decode).await.unwrap();
    assert_eq!(answer.scans[0].data, b"HELLO");

    let short = GreyPlane { width: 640, height: 480, grey: vec![0; 5] };
    let large = GreyPlane { width: 4001, height: 3000, grey: Vec::new() };
    for (picture, reason) in [
        (Some(decode_image_request::Picture::Plane(short)), "IMAGE_INVALID"),
        (Some(decode_image_request::Picture::Plane(large)), "IMAGE_TOO_LARGE"),
        (Some(decode_image_request::Picture::File(b"GIF89a".to_vec())), "IMAGE_INVALID"),
        (None, "IMAGE_INVALID"),
    ] {
        let refused = ask(DecodeImageRequest { picture, symbologies: Vec::new() }, decode).await.unwrap_err();
        assert_eq!(error::reason_of(&refused).as_deref(), Some(reason));
    }
}

#[tokio::test]
async fn a_test_of_the_scanner_shows_bytes_framing_and_verdict() {
    let desk = Desk::with_handheld();
    let mut device = desk.plug().await;
    let watch = async |request| desk.client.clone().watch_devices(request).await;
    let mut seen = ask(WatchDevicesRequest {}, watch).await.unwrap();
    device.write_all(b"6901234567890\r").unwrap();
    let mut what = Vec::new();
    while what.len() < 3 {
        let message = timeout(DEADLINE, seen.message()).await.unwrap().unwrap().unwrap();
        what.push(match message.event.unwrap() {
            Shown::Received(bytes) => format!("received {}", bytes.len()),
            Shown::Framed(bytes) => format!("framed {}", bytes.len()),
            Shown::Refusal(refusal) => refusal.reason,
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(what, ["received 14", "framed 13", "CHECK_DIGIT_WRONG"]);
}

#[tokio::test]
async fn what_a_device_cannot_do_is_refused_with_a_remedy() {
    let desk = Desk::with_handheld();
    let _device = desk.plug().await;
    let act = async |request| desk.client.clone().command_device(request).await;
    let beep = |device: &str, action: DeviceAction| CommandDeviceRequest {
        device: device.to_owned(),
        action: action.into(),
    };
    for (request, reason) in [
        (beep("", DeviceAction::Beep), "ACTION_UNSUPPORTED"),
        (beep("nobody", DeviceAction::Beep), "DEVICE_UNKNOWN"),
        (beep("", DeviceAction::Unspecified), "ACTION_INVALID"),
    ] {
        let refused = ask(request, act).await.unwrap_err();
        assert_eq!(error::reason_of(&refused).as_deref(), Some(reason));
    }
}

async fn next_claimed(stream: &mut Streaming<ClaimScannerResponse>) -> Claimed {
    let response = timeout(DEADLINE, stream.message()).await.expect("an event within the deadline");
    response.unwrap().expect("the stream goes on").event.unwrap()
}

async fn until(holds: impl AsyncFn() -> bool) {
    timeout(DEADLINE, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("within the deadline");
}
