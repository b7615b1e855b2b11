//! The whole service over its socket, with a printer at the far end of TCP.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use chit_proto::printer::v1 as proto;
use proto::{Confidence, InDoubtOutcome, JobEventKind, JobState, PrinterCondition};
use support::peer::{Manner, Peer, WELL};
use support::{House, Nowhere, PATIENCE, is_on_disk, paper};

const JOB: &str = "01JDJ0B0000000000000000001";
const COPY: &str = "01JDJ0B0000000000000000002";
const OTHER: &str = "01JDJ0B0000000000000000003";

fn reason(status: &tonic::Status) -> String {
    chit_runtime::error::reason_of(status).unwrap()
}

fn count(papers: &[String], mark: &str) -> usize {
    papers.iter().filter(|paper| paper.contains(mark)).count()
}

#[tokio::test]
async fn a_receipt_is_printed_once_and_its_events_come_in_order() {
    let peer = Peer::start(WELL).await;
    let mut house = House::start(&peer.address, "process_id = true").await;
    let first = house.submit(JOB, paper::sale()).await.unwrap();
    assert_eq!(first.job_id, JOB);
    let events = house.watch_to_the_end(JOB).await;
    let kinds: Vec<_> = events
        .iter()
        .map(|event| (event.kind(), event.job.as_ref().unwrap().state()))
        .filter(|(_, state)| *state != JobState::Blocked)
        .collect();
    let expected = [
        (JobEventKind::State, JobState::Queued),
        (JobEventKind::State, JobState::Sending),
        (JobEventKind::FirstByte, JobState::Sending),
        (JobEventKind::LastByte, JobState::Sending),
        (JobEventKind::State, JobState::AwaitingFence),
        (JobEventKind::Fence, JobState::Printed),
    ];
    assert_eq!(kinds, expected);
    assert!(events.windows(2).all(|pair| pair[0].revision + 1 == pair[1].revision));
    assert!(events.windows(2).all(|pair| pair[0].monotonic_ns <= pair[1].monotonic_ns));
    let done = events.last().unwrap().job.clone().unwrap();
    assert_eq!(done.confidence(), Confidence::ProcessId);
    assert!(done.original_may_exist && done.content_sha256.len() == 32);

    assert_eq!(house.submit(JOB, paper::sale()).await.unwrap(), done);
    let other = house.submit(JOB, paper::code_card()).await.unwrap_err();
    assert_eq!(reason(&other), "CODE_CARD_OVER_NETWORK");
    let mut changed = paper::sale();
    changed.language = proto::Language::ZhCn.into();
    let other = house.submit(JOB, changed).await.unwrap_err();
    assert_eq!(
        (other.code(), reason(&other).as_str()),
        (tonic::Code::AlreadyExists, "JOB_EXISTS_WITH_DIFFERENT_BODY")
    );
    let papers = peer.papers();
    assert_eq!(papers.len(), 1);
    assert!(papers[0].contains("ORIGINAL") && papers[0].contains("PRACTICE"));
    house.stop().await;
}

#[tokio::test]
async fn a_copy_says_so_and_has_a_limit() {
    let peer = Peer::start(WELL).await;
    let mut house = House::start(&peer.address, "process_id = true\ncopies_max = 1").await;
    house.submit(JOB, paper::sale()).await.unwrap();
    house.until(JOB, JobState::Printed).await;
    let copy = house.reprint(COPY, JOB).await.unwrap();
    assert_eq!((copy.copy_number, copy.original_job_id.as_str()), (1, JOB));
    house.until(COPY, JobState::Printed).await;
    assert_eq!(house.reprint(COPY, JOB).await.unwrap().job_id, COPY);
    let refused = house.reprint(OTHER, JOB).await.unwrap_err();
    assert_eq!(reason(&refused), "COPY_LIMIT_REACHED");
    let papers = peer.papers();
    assert_eq!((count(&papers, "ORIGINAL"), count(&papers, "COPY 1"), papers.len()), (1, 1, 2));
    house.stop().await;
}

