//! `--once`, played as a test.

use std::path::Path;

use chit_integration_tests::house::{House, ISSUER, Options, Place};
use chit_integration_tests::once::{self, Outcome, Progress, Report, Script};
use chit_integration_tests::payer::read_qr;

use crate::open_shop::options;
use crate::video;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sales_are_enrolled_sold_verified_settled_and_disputed() {
    let artefacts = tempfile::tempdir().unwrap();
    let house = House::start(Place::temporary().unwrap(), &options()).unwrap();
    house.ready().await.unwrap();
    let report = play(&house, artefacts.path()).await;
    house.stop().unwrap();

    assert_eq!((report.state.as_str(), report.amount_minor), ("SETTLED", 1_680));
    assert_eq!((report.payer_scan.source, report.payer_scan.engine.as_str()), ("CAMERA", "rxing"));
    assert_eq!((report.receipt.original, report.receipt.copies), (1, 0));
    assert!(report.evidence.sealed && report.evidence.photos.len() == 2, "{:?}", report.evidence);
    assert_eq!(report.settlement.rail, "house");
    assert!(report.ledger.chain_ok && report.ledger.debits_minor == report.ledger.credits_minor);
    let disputes: Vec<&str> = report.disputes.iter().map(|dispute| dispute.state).collect();
    assert_eq!(disputes, ["DISMISSED", "UPHELD"]);
    assert!(
        report.sms.iter().any(|sms| sms.direction == "out" && sms.state == "DELIVERED"),
        "{:?}",
        report.sms
    );
    assert!(report.sms.iter().any(|sms| sms.direction == "in"), "{:?}", report.sms);
    assert!(report.timings_ms.scan_to_receipt_last_byte > 0);

    let receipt_qr = read_qr(&report.receipt.png).await.expect("the receipt's QR is readable");
    assert!(!receipt_qr.is_empty());
    assert_eq!(read_qr(&report.payer_qr_png).await.unwrap().len(), 237);
    video::shows_the_counter_without_a_gap(&report.evidence.video, &report.evidence.manifest);
}

/// No secret of any card is in the shop; the issuer is killed when it has judged, in each sale, and asks the payer about the sum.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_with_an_issuer_that_dies_in_the_middle_and_asks_the_payer_itself() {
    let artefacts = tempfile::tempdir().unwrap();
    let options = Options { issuer: true, ..options() };
    let house = House::start(Place::temporary().unwrap(), &options).unwrap();
    house.ready().await.unwrap();
    let report = play(&house, artefacts.path()).await;
    assert!(house.keeper(ISSUER).starts() >= 3, "it died in both sales");
    house.stop().unwrap();
    assert_eq!((report.state.as_str(), report.amount_minor), ("SETTLED", 1_680));
    assert!(report.ledger.chain_ok && report.ledger.debits_minor == report.ledger.credits_minor);
    let disputes: Vec<&str> = report.disputes.iter().map(|dispute| dispute.state).collect();
    assert_eq!(disputes, ["DISMISSED", "UPHELD"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_in_the_middle_of_the_night() {
    at_local_hour(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_in_the_last_hour_before_the_quiet_ones() {
    at_local_hour(20).await;
}

/// Moves the shop, not the clock: to where it is that hour now.
async fn at_local_hour(hour: i8) {
    let utc = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now());
    let east = (hour - utc.hour()).rem_euclid(24);
    // POSIX signs: "Etc/GMT-8" is eight hours east. The zones reach from 12 hours west to 14 hours east.
    let zone = if east <= 12 { format!("Etc/GMT-{east}") } else { format!("Etc/GMT+{}", 24 - east) };
    let artefacts = tempfile::tempdir().unwrap();
    let options = options().set("chit", "time_zone", zone.as_str());
    let house = House::start(Place::temporary().unwrap(), &options).unwrap();
    house.ready().await.unwrap();
    let report = play(&house, artefacts.path()).await;
    house.stop().unwrap();
    assert_eq!(report.state, "SETTLED", "in {zone}");
}

pub async fn play(house: &House, artefacts: &Path) -> Box<Report> {
    let script = Script { payer_qr: None, artefacts: artefacts.to_owned(), progress: Progress::on_stderr() };
    match once::run(house, &script).await.unwrap() {
        Outcome::Settled(report) => report,
        Outcome::Refused(refusal) => panic!("{refusal:?}"),
    }
}
