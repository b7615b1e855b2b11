//! Golden receipts: emupos' dots are compared with those in `golden/`, and read by zbar, rqrr and tesseract.
//!
//! `CHIT_GOLDEN=write` writes new ones; look at them then.

use std::path::PathBuf;

use chit_integration_tests::printer_proof::papers;
use chit_proto::printer::v1::{Confidence, Document, PrinterCondition};

use crate::decoded::{by_rqrr, by_tesseract, by_zbar, dots};
use crate::{Bench, Way};

const NUMBER: &str = "20261124-000183";
/// Of a paper's Chinese words tesseract reads most; small type on one bit a dot is hard for it.
const WORDS_READ_MIN: usize = 4;
const WORDS: [&str; 8] = ["好运", "便利店", "单号", "收银", "合计", "付款", "短信", "发票"];

async fn compare(way: Way, keys: &str, document: &Document, name: &str) {
    let Some(mut bench) = Bench::start(way, keys).await else { return };
    let (job, paper) = bench.print(document, NUMBER).await;
    let wanted = if way == Way::Proxy { Confidence::ProcessId } else { Confidence::Fence };
    assert_eq!(job.confidence(), wanted);
    assert!(paper.was_cut, "{paper:?}");
    assert_eq!(by_zbar(&paper.png), papers::QR, "{name}");
    assert_eq!(by_rqrr(&paper.png), papers::QR, "{name}");
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/printer/golden/{name}.png"));
    if std::env::var_os("CHIT_GOLDEN").is_some() {
        std::fs::copy(&paper.png, &golden).unwrap();
    }
    let (ours, theirs) = (dots(&paper.png), dots(&golden));
    assert_eq!((ours.0, ours.1), (theirs.0, theirs.1), "the size of {name}");
    let other = ours.2.iter().zip(&theirs.2).filter(|(a, b)| a != b).count();
    assert_eq!(other, 0, "{other} dots of {name} differ: {}", paper.png.display());
    if name.starts_with("zh")
        && let Some(read) = by_tesseract(&paper.png)
    {
        let read: String = read.split_whitespace().collect();
        let found = WORDS.iter().filter(|word| read.contains(**word)).count();
        assert!(found >= WORDS_READ_MIN, "tesseract reads {found} of {WORDS:?} in {read}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_english_receipt_of_80_mm_looks_as_it_should() {
    compare(Way::Proxy, "", &papers::english(NUMBER), "en-80").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chinese_receipt_of_80_mm_is_drawn_for_a_printer_without_a_chinese_font() {
    compare(Way::Proxy, "", &papers::chinese(NUMBER), "zh-80").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chinese_receipt_of_58_mm_is_drawn_too() {
    compare(Way::Proxy, "columns = 32", &papers::chinese(NUMBER), "zh-58").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_paper_comes_out_of_a_serial_line() {
    compare(Way::Serial, "", &papers::english(NUMBER), "en-80").await;
}

const LOGO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/printer/logo.png");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logo_looks_the_same_whether_it_is_sent_or_rests_in_the_printer() {
    compare(Way::Proxy, &format!("logo = {LOGO:?}"), &papers::english(NUMBER), "logo-80").await;
    let keys = format!("logo = {LOGO:?}\nlogo_in_printer = true");
    compare(Way::Proxy, &keys, &papers::english(NUMBER), "logo-80").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logo_is_written_into_the_printer_for_the_first_paper_only() {
    let keys = format!("logo = {LOGO:?}\nlogo_in_printer = true");
    let Some(mut bench) = Bench::start(Way::Proxy, &keys).await else { return };
    let (with_logo, _) = bench.print(&papers::english("R000001"), "R000001").await;
    bench.print(&papers::english("R000002"), "R000002").await;
    assert_eq!(bench.proxy.logo_writes(), 1);
    bench.proxy.knobs().cut_after = Some(1);
    bench.service.until_status(|status| status.condition() == PrinterCondition::Offline).await.unwrap();
    bench.service.until_status(|status| status.condition() == PrinterCondition::Ready).await.unwrap();
    bench.print(&papers::english("R000003"), "R000003").await;
    assert_eq!(bench.proxy.logo_writes(), 1, "a new connection is no reason to write");
    assert!(with_logo.byte_count < 1_800, "{} bytes: the logo went along", with_logo.byte_count);
}
