//! Each service is killed (-9) at each dangerous moment of its device. The sale still ends SETTLED, with one debit and at
//! most one ORIGINAL; only a printer that was killed may have made a copy necessary.

use std::time::Duration;

use chit_integration_tests::control::Watch;
use chit_integration_tests::desk::{Journal, settle as answer};
use chit_integration_tests::house::{READY_MAX, Signal};
use chit_proto::checkout::v1::{Attention, Sale, SaleState};
use chit_proto::media_capture::v1::WatchRecordingRequest;
use serde_json::json;

use super::table::{Row, times};
use crate::open_shop::{AMOUNT_MINOR, Shop};

const EVENT_MAX: Duration = Duration::from_secs(60);
/// Bytes of a receipt after which the printer stops: some lines are on paper by then.
const SOME_LINES_BYTES: u64 = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Committed,
    FirstPrintByte,
    SecondFragment,
    AfterCtrlZ,
    Verified,
}

const MOMENTS: [Moment; 5] =
    [Moment::Committed, Moment::FirstPrintByte, Moment::SecondFragment, Moment::AfterCtrlZ, Moment::Verified];

macro_rules! killed {
    ($name:ident, $service:literal) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let mut matrix = Matrix::open($service).await;
            for moment in MOMENTS {
                for _ in 0..times() {
                    matrix.survives(moment).await;
                }
            }
        }
    };
}

killed!(a_killed_ledger_costs_no_sale, "ledger");
killed!(a_killed_printer_costs_no_sale, "printer");
killed!(a_killed_media_capture_costs_no_sale, "media-capture");
killed!(a_killed_scanner_costs_no_sale, "scanner");
killed!(a_killed_sms_gateway_costs_no_sale, "sms-gateway");
killed!(a_killed_checkout_costs_no_sale, "checkout");

struct Matrix {
    shop: Shop,
    service: &'static str,
    /// One place in each simulator's events: those of one moment are behind it at the next.
    paper: Watch,
    air: Watch,
}

impl Matrix {
    async fn open(service: &'static str) -> Self {
        let shop = Shop::open().await;
        let paper = shop.house.simulators.printer.watch(0).await.unwrap();
        let air = shop.house.simulators.modem.watch(0).await.unwrap();
        Self { shop, service, paper, air }
    }

    async fn survives(&mut self, moment: Moment) {
        eprintln!("{}: killed at {moment:?}", self.service);
        let debits_before = self.debits().await;
        let starts_before = self.shop.house.keeper(self.service).starts();
        let draft = self.shop.draft().await;
        let mut journal = self.shop.desk.journal(&draft.sale_id);
        self.counter(&draft.sale_id, &mut journal, moment).await;
        let hold = json!({ "cmd": "hold_after_ctrl_z", "value": moment == Moment::AfterCtrlZ });
        self.shop.house.simulators.modem.ask(hold).await.unwrap();
        self.shop.see_through(&draft.sale_id, &mut journal, SaleState::Queued).await;
        self.ask_payer(moment).await;
        journal.sale_is(SaleState::Verified).await.unwrap();
        if moment == Moment::Verified {
            self.kill();
        }
        self.shop.settle(&mut journal).await;
        let sale = self.shop.desk.sale(&draft.sale_id).await.unwrap();
        let keeper = self.shop.house.keeper(self.service);
        assert!(keeper.wait_started_after(starts_before, READY_MAX), "{} comes back", self.service);
        assert_eq!(keeper.starts(), starts_before + 1, "{} died once", self.service);
        self.check(&sale, moment, debits_before).await;
        let (originals, copies) = self.shop.papers_of(&sale);
        let outcome = format!("{}; {originals} ORIGINAL, {copies} COPY", sale.state().as_str_name());
        Row::new(&format!("{} at {moment:?}", self.service), "Settled", 1, &outcome).write();
        // A payer is asked twice a day at most.
        self.shop.desk.advance_hours(24).await.unwrap();
    }

    fn kill(&self) {
        self.shop.house.kill(self.service, Signal::KILL).unwrap();
    }

