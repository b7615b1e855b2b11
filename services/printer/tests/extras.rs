//! Pictures of papers, printers that never answer, and what is asked of the printer between papers.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use chit_proto::printer::v1 as proto;
use proto::{Confidence, JobState, PreviewFormat, PrinterCondition};
use support::peer::{Manner, Peer, WELL};
use support::{House, Nowhere, PATIENCE, paper};

const JOB: &str = "01JDJ0B0000000000000000001";

fn reason(status: &tonic::Status) -> String {
    chit_runtime::error::reason_of(status).unwrap()
}

fn kick(request_id: &str) -> proto::KickDrawerRequest {
    proto::KickDrawerRequest {
        request_id: request_id.into(),
        reason: "change".into(),
        actor: "li".into(),
        ..Default::default()
    }
}

/// By rqrr, from the picture's grey values.
fn qr_of(png: &[u8]) -> String {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut grey = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut grey).unwrap();
    let width = frame.width as usize;
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(width, frame.height as usize, |x, y| grey[y * width + x]);
    image.detect_grids()[0].decode().unwrap().1
}

#[tokio::test]
async fn a_preview_is_a_picture_whose_qr_can_be_read_on_both_papers() {
    let nowhere = Nowhere::new();
    let mut house = House::start(&nowhere.address, "").await;
    for columns in [32, 48] {
        let request = proto::RenderPreviewRequest {
            document: Some(paper::sale()),
            format: PreviewFormat::Png.into(),
            columns,
        };
        let preview = house.client.render_preview(request).await.unwrap().into_inner();
        assert_eq!(qr_of(&preview.png), "CHIT1:ABC");
        assert!(preview.text.lines().all(|line| line.chars().count() <= columns as usize));
    }
    let request =
        proto::RenderPreviewRequest { document: Some(paper::sale()), columns: 12, ..Default::default() };
    assert_eq!(reason(&house.client.render_preview(request).await.unwrap_err()), "COLUMNS_INVALID");
    house.stop().await;
}

#[tokio::test]
async fn a_mute_printer_gets_the_paper_and_only_the_sending_is_claimed() {
    let peer = Peer::start(Manner { holds_data: true, ..WELL }).await;
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start_with(dir, &peer.address, "profile = \"mute-80\"").await;
    house.submit(JOB, paper::sale()).await.unwrap();
    let job = house.until(JOB, JobState::Printed).await;
    assert_eq!(job.confidence(), Confidence::SentOnly);
    house.stop().await;
}

#[tokio::test]
async fn a_goods_name_cannot_command_the_printer() {
    let peer = Peer::start(WELL).await;
    let mut house = House::start(&peer.address, "process_id = true").await;
    let mut evil = paper::sale();
    if let Some(proto::document::Content::Sale(sale)) = &mut evil.content {
        // Open the drawer, cut, clear the buffers, end the Chinese mode.
        sale.lines[0].description =
            "茶\x1bp\x00\x19\x7d\x1dV\x00\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08\x1c.茶".into();
        sale.cashier = "Li\x10\x04\x01".into();
    }
    house.submit(JOB, evil).await.unwrap();
    house.until(JOB, JobState::Printed).await;
    let sent = peer.connections().concat();
    let has = |part: &[u8]| sent.windows(part.len()).any(|window| window == part);
    assert!(!has(b"\x1bp") && !has(b"\x1dV\x00") && !has(&[0x10, 0x14]));
    assert_eq!(peer.papers().len(), 1);
    house.stop().await;
}

#[tokio::test]
async fn the_drawer_stays_shut_without_a_printer_and_while_a_paper_is_on_its_way() {
    let nowhere = Nowhere::new();
    let mut away = House::start(&nowhere.address, "").await;
    let refused = away.client.kick_drawer(kick("r1")).await.unwrap_err();
    assert_eq!(reason(&refused), "PRINTER_OFFLINE");
    away.stop().await;

    let peer = Peer::start(Manner { holds_data: true, ..WELL }).await;
    let mut house = House::start(&peer.address, "process_id = true").await;
    house.submit(JOB, paper::sale()).await.unwrap();
    house.until(JOB, JobState::AwaitingFence).await;
    let refused = house.client.kick_drawer(kick("r1")).await.unwrap_err();
    assert_eq!(reason(&refused), "PRINTER_BUSY");
    peer.set(WELL);
    house.until(JOB, JobState::Printed).await;
    house.client.kick_drawer(kick("r1")).await.unwrap();
    house.client.kick_drawer(kick("r1")).await.unwrap();
    let pulses =
        || peer.connections().concat().windows(5).filter(|five| *five == [0x1b, 0x70, 0, 25, 250]).count();
    let opened = async {
        while pulses() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, opened).await.unwrap();
    assert_eq!(pulses(), 1);
    let bad = proto::KickDrawerRequest { pin: 3, ..kick("r2") };
    assert_eq!(reason(&house.client.kick_drawer(bad).await.unwrap_err()), "PULSE_INVALID");
    house.stop().await;
}

#[tokio::test]
async fn the_status_names_the_profile_and_counts_the_paper() {
    let peer = Peer::start(WELL).await;
    let mut house = House::start(&peer.address, "process_id = true").await;
    house.submit(JOB, paper::sale()).await.unwrap();
    house.until(JOB, JobState::Printed).await;
    let get = proto::GetStatusRequest {};
    let status = house.client.get_status(get).await.unwrap().into_inner().status.unwrap();
    assert_eq!((status.condition(), status.profile.as_str()), (PrinterCondition::Ready, "generic-80"));
    assert!((60..200).contains(&status.printed_mm), "{} mm", status.printed_mm);
    let change = proto::RecordRollChangeRequest { request_id: "roll".into(), actor: "li".into() };
    house.client.record_roll_change(change).await.unwrap();
    let status = house.client.get_status(get).await.unwrap().into_inner().status.unwrap();
    assert!(status.printed_mm == 0 && status.roll_change_time.is_some());
    house.stop().await;
}
