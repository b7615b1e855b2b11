//! The printer service against an independent printer (emupos), with a fault proxy between them where emupos lacks
//! something. Without emupos these tests say so in red and prove nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod decoded;
mod faults;
mod golden;
mod kills;

use std::path::PathBuf;

use chit_integration_tests::house::program;
use chit_integration_tests::printer_proof::emupos::{self, Emupos};
use chit_integration_tests::printer_proof::judge::{Counter, Paper};
use chit_integration_tests::printer_proof::proxy::Proxy;
use chit_integration_tests::printer_proof::service::Service;
use chit_proto::printer::v1::{Document, Job, JobState, PrinterCondition};

/// A service, a proxy and a printer.
pub struct Bench {
    pub service: Service,
    pub proxy: Proxy,
    pub emupos: Emupos,
    pub counter: Counter,
    _dir: tempfile::TempDir,
}

/// The way from service to printer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Proxy,
    Serial,
}

impl Bench {
    /// `None` without emupos.
    pub async fn start(way: Way, keys: &str) -> Option<Self> {
        let program_path: PathBuf = emupos::program()?;
        let dir = tempfile::Builder::new().prefix("chit-").tempdir().unwrap();
        let emupos = Emupos::start(&program_path, dir.path()).unwrap();
        let proxy = Proxy::start(emupos.address).await.unwrap();
        let link = match way {
            Way::Proxy => format!("address = \"{}\"", proxy.address),
            // emupos' pseudo-terminal: no process ids there.
            Way::Serial => format!("serial = {:?}\nbaud = 9600\nprocess_id = false", emupos.serial),
        };
        let program = program("chit-printer").unwrap();
        let service = Service::start(&program, dir.path(), &format!("{link}\n{keys}"), "info").unwrap();
        service.until_status(|status| status.condition() == PrinterCondition::Ready).await.unwrap();
        Some(Self { service, proxy, emupos, counter: Counter::default(), _dir: dir })
    }

    /// Prints one document and returns the job and its paper.
    pub async fn print(&mut self, document: &Document, receipt_no: &str) -> (Job, Paper) {
        let job_id = ulid::Ulid::generate().to_string();
        self.service.submit(&job_id, document).await.unwrap();
        let job = self.service.settled(&job_id).await.unwrap();
        assert_eq!(job.state(), JobState::Printed, "{job:?}");
        (job, self.last_paper(receipt_no).await)
    }

    /// emupos answers before it has put the paper's file away.
    pub async fn last_paper(&mut self, receipt_no: &str) -> Paper {
        let found = async {
            loop {
                let papers = self.counter.look(&self.emupos.receipts).unwrap();
                // A raster receipt has no text but pictures; it is the only paper there is.
                let mut of_it =
                    papers.iter().filter(|paper| paper.is_of(receipt_no) || paper.text.contains("[image"));
                if let Some(paper) = of_it.next_back() {
                    return paper.clone();
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), found).await.expect("no paper")
    }
}
