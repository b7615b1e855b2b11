//! Printers that cannot do all that Epson's can.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use chit_proto::printer::v1 as proto;
use proto::{Confidence, JobState, PrinterCondition};
use support::House;
use support::paper;
use support::peer::{Manner, Peer, WELL};

const JOB: &str = "01JDJ0B0000000000000000001";
const OTHER: &str = "01JDJ0B0000000000000000003";

/// As the one for any printer, but fast: a test does not wait for paper.
const FAST: &str = r#"
[[profile]]
name = "fast"
models = []
dots = 576
columns = 48
dpi = 203
cut = "partial"
process_id = false
answers = true
near_end_high = true
buffer_bytes = 4096
strip_height = 24
chinese = "gbk"
qr = "raster"
beeper = "none"
logo_memory = "none"
real_time_switch = false
speed_mm_s = 1000
"#;

async fn house(peer: &Peer) -> House {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("printers.toml");
    std::fs::write(&table, FAST).unwrap();
    let keys = format!("profile = \"fast\"\nprofiles = \"{}\"", table.display());
    House::start_with(dir, &peer.address, &keys).await
}

#[tokio::test]
async fn a_printer_that_answers_no_status_request_still_confirms_its_papers() {
    let peer = Peer::start(Manner { no_status: true, ..WELL }).await;
    let mut house = house(&peer).await;
    for id in [JOB, OTHER] {
        house.submit(id, paper::sale()).await.unwrap();
        let printed = house.until(id, JobState::Printed).await;
        assert_eq!(printed.confidence(), Confidence::Idle);
    }
    assert_eq!(peer.papers().len(), 2);
}

/// Its paper runs out amid the job: that is no "printed", before the change of the roll nor by itself.
#[tokio::test]
async fn a_printer_without_status_requests_that_runs_out_of_paper_is_waited_for() {
    let peer = Peer::start(Manner { no_status: true, ..WELL }).await;
    let mut house = house(&peer).await;
    house.submit(JOB, paper::sale()).await.unwrap();
    house.until(JOB, JobState::AwaitingFence).await;
    peer.set(Manner { no_status: true, paper_out: true, ..WELL });
    let mut status = house.client.watch_status(proto::WatchStatusRequest {}).await.unwrap().into_inner();
    while status.message().await.unwrap().unwrap().status.unwrap().condition() != PrinterCondition::PaperOut {
    }
    let job = proto::GetJobRequest { job_id: JOB.into() };
    let waits = house.client.get_job(job).await.unwrap().into_inner().job.unwrap();
    assert_eq!(waits.state(), JobState::AwaitingFence);
    peer.set(Manner { no_status: true, ..WELL });
    assert_eq!(house.until(JOB, JobState::Printed).await.confidence(), Confidence::Idle);
}

#[tokio::test]
async fn a_status_of_three_bytes_swallows_no_answer() {
    let peer = Peer::start(Manner { short_status: true, ..WELL }).await;
    let mut house = house(&peer).await;
    for (id, paper_out) in [(JOB, false), (OTHER, true)] {
        if paper_out {
            peer.set(Manner { short_status: true, paper_out, ..WELL });
        }
        house.submit(id, paper::sale()).await.unwrap();
        if paper_out {
            house.until(id, JobState::Blocked).await;
            peer.set(Manner { short_status: true, ..WELL });
        }
        assert_eq!(house.until(id, JobState::Printed).await.confidence(), Confidence::Fence);
    }
    assert_eq!(peer.papers().len(), 2);
}
