//! The scanner over its socket, with a handheld on a pseudo terminal and a media-capture that is not the real one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fake_media;
mod interface;

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

use chit_proto::scanner::v1::scanner_service_client::ScannerServiceClient;
use chit_proto::scanner::v1::watch_scans_response::Event;
use chit_proto::scanner::v1::{
    GetStatusRequest, Scan, ScanCameraRequest, ScanSource, SourceState, WatchScansRequest,
    WatchScansResponse, WatchScansStarted,
};
use chit_runtime::Channel;
use chit_runtime::{Context, error};
use chit_scanner::Config;
use serialport::{SerialPort as _, TTYPort};
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

use fake_media::{FakeMedia, Picture};

const DEADLINE: Duration = Duration::from_secs(20);

struct Desk {
    dir: tempfile::TempDir,
    link: PathBuf,
    client: ScannerServiceClient<Channel>,
    scanner: Context,
    contexts: Vec<Context>,
}

impl Desk {
    fn start(config: impl FnOnce(PathBuf) -> Config) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("handheld");
        let scanner = Context::sandbox_in("scanner", dir.path());
        let channel = chit_runtime::channel(&scanner.shared, "scanner");
        tokio::spawn(chit_scanner::run(scanner.clone(), config(link.clone())));
        let client = ScannerServiceClient::new(channel);
        Self { dir, link, client, contexts: vec![scanner.clone()], scanner }
    }

    fn with_handheld() -> Self {
        Self::start(|port| Config { port: Some(port), camera: false, ..Config::default() })
    }

    fn with_camera() -> Self {
        Self::start(|_| Config::default())
    }

    fn media(&mut self, picture: Picture) {
        let ctx = Context::sandbox_in("media-capture", self.dir.path());
        tokio::spawn(FakeMedia::serve(ctx.clone(), picture));
        self.contexts.push(ctx);
    }

    async fn plug(&self) -> TTYPort {
        let (device, line) = TTYPort::pair().unwrap();
        symlink(line.name().unwrap(), &self.link).unwrap();
        timeout(DEADLINE, async {
            while self.status().await.0 != SourceState::Ready {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .expect("the handheld is found");
        device
    }

    async fn status(&self) -> (SourceState, SourceState, u64) {
        let status = chit_runtime::call(DEADLINE, GetStatusRequest {}, |request| {
            let mut client = self.client.clone();
            async move { client.get_status(request).await }
        });
        let status = status.await.unwrap();
        (status.serial(), status.camera(), status.garbage_lines)
    }

    async fn watch(&self, epoch: &str, after_seq: u64) -> (WatchScansStarted, Streaming<WatchScansResponse>) {
        let request = WatchScansRequest { epoch: epoch.to_owned(), after_seq };
        let stream = chit_runtime::call(DEADLINE, request, |request| {
            let mut client = self.client.clone();
            async move { client.watch_scans(request).await }
        });
        let mut stream = stream.await.unwrap();
        match next(&mut stream).await {
            Event::Started(started) => (started, stream),
            _ => panic!("a stream begins with `started`"),
        }
    }

    async fn scan_camera(&self, ms: u64) -> Result<Scan, Status> {
        let time = Duration::from_millis(ms);
        let request = ScanCameraRequest { timeout: Some(time.try_into().unwrap()) };
        let scanned = chit_runtime::call(DEADLINE + time, request, |request| {
            let mut client = self.client.clone();
            async move { client.scan_camera(request).await }
        });
        scanned.await.map(|response| response.scan.unwrap())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.contexts.iter().for_each(|ctx| ctx.shutdown.trigger());
    }
}

async fn next(stream: &mut Streaming<WatchScansResponse>) -> Event {
    let response = timeout(DEADLINE, stream.message()).await.expect("an event within the deadline");
    response.unwrap().expect("the stream goes on").event.unwrap()
}

async fn next_scan(stream: &mut Streaming<WatchScansResponse>) -> Scan {
    match next(stream).await {
        Event::Scan(scan) => scan,
        other => panic!("{other:?} is no scan"),
    }
}

#[tokio::test]
async fn a_watcher_gets_scans_of_the_handheld_and_resumes_after_the_last_it_saw() {
    let desk = Desk::with_handheld();
    let mut device = desk.plug().await;
    let (started, mut stream) = desk.watch("", 0).await;
    assert_eq!(started.last_seq, 0);
    device.write_all(b"]E06901234567892\r").unwrap();
    let scan = next_scan(&mut stream).await;
    assert_eq!((scan.seq, scan.epoch.as_str()), (1, started.epoch.as_str()));
    assert_eq!((scan.data.as_slice(), scan.aim_identifier.as_str()), (b"6901234567892".as_slice(), "]E0"));
    assert_eq!((scan.source(), scan.engine.as_str()), (ScanSource::Serial, "handheld"));
    assert!(scan.time.is_some());
    assert_eq!(scan.symbol.unwrap().gtins, ["06901234567892"]);
    device.write_all(b"\x01\x02\r").unwrap();
    match next(&mut stream).await {
        Event::Refusal(refusal) => {
            assert_eq!((refusal.seq, refusal.reason.as_str()), (2, "CODE_NOT_TEXT"));
            assert!(refusal.remedy.contains("baud"), "{}", refusal.remedy);
        }
        other => panic!("{other:?} is no refusal"),
    }
    device.write_all(b"1234\r").unwrap();
    assert_eq!(next_scan(&mut stream).await.data, b"1234");
    assert_eq!(desk.status().await, (SourceState::Ready, SourceState::Off, 1));

    let (started, mut resumed) = desk.watch(&scan.epoch, 2).await;
    assert_eq!(started.last_seq, 3);
    assert_eq!(next_scan(&mut resumed).await.seq, 3);
    let (_, mut other_run) = desk.watch("01JZZZZZZZZZZZZZZZZZZZZZZZ", 1).await;
    device.write_all(b"5678\r").unwrap();
    assert_eq!(next_scan(&mut other_run).await.seq, 4, "of another run's numbers nothing is known");
}

#[tokio::test]
async fn a_stopping_scanner_tells_its_watchers_to_come_back() {
    let desk = Desk::with_handheld();
    let (_, mut stream) = desk.watch("", 0).await;
    desk.scanner.shutdown.trigger();
    let end = timeout(DEADLINE, stream.message()).await.unwrap().unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    assert_eq!(error::reason_of(&end).as_deref(), Some("SERVICE_STOPPING"));
}

#[tokio::test]
async fn a_code_before_the_camera_is_read_and_numbered() {
    let mut desk = Desk::with_camera();
    let payload = "31".repeat(118) + "7";
    desk.media(Picture::of_code(payload.as_bytes()));
    let scan = desk.scan_camera(15_000).await.unwrap();
    assert_eq!(scan.data, payload.as_bytes());
    assert_eq!((scan.source(), scan.engine.as_str(), scan.seq), (ScanSource::Camera, "rxing", 1));
    assert_eq!(desk.status().await, (SourceState::Off, SourceState::Ready, 0));
}

#[tokio::test]
async fn a_camera_that_sees_no_code_says_so_when_the_time_is_up() {
    let mut desk = Desk::with_camera();
    desk.media(Picture::empty());
    let refused = desk.scan_camera(1500).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    assert_eq!(error::reason_of(&refused).as_deref(), Some("NO_CODE_SEEN"));
    assert!(refused.message().contains("hold the code closer"), "{}", refused.message());
}

#[tokio::test]
async fn without_frames_the_camera_is_unavailable_and_an_old_frame_proves_nothing() {
    let mut desk = Desk::with_camera();
    let refused = desk.scan_camera(300).await.unwrap_err();
    assert_eq!(error::reason_of(&refused).as_deref(), Some("CAMERA_UNAVAILABLE"));
    assert_eq!(desk.status().await.1, SourceState::Absent);
    desk.media(Picture::of_code(b"OLD").taken_long_ago());
    let refused = desk.scan_camera(1500).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(error::reason_of(&refused).as_deref(), Some("CAMERA_UNAVAILABLE"));
}

#[tokio::test]
async fn looking_goes_on_over_a_restart_of_media_capture() {
    let mut desk = Desk::with_camera();
    let looking = desk.client.clone();
    let time = Some(Duration::from_secs(15).try_into().unwrap());
    let looking = tokio::spawn(async move {
        let mut client = looking;
        client.scan_camera(ScanCameraRequest { timeout: time }).await
    });
    desk.media(Picture::of_code(b"HELLO"));
    let scan = looking.await.unwrap().unwrap().into_inner().scan.unwrap();
    assert_eq!(scan.data, b"HELLO");
}

#[tokio::test]
async fn a_timeout_out_of_range_names_the_field() {
    let desk = Desk::with_camera();
    for ms in [99, 30_001] {
        let refused = desk.scan_camera(ms).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(error::reason_of(&refused).as_deref(), Some("TIMEOUT_INVALID"));
        assert!(refused.message().starts_with("timeout: "), "{}", refused.message());
    }
}

#[tokio::test]
async fn a_camera_that_is_switched_off_is_not_looked_through() {
    let desk = Desk::with_handheld();
    let refused = desk.scan_camera(1000).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("camera = true"), "{}", refused.message());
}
