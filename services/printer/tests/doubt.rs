//! Papers of which nobody knows how much came out, and what waits behind them.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use chit_proto::printer::v1 as proto;
use proto::{Confidence, InDoubtOutcome, JobState, PrinterCondition};
use support::peer::{Manner, Peer, WELL};
use support::{House, is_on_disk, paper};

const JOB: &str = "01JDJ0B0000000000000000001";
const OTHER: &str = "01JDJ0B0000000000000000003";
const CARDS: &str = "process_id = true\ncode_card_over_network = true";
/// `DLE DC4` fn 8.
const CLEAR: &[u8] = &[0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];

fn reason(status: &tonic::Status) -> String {
    chit_runtime::error::reason_of(status).unwrap()
}

#[tokio::test]
async fn a_printer_that_cannot_clear_its_buffers_waits_for_a_person() {
    let peer = Peer::start(Manner { holds_data: true, knows_clear: false, ..WELL }).await;
    let mut house = House::start(&peer.address, "process_id = true").await;
    house.submit(JOB, paper::sale()).await.unwrap();
    house.until(JOB, JobState::AwaitingFence).await;
    peer.set(Manner { knows_clear: false, ..WELL });
    peer.hang_up();
    house.until(JOB, JobState::InDoubt).await;
    house.submit(OTHER, paper::sale()).await.unwrap();
    house.watch(OTHER, |event| event.job.as_ref().unwrap().blocked_reason() == PrinterCondition::Error).await;
    let kick = proto::KickDrawerRequest {
        request_id: "r1".into(),
        reason: "change".into(),
        actor: "li".into(),
        ..Default::default()
    };
    let refused = house.client.kick_drawer(kick).await.unwrap_err();
    assert_eq!(reason(&refused), "PRINTER_OFFLINE", "its bytes would end in the paper that is in doubt");
    house.resolve(JOB, InDoubtOutcome::PrintedWhole).await;
    let job = house.until(JOB, JobState::Printed).await;
    assert_eq!(job.confidence(), Confidence::Operator);
    house.until(OTHER, JobState::Printed).await;
    house.stop().await;
}

#[tokio::test]
async fn a_code_card_lost_amid_sending_is_cleared_before_the_next_paper_and_never_sent_again() {
    let peer = Peer::start(Manner { holds_data: true, ..WELL }).await;
    let mut house = House::start(&peer.address, CARDS).await;
    house.submit(JOB, paper::code_card()).await.unwrap();
    house.until(JOB, JobState::AwaitingFence).await;
    peer.set(WELL);
    peer.hang_up();
    house.until(JOB, JobState::InDoubt).await;
    house.submit(OTHER, paper::sale()).await.unwrap();
    house.until(OTHER, JobState::Printed).await;
    assert!(peer.connections()[1].starts_with(CLEAR), "its rows could come out with the next paper");
    let lost = house.resolve(JOB, InDoubtOutcome::NotPrinted).await;
    assert_eq!((lost.state(), lost.failure_reason.as_str()), (JobState::Failed, "CONTENT_LOST"));
    assert_eq!(peer.papers().iter().filter(|paper| paper.contains(paper::ROW_CODE)).count(), 0);
    let dir = house.stop().await;
    assert!(!is_on_disk(dir.path(), paper::ROW_CODE.as_bytes()));
}

#[tokio::test]
async fn a_code_card_that_a_stop_cut_off_is_in_doubt_and_cleared_at_the_next_start() {
    let peer = Peer::start(Manner { holds_data: true, ..WELL }).await;
    let mut house = House::start(&peer.address, CARDS).await;
    house.submit(JOB, paper::code_card()).await.unwrap();
    house.until(JOB, JobState::AwaitingFence).await;
    let dir = house.stop().await;
    peer.set(WELL);
    let mut house = House::start_in(dir, &peer.address, CARDS).await;
    house.until(JOB, JobState::InDoubt).await;
    house.submit(OTHER, paper::sale()).await.unwrap();
    house.until(OTHER, JobState::Printed).await;
    assert!(peer.connections()[1].starts_with(CLEAR));
    house.stop().await;
}