    /// Commits, and kills at the moment if it is one of the counter's.
    async fn counter(&mut self, sale_id: &str, journal: &mut Journal, moment: Moment) {
        self.shop.desk.confirm_person(sale_id).await.unwrap();
        let printer = self.shop.house.simulators.printer.clone();
        if moment == Moment::FirstPrintByte {
            printer.fault("stop_after_bytes", json!(SOME_LINES_BYTES)).await.unwrap();
        }
        let (desk, id) = (self.shop.desk.clone(), sale_id.to_owned());
        let commit = tokio::spawn(async move { desk.commit(&id).await });
        let committed = |sale: &Sale| sale.state() as i32 >= SaleState::Committed as i32;
        let sale = journal.sale("COMMITTED", committed).await.unwrap();
        match moment {
            Moment::Committed => self.kill(),
            Moment::FirstPrintByte => {
                self.paper.event("stopped", EVENT_MAX).await.unwrap();
                self.kill();
                printer.ask(json!({ "cmd": "continue" })).await.unwrap();
            }
            Moment::SecondFragment => {
                self.second_fragment(&sale.evidence.unwrap().recording_id).await;
                self.kill();
            }
            Moment::AfterCtrlZ | Moment::Verified => {}
        }
        commit.await.unwrap().unwrap();
    }

    /// Durable fragments as media-capture reports them; the stream is opened again until the recording exists.
    async fn second_fragment(&self, recording_id: &str) {
        let request = WatchRecordingRequest { recording_id: recording_id.to_owned(), after_revision: 0 };
        let seen = async {
            loop {
                let opened = self.shop.desk.media.clone().watch_recording(request.clone()).await;
                let Ok(mut events) = answer("watch_recording", opened.map(|answer| answer.into_inner()))
                else {
                    tokio::task::yield_now().await;
                    continue;
                };
                while let Ok(Some(event)) = events.message().await {
                    if event.recording.is_some_and(|recording| recording.fragments >= 2) {
                        return;
                    }
                }
            }
        };
        tokio::time::timeout(EVENT_MAX, seen).await.expect("a second fragment");
    }

    /// The challenge goes out by itself; the payer answers it.
    async fn ask_payer(&mut self, moment: Moment) {
        let modem = self.shop.house.simulators.modem.clone();
        if moment == Moment::AfterCtrlZ {
            let held = |event: &serde_json::Value| event["event"] == "ctrl_z" && event["held"] == true;
            self.air.until("a held Ctrl-Z", EVENT_MAX, held).await.unwrap();
            self.kill();
            modem.ask(json!({ "cmd": "hold_after_ctrl_z", "value": false })).await.unwrap();
            modem.ask(json!({ "cmd": "continue" })).await.unwrap();
        }
        self.shop.payer.pay().await.unwrap();
    }

    async fn debits(&self) -> i64 {
        self.shop.desk.books().await.unwrap().balance.debits_posted_minor
    }

    async fn check(&self, sale: &Sale, moment: Moment, debits_before: i64) {
        let context = format!("{} killed at {moment:?}: {sale:?}", self.service);
        let books = self.shop.desk.books().await.unwrap();
        assert!(books.balanced && books.chain_ok, "{context}");
        assert_eq!(books.balance.debits_posted_minor - debits_before, AMOUNT_MINOR, "one debit; {context}");
        let (originals, copies) = self.shop.papers_of(sale);
        assert!(originals <= 1, "{originals} ORIGINALs; {context}");
        let may_copy = usize::from(self.service == "printer");
        assert!(copies <= may_copy && originals + copies >= 1, "{copies} copies; {context}");
        let receipt = sale.receipt.clone().unwrap_or_default();
        assert_eq!((receipt.originals as usize, receipt.copies as usize), (originals, copies), "{context}");
        if (self.service, moment) == ("printer", Moment::FirstPrintByte) {
            assert_eq!(receipt.confidence, "OPERATOR", "the printer could not know; {context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_stopped_in_the_middle_is_printed_again_as_copy_1() {
    let mut matrix = Matrix::open("printer").await;
    let draft = matrix.shop.draft().await;
    let mut journal = matrix.shop.desk.journal(&draft.sale_id);
    matrix.shop.desk.confirm_person(&draft.sale_id).await.unwrap();
    let printer = matrix.shop.house.simulators.printer.clone();
    printer.fault("stop_after_bytes", json!(SOME_LINES_BYTES)).await.unwrap();
    matrix.shop.desk.commit(&draft.sale_id).await.unwrap();
    matrix.paper.event("stopped", EVENT_MAX).await.unwrap();
    matrix.kill();
    let in_doubt = journal.sale_needs(Attention::PrintUnknown).await.unwrap();
    // The cashier tears the half receipt off, and says so; only then does the printer continue.
    matrix.shop.see_to(&in_doubt, Attention::PrintUnknown).await.unwrap();
    printer.ask(json!({ "cmd": "continue" })).await.unwrap();
    let queued = matrix.shop.see_through(&draft.sale_id, &mut journal, SaleState::Queued).await;
    let receipt = queued.receipt.unwrap();
    assert_eq!((receipt.originals, receipt.copies), (0, 1), "the half one is no ORIGINAL any more");
}
