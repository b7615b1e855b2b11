//! A receipt printer on USB: the printer gadget, whose far end is carried to `sim-printer`.

use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use chit_integration_tests::printer_proof::papers;
use chit_proto::printer::v1::printer_service_client::PrinterServiceClient;
use chit_proto::printer::v1::*;
use chit_runtime::Channel;
use serde_json::json;

use crate::bridge::{Bridge, device};
use crate::gadget::{Gadget, Identity};
use crate::report::Report;
use crate::running::{Service, Simulator, until};

const PORT: u8 = 0;
const SERIAL: &str = "LABPRN1";
const FAR_END: &str = "/dev/g_printer0";
/// The name that deploy/udev/70-chit-printer.rules gives.
const NAMED_NODE: &str = "/dev/chit/printer-LABPRN1";
const JOBS: [&str; 4] = [
    "01J9ZQ4M8W5T7V2X3Y6B0C1D01",
    "01J9ZQ4M8W5T7V2X3Y6B0C1D02",
    "01J9ZQ4M8W5T7V2X3Y6B0C1D03",
    "01J9ZQ4M8W5T7V2X3Y6B0C1D04",
];
/// The cable is pulled after so many bytes: amid a receipt.
const PULLED_AFTER: u64 = 700;

pub async fn check(report: &mut Report) {
    let dir = match tempfile::Builder::new().prefix("prn-").tempdir_in("/tmp") {
        Ok(dir) => dir,
        Err(error) => return report.check("printer: a folder", async { bail!(error) }).await,
    };
    let mut far = match FarEnd::start(dir.path()).await {
        Ok(far) => far,
        Err(error) => return report.check("printer: the gadget", async { Err(error) }).await,
    };
    let links = [
        ("usblp, by udev's name", format!("usb = {NAMED_NODE:?}")),
        ("nusb, by serial number", format!("usb = {{ serial = {SERIAL:?} }}")),
    ];
    for (at, (link, usb)) in links.iter().enumerate() {
        let folder = dir.path().join(at.to_string());
        // The fence of a paper comes late in emulation; that must not look like a lost paper.
        let shop = match Shop::start(at, &folder, &format!("{usb}\nfence_timeout_s = 60")) {
            Ok(shop) => shop,
            Err(error) => return report.check("printer: starts", async { Err(error) }).await,
        };
        let check = |what: &str| format!("printer ({link}): {what}");
        report
            .check(&check("found, asked for its model, prints a receipt"), shop.explain(shop.prints(&far)))
            .await;
        report
            .check(
                &check("paper out is told, blocks a job, and the job comes after"),
                shop.explain(shop.paper_out(&far)),
            )
            .await;
        let name = check("pulled amid a receipt: IN_DOUBT, never printed by itself");
        report.check(&name, shop.explain(shop.pulled(&mut far))).await;
        let name = check("plugged in again: found, the doubt resolved, prints");
        report.check(&name, shop.explain(shop.replugged(&mut far))).await;
    }
}

struct FarEnd {
    gadget: Gadget,
    simulator: Simulator,
    address: String,
    bridge: Option<Bridge>,
}

impl FarEnd {
    async fn start(dir: &Path) -> anyhow::Result<Self> {
        let out = dir.join("papers");
        let simulator = Simulator::start("sim-printer", dir, &["--out", &out.to_string_lossy()]).await?;
        let answer = simulator.control.ask(json!({ "cmd": "addr" })).await?;
        let address = answer["addr"].as_str().context("no address")?.to_owned();
        // 04b8:0202 is what Epson's receipt printers say they are. One request of 8 KiB: a printer holds no whole roll.
        let identity = Identity { vendor: "0x04b8", product: "0x0202", name: "Printer", serial: SERIAL };
        let attributes: [(&str, &[u8]); 2] =
            [("q_len", b"1"), ("pnp_string", b"MFG:LAB;MDL:TM-T20;CLS:PRINTER;")];
        let gadget = Gadget::plugged(PORT, "printer.0", &identity, &attributes)?;
        let mut far = Self { gadget, simulator, address, bridge: None };
        far.connect().await?;
        Ok(far)
    }

    async fn connect(&mut self) -> anyhow::Result<()> {
        until("the host knows the printer", async || self.gadget.is_configured().then_some(())).await?;
        let usb = until("the gadget's far end opens", async || device(Path::new(FAR_END)).ok()).await?;
        let network = TcpStream::connect(&self.address)?;
        network.set_nonblocking(true)?;
        network.set_nodelay(true)?;
        self.bridge = Some(Bridge::new(usb, OwnedFd::from(network)));
        Ok(())
    }

    async fn unplug(&mut self) -> anyhow::Result<()> {
        if let Some(bridge) = self.bridge.take() {
            bridge.close().await;
        }
        self.gadget.unplug()
    }

    async fn plug(&mut self) -> anyhow::Result<()> {
        self.gadget.plug()?;
        self.connect().await
    }

    fn hold_after(&self, bytes: u64) {
        if let Some(bridge) = &self.bridge {
            bridge.hold_after(bytes);
        }
    }

    /// Papers on which this receipt number is to be read.
    async fn papers_of(&self, receipt_no: &str) -> anyhow::Result<usize> {
        let answer = self.simulator.control.ask(json!({ "cmd": "papers" })).await?;
        let papers = answer["papers"].as_array().map_or(&[][..], Vec::as_slice);
        let texts = papers.iter().filter_map(|paper| std::fs::read_to_string(paper["txt"].as_str()?).ok());
        Ok(texts.filter(|text| text.contains(receipt_no)).count())
    }

