//! A few kills in every run of the tests; `just crash-printer` makes a thousand.

use chit_integration_tests::house::program;
use chit_integration_tests::printer_proof::{emupos, kill_run::KillRun};

const KILLS: u64 = 20;
const SEED: u64 = 42;

async fn killed(process_ids: bool) {
    let Some(emupos) = emupos::program() else { return };
    let dir = tempfile::Builder::new().prefix("chit-").tempdir().unwrap();
    let service = program("chit-printer").unwrap();
    let run = KillRun::start(&service, &emupos, dir.path(), process_ids, SEED).await.unwrap();
    let verdict = run.run(KILLS, |_| {}).await.unwrap();
    let found = (verdict.second_originals, verdict.lost_jobs, verdict.false_printed);
    assert_eq!(found, (0, 0, 0), "{verdict:?}");
    assert!(verdict.in_doubt > 0, "no fault hit a paper on its way: {verdict:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_and_cut_links_make_no_second_original_and_lose_no_job() {
    killed(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_do_they_with_a_printer_that_only_answers_status_requests() {
    killed(false).await;
}
