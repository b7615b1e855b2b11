//! Answers that come too late: what was asked for one paper confirms no other.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use chit_proto::printer::v1 as proto;
use proto::{Confidence, JobState};
use support::peer::{Manner, Peer, WELL};
use support::{House, paper};

const JOB: &str = "01JDJ0B0000000000000000001";
const NEXT: &str = "01JDJ0B0000000000000000002";
/// `GS ( H` fn 48, before its four characters.
const PROCESS_ID: &[u8] = &[0x1d, 0x28, 0x48, 6, 0, 48, 48];

#[tokio::test]
async fn a_late_echo_of_the_paper_before_confirms_nothing() {
    let peer = Peer::start(WELL).await;
    let mut house = House::start(&peer.address, "process_id = true").await;
    house.submit(JOB, paper::sale()).await.unwrap();
    house.until(JOB, JobState::Printed).await;
    let sent = peer.connections().concat();
    let at = sent.windows(PROCESS_ID.len()).position(|part| part == PROCESS_ID).unwrap() + PROCESS_ID.len();
    peer.set(Manner { holds_data: true, ..WELL });
    house.submit(NEXT, paper::sale()).await.unwrap();
    house.until(NEXT, JobState::AwaitingFence).await;
    // The echo, and a status behind it, by which it is known that the echo was heard.
    peer.say(&[&[0x37, 0x22][..], &sent[at..at + 4], &[0], &[0x14, 0, 0x03, 0]].concat());
    let heard = async {
        loop {
            let answer = house.client.clone().get_status(proto::GetStatusRequest {}).await.unwrap();
            if answer.into_inner().status.unwrap().paper_near_end {
                break;
            }
        }
    };
    tokio::time::timeout(support::PATIENCE, heard).await.unwrap();
    house.until(NEXT, JobState::AwaitingFence).await;
    let job = house.client.get_job(proto::GetJobRequest { job_id: NEXT.into() }).await.unwrap();
    assert_eq!(job.into_inner().job.unwrap().state(), JobState::AwaitingFence);
    peer.set(WELL);
    assert_eq!(house.until(NEXT, JobState::Printed).await.confidence(), Confidence::ProcessId);
    house.stop().await;
}

#[tokio::test]
async fn late_status_answers_of_a_printed_paper_do_not_pass_for_the_next_one_s() {
    let peer = Peer::start(Manner { keeps_fences: true, ..WELL }).await;
    let mut house = House::start(&peer.address, "process_id = true\nfence_timeout_s = 1").await;
    house.submit(JOB, paper::sale()).await.unwrap();
    house.until(JOB, JobState::Printed).await;
    peer.set(Manner { holds_data: true, keeps_fences: true, ..WELL });
    house.submit(NEXT, paper::sale()).await.unwrap();
    house.until(NEXT, JobState::AwaitingFence).await;
    // The two answers come now; the second paper itself is lost.
    peer.set(Manner { holds_data: true, ..WELL });
    let job = house.until(NEXT, JobState::InDoubt).await;
    assert_eq!(job.state(), JobState::InDoubt);
    house.stop().await;
}