#[tokio::test]
async fn without_paper_no_byte_is_sent_and_the_job_goes_on_by_itself() {
    let peer = Peer::start(Manner { paper_out: true, ..WELL }).await;
    let mut house = House::start(&peer.address, "process_id = true").await;
    house.submit(JOB, paper::sale()).await.unwrap();
    let seen = house
        .watch(JOB, |event| event.job.as_ref().unwrap().blocked_reason() == PrinterCondition::PaperOut)
        .await;
    assert_eq!(seen.last().unwrap().job.as_ref().unwrap().state(), JobState::Blocked);
    let sent = peer.connections().concat();
    assert!(!sent.windows(8).any(|part| part == b"ORIGINAL"));
    peer.set(WELL);
    house.until(JOB, JobState::Printed).await;
    assert_eq!(count(&peer.papers(), "ORIGINAL"), 1);
    house.stop().await;
}

#[tokio::test]
async fn a_waiting_job_can_be_cancelled_and_a_sent_one_not() {
    let peer = Peer::start(Manner { paper_out: true, ..WELL }).await;
    let mut house = House::start(&peer.address, "process_id = true").await;
    house.submit(JOB, paper::sale()).await.unwrap();
    let cancel = |request_id: &str, job_id: &str| proto::CancelJobRequest {
        request_id: request_id.into(),
        job_id: job_id.into(),
    };
    let job = house.client.cancel_job(cancel("r1", JOB)).await.unwrap().into_inner().job.unwrap();
    assert_eq!(job.state(), JobState::Cancelled);
    let again = house.client.cancel_job(cancel("r1", JOB)).await.unwrap().into_inner().job.unwrap();
    assert_eq!(again, job);
    peer.set(WELL);
    house.submit(OTHER, paper::sale()).await.unwrap();
    house.until(OTHER, JobState::Printed).await;
    let refused = house.client.cancel_job(cancel("r2", OTHER)).await.unwrap_err();
    assert_eq!(reason(&refused), "JOB_NOT_CANCELLABLE");
    assert_eq!(peer.papers().len(), 1);
    house.stop().await;
}

