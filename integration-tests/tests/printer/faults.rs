//! One fault each: the job ends as it should, and never twice on paper.

use std::time::Duration;

use chit_integration_tests::printer_proof::papers;
use chit_proto::printer::v1::{
    BeepRequest, Confidence, CutPaperRequest, FeedPaperRequest, InDoubtOutcome, JobState, KickDrawerRequest,
    PrinterCondition, RecordRollChangeRequest,
};

use crate::{Bench, Way};

fn new_id() -> String {
    ulid::Ulid::generate().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_cut_amid_a_receipt_leaves_doubt_and_then_one_copy() {
    let Some(mut bench) = Bench::start(Way::Proxy, "").await else { return };
    bench.proxy.knobs().cut_after = Some(400);
    let job_id = new_id();
    bench.service.submit(&job_id, &papers::english("R000001")).await.unwrap();
    let job = bench.service.settled(&job_id).await.unwrap();
    assert_eq!(job.state(), JobState::InDoubt);
    bench.service.until_status(|status| status.condition() == PrinterCondition::Ready).await.unwrap();
    bench.service.resolve(&job, InDoubtOutcome::NotPrinted).await.unwrap();
    let job = bench.service.settled(&job_id).await.unwrap();
    assert_eq!((job.state(), job.copy_number), (JobState::Printed, 1));
    bench.service.until_status(|status| !status.printing).await.unwrap();
    let (_, after) = bench.print(&papers::english("R000002"), "R000002").await;
    assert!(after.is_original());
    let papers = bench.counter.look(&bench.emupos.receipts).unwrap();
    let of_it: Vec<_> = papers.iter().filter(|paper| paper.is_of("R000001")).collect();
    assert!(of_it.iter().filter(|paper| paper.is_original()).count() <= 1);
    assert!(of_it.iter().any(|paper| paper.text.contains("COPY 1") && paper.is_whole()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stray_and_late_answers_confirm_nothing() {
    let Some(mut bench) = Bench::start(Way::Proxy, "fence_timeout_s = 2").await else { return };
    // An unsolicited status byte, a foreign process id, an acknowledged clear.
    bench.proxy.knobs().stray = vec![0x00, 0x37, 0x22, b'Z', b'Z', b'Z', b'Z', 0, 0x37, 0x25, 0];
    bench.proxy.knobs().late = Duration::from_millis(150);
    let (job, paper) = bench.print(&papers::english("R000001"), "R000001").await;
    assert_eq!(job.confidence(), Confidence::ProcessId);
    assert!(paper.is_whole());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_printer_without_process_ids_confirms_by_two_fences() {
    let Some(mut bench) = Bench::start(Way::Proxy, "process_id = false").await else { return };
    bench.proxy.knobs().knows_process_ids = false;
    bench.proxy.knobs().bytes_per_ms = 50;
    bench.proxy.knobs().buffer_bytes = 256;
    let (job, paper) = bench.print(&papers::english("R000001"), "R000001").await;
    assert_eq!(job.confidence(), Confidence::Fence);
    assert!(paper.is_whole());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_paper_nothing_is_sent_and_near_end_only_warns() {
    let Some(mut bench) = Bench::start(Way::Proxy, "").await else { return };
    bench.emupos.fault("paper-out", true).unwrap();
    bench.service.until_status(|status| status.condition() == PrinterCondition::PaperOut).await.unwrap();
    let job_id = new_id();
    bench.service.submit(&job_id, &papers::english("R000001")).await.unwrap();
    bench.emupos.fault("paper-near-end", true).unwrap();
    bench.emupos.fault("paper-out", false).unwrap();
    let job = bench.service.settled(&job_id).await.unwrap();
    assert_eq!(job.state(), JobState::Printed);
    let status = bench.service.until_status(|status| status.paper_near_end).await.unwrap();
    assert_eq!(status.condition(), PrinterCondition::Ready, "near end warns only");
    assert_eq!(status.model, "TM-T20III");
    assert!(bench.last_paper("R000001").await.is_whole());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_printer_that_never_reads_confirms_nothing_and_gets_one_paper_in_the_end() {
    let Some(mut bench) = Bench::start(Way::Proxy, "fence_timeout_s = 1").await else { return };
    bench.proxy.knobs().never_reads = true;
    let job_id = new_id();
    bench.service.submit(&job_id, &papers::english("R000002")).await.unwrap();
    bench.service.until_status(|status| status.condition() == PrinterCondition::Offline).await.unwrap();
    assert_ne!(bench.service.job(&job_id).await.unwrap().state(), JobState::Printed);
    bench.proxy.knobs().never_reads = false;
    let mut job = bench.service.settled(&job_id).await.unwrap();
    if job.state() == JobState::InDoubt {
        // What lay in the link's buffers has come out, or not, when the printer is there again.
        bench.service.until_status(|status| status.condition() == PrinterCondition::Ready).await.unwrap();
        let papers = bench.counter.look(&bench.emupos.receipts).unwrap();
        let whole = papers.iter().any(|paper| paper.is_of("R000002") && paper.is_whole());
        let outcome = if whole { InDoubtOutcome::PrintedWhole } else { InDoubtOutcome::NotPrinted };
        bench.service.resolve(&job, outcome).await.unwrap();
        job = bench.service.settled(&job_id).await.unwrap();
    }
    assert_eq!(job.state(), JobState::Printed);
    assert!(bench.last_paper("R000002").await.is_whole());
    let papers = bench.counter.look(&bench.emupos.receipts).unwrap();
    assert_eq!(papers.iter().filter(|paper| paper.is_of("R000002") && paper.is_whole()).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drawer_feed_cut_and_the_roll_are_journaled_and_done_once() {
    let Some(bench) = Bench::start(Way::Proxy, "").await else { return };
    let mut client = bench.service.client.clone();
    let kick = KickDrawerRequest {
        request_id: "kick-1".into(),
        reason: "change".into(),
        actor: "li".into(),
        ..Default::default()
    };
    let before = bench.service.status().await.unwrap().drawer_signal_high;
    let first = client.kick_drawer(kick.clone()).await.unwrap().into_inner();
    bench.service.until_status(|status| status.drawer_signal_high != before).await.unwrap();
    assert_eq!(client.kick_drawer(kick.clone()).await.unwrap().into_inner(), first);
    let other = KickDrawerRequest { reason: "curiosity".into(), ..kick };
    let refused = client.kick_drawer(other).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::AlreadyExists);

    let feed = FeedPaperRequest { request_id: "feed-1".into(), actor: "li".into(), lines: 10 };
    client.feed_paper(feed).await.unwrap();
    let cut = CutPaperRequest { request_id: "cut-1".into(), actor: "li".into() };
    client.cut_paper(cut).await.unwrap();
    assert!(bench.service.status().await.unwrap().printed_mm > 30);
    let change = RecordRollChangeRequest { request_id: "roll-1".into(), actor: "li".into() };
    client.record_roll_change(change).await.unwrap();
    let status = bench.service.status().await.unwrap();
    assert!(status.printed_mm == 0 && status.roll_change_time.is_some());
    let beep = BeepRequest { request_id: "beep-1".into(), actor: "li".into(), times: 1 };
    let refused = client.beep(beep).await.unwrap_err();
    assert_eq!(chit_runtime::error::reason_of(&refused).as_deref(), Some("NOT_BUILT_IN"));
}