    async fn has_one(&self, receipt_no: &str) -> anyhow::Result<()> {
        let papers = self.papers_of(receipt_no).await?;
        ensure!(papers == 1, "{papers} papers of one receipt");
        Ok(())
    }
}

struct Shop {
    number: usize,
    service: Service,
    client: PrinterServiceClient<Channel>,
}

impl Shop {
    fn start(number: usize, dir: &Path, keys: &str) -> anyhow::Result<Self> {
        let service = Service::start("printer", dir, keys)?;
        let client = PrinterServiceClient::new(chit_runtime::channel(&service.shared, "printer"));
        Ok(Self { number, service, client })
    }

    async fn explain(&self, check: impl Future<Output = anyhow::Result<String>>) -> anyhow::Result<String> {
        let outcome = check.await;
        self.service.explain(outcome)
    }

    async fn prints(&self, far: &FarEnd) -> anyhow::Result<String> {
        let status = self.until_condition(PrinterCondition::Ready).await?;
        self.submit(JOBS[0]).await?;
        let job = self.until_job(JOBS[0], JobState::Printed).await?;
        far.has_one(&self.receipt_no(JOBS[0])).await?;
        Ok(format!("{} bytes, {:?}, model {}", job.byte_count, job.confidence(), status.model))
    }

    async fn paper_out(&self, far: &FarEnd) -> anyhow::Result<String> {
        far.simulator.control.fault("paper_out", json!(true)).await?;
        let told = self.until_condition(PrinterCondition::PaperOut).await;
        let blocked = async {
            told?;
            self.submit(JOBS[1]).await?;
            self.until_job(JOBS[1], JobState::Blocked).await
        };
        let blocked = blocked.await;
        let early = far.papers_of(&self.receipt_no(JOBS[1])).await;
        far.simulator.control.fault("paper_out", json!(false)).await?;
        blocked?;
        ensure!(early? == 0, "a paper without paper");
        self.until_job(JOBS[1], JobState::Printed).await?;
        far.has_one(&self.receipt_no(JOBS[1])).await?;
        Ok(String::new())
    }

    async fn pulled(&self, far: &mut FarEnd) -> anyhow::Result<String> {
        // The bridge counts from its beginning: a fresh one counts this job alone.
        far.unplug().await?;
        self.until_condition(PrinterCondition::Offline).await?;
        far.plug().await?;
        self.until_condition(PrinterCondition::Ready).await?;
        far.hold_after(PULLED_AFTER);
        self.submit(JOBS[2]).await?;
        let begun = async || {
            let job = self.job(JOBS[2]).await.ok()?;
            matches!(job.state(), JobState::Sending | JobState::AwaitingFence).then_some(())
        };
        until("the job is on its way", begun).await?;
        far.unplug().await?;
        let pulled = tokio::time::Instant::now();
        self.until_job(JOBS[2], JobState::InDoubt).await?;
        Ok(format!("{} ms", pulled.elapsed().as_millis()))
    }

    async fn replugged(&self, far: &mut FarEnd) -> anyhow::Result<String> {
        let begun = tokio::time::Instant::now();
        far.plug().await?;
        self.until_condition(PrinterCondition::Ready).await?;
        let ready = begun.elapsed();
        let job = self.job(JOBS[2]).await?;
        ensure!(job.state() == JobState::InDoubt, "{job:?}");
        let request = ResolveInDoubtRequest {
            request_id: "resolve-3".into(),
            job_id: job.job_id,
            outcome: InDoubtOutcome::PrintedWhole.into(),
            actor: "li".into(),
        };
        self.client.clone().resolve_in_doubt(request).await?;
        self.submit(JOBS[3]).await?;
        self.until_job(JOBS[3], JobState::Printed).await?;
        far.has_one(&self.receipt_no(JOBS[3])).await?;
        let doubtful = far.papers_of(&self.receipt_no(JOBS[2])).await?;
        ensure!(doubtful <= 1, "{doubtful} papers of the receipt in doubt");
        Ok(format!("ready after {} ms", ready.as_millis()))
    }

    /// Unlike any other's, on this link and the other.
    fn receipt_no(&self, job_id: &str) -> String {
        let number = job_id[job_id.len() - 2..].to_owned();
        format!("20261124-{:04}{number}", self.number)
    }

    async fn submit(&self, id: &str) -> anyhow::Result<()> {
        // Text on any profile: emulation can make the printer's model and font known too late.
        let document = Some(papers::english(&self.receipt_no(id)));
        let request = SubmitJobRequest { job_id: id.into(), document, subject_id: String::new() };
        self.client.clone().submit_job(request).await?;
        Ok(())
    }

    async fn job(&self, id: &str) -> anyhow::Result<Job> {
        let request = GetJobRequest { job_id: id.into() };
        self.client.clone().get_job(request).await?.into_inner().job.context("no job")
    }

    async fn until_job(&self, id: &str, wanted: JobState) -> anyhow::Result<Job> {
        let is = async || self.job(id).await.ok().filter(|job| job.state() == wanted);
        let found = until(&format!("the job is {wanted:?}"), is).await;
        match found {
            Ok(job) => Ok(job),
            Err(error) => Err(error.context(format!("{:?}", self.job(id).await?))),
        }
    }

    async fn until_condition(&self, wanted: PrinterCondition) -> anyhow::Result<PrinterStatus> {
        let is = async || {
            let status =
                self.client.clone().get_status(GetStatusRequest {}).await.ok()?.into_inner().status?;
            (status.condition() == wanted).then_some(status)
        };
        until(&format!("the printer is {wanted:?}"), is).await
    }
}