#[tokio::test]
async fn paper_out_amid_a_job_waits_for_the_printer_to_resume() {
    let peer = Peer::start(Manner { holds_data: true, ..WELL }).await;
    let mut house = House::start(&peer.address, "process_id = true\nfence_timeout_s = 1").await;
    let mut statuses = house.client.watch_status(proto::WatchStatusRequest {}).await.unwrap().into_inner();
    house.submit(JOB, paper::sale()).await.unwrap();
    house.until(JOB, JobState::AwaitingFence).await;
    peer.set(Manner { paper_out: true, holds_data: true, ..WELL });
    let told = async {
        loop {
            let status = statuses.message().await.unwrap().unwrap().status.unwrap();
            if status.condition() == PrinterCondition::PaperOut && status.printing {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, told).await.unwrap();
    peer.set(WELL);
    house.until(JOB, JobState::Printed).await;
    assert_eq!(count(&peer.papers(), "ORIGINAL"), 1);
    house.stop().await;
}

#[tokio::test]
async fn a_job_lost_on_its_way_is_in_doubt_and_comes_again_only_as_a_copy() {
    let peer = Peer::start(Manner { holds_data: true, ..WELL }).await;
    let mut house = House::start(&peer.address, "process_id = true").await;
    house.submit(JOB, paper::sale()).await.unwrap();
    house.until(JOB, JobState::AwaitingFence).await;
    peer.set(WELL);
    peer.hang_up();
    let doubt = house.until(JOB, JobState::InDoubt).await;
    assert!(doubt.original_may_exist);
    house.submit(OTHER, paper::sale()).await.unwrap();
    house.until(OTHER, JobState::Printed).await;
    // The first thing said after the reconnection is "clear your buffers".
    assert!(peer.connections()[1].starts_with(&[0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8]));

    let again = house.resolve(JOB, InDoubtOutcome::NotPrinted).await;
    assert_eq!((again.copy_number, again.copies, again.original_may_exist), (1, 1, false));
    house.until(JOB, JobState::Printed).await;
    assert!(count(&peer.papers(), "COPY 1") == 1);
    house.stop().await;
}

#[tokio::test]
async fn a_stop_amid_a_job_leaves_it_in_doubt_for_the_next_start() {
    let peer = Peer::start(Manner { holds_data: true, ..WELL }).await;
    let mut house = House::start(&peer.address, "process_id = true").await;
    house.submit(JOB, paper::sale()).await.unwrap();
    house.until(JOB, JobState::AwaitingFence).await;
    let dir = house.stop().await;
    peer.set(WELL);
    let mut house = House::start_in(dir, &peer.address, "process_id = true").await;
    let get = proto::GetJobRequest { job_id: JOB.into() };
    let job = house.client.get_job(get).await.unwrap().into_inner().job.unwrap();
    assert_eq!(job.state(), JobState::InDoubt);
    house.resolve(JOB, InDoubtOutcome::NotPrinted).await;
    house.until(JOB, JobState::Printed).await;
    let papers = peer.papers();
    assert_eq!((count(&papers, "ORIGINAL"), count(&papers, "COPY 1")), (0, 1));
    house.stop().await;
}

#[tokio::test]
async fn a_code_card_goes_over_no_network_unless_the_owner_allows_it() {
    let peer = Peer::start(WELL).await;
    let mut house = House::start(&peer.address, "process_id = true").await;
    let refused = house.submit(JOB, paper::code_card()).await.unwrap_err();
    assert_eq!(reason(&refused), "CODE_CARD_OVER_NETWORK");
    assert_eq!(count(&peer.papers(), paper::ROW_CODE), 0);
    house.stop().await;
}

#[tokio::test]
async fn a_code_card_is_printed_and_leaves_no_trace() {
    let peer = Peer::start(WELL).await;
    let keys = "process_id = true\ncode_card_over_network = true";
    let mut house = House::start(&peer.address, keys).await;
    house.submit(JOB, paper::code_card()).await.unwrap();
    let done = house.until(JOB, JobState::Printed).await;
    assert!(done.content_sha256.is_empty());
    assert_eq!(house.submit(JOB, paper::code_card()).await.unwrap(), done);
    assert_eq!(count(&peer.papers(), paper::ROW_CODE), 1);
    let refused = house.reprint(COPY, JOB).await.unwrap_err();
    assert_eq!(reason(&refused), "JOB_CONTENT_NOT_KEPT");
    let preview = proto::RenderPreviewRequest { document: Some(paper::code_card()), ..Default::default() };
    let refused = house.client.render_preview(preview).await.unwrap_err();
    assert_eq!(reason(&refused), "DOCUMENT_INVALID");
    let dir = house.stop().await;
    assert!(is_on_disk(dir.path(), JOB.as_bytes()));
    assert!(!is_on_disk(dir.path(), paper::ROW_CODE.as_bytes()));
}

#[tokio::test]
async fn a_printer_without_process_ids_confirms_by_the_fence() {
    let peer = Peer::start(Manner { echoes_ids: false, ..WELL }).await;
    let mut house = House::start(&peer.address, "process_id = true\nfence_timeout_s = 1").await;
    house.submit(JOB, paper::sale()).await.unwrap();
    let job = house.until(JOB, JobState::Printed).await;
    assert_eq!(job.confidence(), Confidence::Fence);
    house.stop().await;
}

#[tokio::test]
async fn without_a_printer_jobs_wait_and_the_preview_still_works() {
    let nowhere = Nowhere::new();
    let mut house = House::start(&nowhere.address, "").await;
    house.submit(JOB, paper::sale()).await.unwrap();
    house.watch(JOB, |event| event.job.as_ref().unwrap().blocked_reason() == PrinterCondition::Offline).await;
    let status =
        house.client.get_status(proto::GetStatusRequest {}).await.unwrap().into_inner().status.unwrap();
    assert_eq!((status.condition(), status.jobs_waiting), (PrinterCondition::Offline, 1));
    let preview = proto::RenderPreviewRequest { document: Some(paper::sale()), ..Default::default() };
    let text = house.client.render_preview(preview).await.unwrap().into_inner().text;
    assert!(text.contains("茉莉花茶@ 500 ml") && text.contains("not charged yet"), "{text}");
    let list = proto::ListJobsRequest { subject_id: "sale-1".into(), ..Default::default() };
    assert_eq!(house.client.list_jobs(list).await.unwrap().into_inner().jobs.len(), 1);
    house.stop().await;
}
