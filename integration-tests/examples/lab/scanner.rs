//! A handheld scanner as a USB serial port, found by the name that udev gives any of them.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use chit_proto::scanner::v1::scanner_service_client::ScannerServiceClient;
use chit_proto::scanner::v1::*;
use chit_runtime::Channel;
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::gadget::Identity;
use crate::modem::Line;
use crate::report::Report;
use crate::running::{PATIENCE, Service, until};

const PORT: u8 = 2;
const CODE: &str = "6901234567892";
const BY_ID: &str = "/dev/serial/by-id/usb-Lab_Scanner_LABSCN1-if00";

pub async fn check(report: &mut Report) {
    let dir = match tempfile::Builder::new().prefix("scn-").tempdir_in("/tmp") {
        Ok(dir) => dir,
        Err(error) => return report.check("scanner: a folder", async { bail!(error) }).await,
    };
    let counter = match Counter::start(dir.path()).await {
        Ok(counter) => counter,
        Err(error) => return report.check("scanner: the gadget", async { Err(error) }).await,
    };
    report.check("scanner: found by id, a code arrives whole", counter.explain(counter.scans())).await;
    let name = "scanner: pulled: ABSENT; plugged in again: READY, and scans";
    report.check(name, counter.explain(counter.replugged())).await;
}

struct Counter {
    service: Service,
    client: ScannerServiceClient<Channel>,
    line: Line,
}

impl Counter {
    async fn start(dir: &Path) -> anyhow::Result<Self> {
        let identity = Identity { vendor: "0x0c2e", product: "0x0901", name: "Scanner", serial: "LABSCN1" };
        let line = Line::plugged(PORT, "sim-scanner", &identity, dir).await?;
        let service = Service::start("scanner", dir, &format!("port = {BY_ID:?}\ncamera = false"))?;
        let client = ScannerServiceClient::new(chit_runtime::channel(&service.shared, "scanner"));
        Ok(Self { service, client, line })
    }

    async fn explain(&self, check: impl Future<Output = anyhow::Result<String>>) -> anyhow::Result<String> {
        let outcome = check.await;
        self.service.explain(outcome)
    }

    async fn scans(&self) -> anyhow::Result<String> {
        self.until_serial(SourceState::Ready).await?;
        let request = WatchScansRequest { epoch: String::new(), after_seq: 0 };
        let mut events = self.client.clone().watch_scans(request).await?.into_inner();
        events.message().await?.context("no begin")?;
        let begun = Instant::now();
        self.line.simulator.control.ask(json!({ "cmd": "scan", "data": CODE, "split": [4, 3] })).await?;
        loop {
            let event = timeout(PATIENCE, events.message()).await.context("no scan")??.context("the end")?;
            if let Some(watch_scans_response::Event::Scan(scan)) = event.event {
                ensure!(scan.data == CODE.as_bytes(), "{:?}", String::from_utf8_lossy(&scan.data));
                return Ok(format!("{} ms", begun.elapsed().as_millis()));
            }
        }
    }

    async fn replugged(&self) -> anyhow::Result<String> {
        self.line.unplug().await?;
        self.until_serial(SourceState::Absent).await?;
        self.line.plug().await?;
        let begun = Instant::now();
        self.until_serial(SourceState::Ready).await?;
        let ready = begun.elapsed();
        self.scans().await?;
        Ok(format!("READY after {} ms", ready.as_millis()))
    }

    async fn until_serial(&self, wanted: SourceState) -> anyhow::Result<()> {
        let is = async || {
            let status = self.client.clone().get_status(GetStatusRequest {}).await.ok()?.into_inner();
            (status.serial() == wanted).then_some(())
        };
        until(&format!("the handheld is {wanted:?}"), is).await
    }
}
