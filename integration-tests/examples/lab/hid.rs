//! Scanners that are no serial port: one that poses as a keyboard, one of the point-of-sale class, both through the kernel's HID
//! layer.

use std::fs::{self, OpenOptions};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use chit_proto::scanner::v1::scanner_service_client::ScannerServiceClient;
use chit_proto::scanner::v1::*;
use chit_runtime::Channel;
use tokio::time::{Instant, timeout};

use crate::gadget::{Gadget, Identity};
use crate::report::Report;
use crate::running::{PATIENCE, Service, until};

const PORT: u8 = 3;
const CODE: &str = "6901234567892";
/// Device Class Definition for HID 1.11, appendix B.1: a boot keyboard.
const KEYBOARD: &[u8] = &[
    0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01, 0x75,
    0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x03, 0x95, 0x06, 0x75, 0x08, 0x15, 0x00,
    0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xc0,
];
/// Usage page 0x8C, usage 2 (bar code scanner), report 2 of 63 bytes.
const POINT_OF_SALE: &[u8] = &[
    0x06, 0x8c, 0x00, 0x09, 0x02, 0xa1, 0x01, 0x85, 0x02, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95,
    0x3f, 0x09, 0xfe, 0x81, 0x02, 0xc0,
];
/// HID usages of Enter and of the digits 1 to 0.
const ENTER: u8 = 0x28;
const DIGIT_1: u8 = 0x1e;
const DIGIT_0: u8 = 0x27;

pub async fn check(report: &mut Report) {
    let dir = match tempfile::Builder::new().prefix("hid-").tempdir_in("/tmp") {
        Ok(dir) => dir,
        Err(error) => return report.check("hid: a folder", async { bail!(error) }).await,
    };
    let wedge = Kind {
        name: "Wedge",
        key: "keyboard = \"05e0:1200\"",
        product: "0x1200",
        descriptor: KEYBOARD,
        boot: true,
        source: ScanSource::Keyboard,
        write: typed,
    };
    let class = Kind {
        name: "PosScanner",
        key: "hid_pos = \"any\"",
        product: "0x1300",
        descriptor: POINT_OF_SALE,
        boot: false,
        source: ScanSource::HidPos,
        write: reported,
    };
    for kind in [wedge, class] {
        let name = kind.name;
        let counter = match Counter::start(dir.path(), kind).await {
            Ok(counter) => counter,
            Err(error) => return report.check(&format!("{name}: the gadget"), async { Err(error) }).await,
        };
        report.check(&format!("{name}: a code arrives whole"), counter.explain(counter.scans())).await;
        let replugged = counter.explain(counter.replugged());
        report.check(&format!("{name}: pulled: ABSENT; plugged in again: READY, and scans"), replugged).await;
        // Makes room on the port for the next one.
        let gone = counter.gadget.unplug();
        report.check(&format!("{name}: goes"), async { gone.map(|()| String::new()) }).await;
    }
}

struct Kind {
    name: &'static str,
    key: &'static str,
    product: &'static str,
    descriptor: &'static [u8],
    boot: bool,
    source: ScanSource,
    write: fn(&mut dyn std::io::Write) -> std::io::Result<()>,
}

struct Counter {
    kind: Kind,
    service: Service,
    client: ScannerServiceClient<Channel>,
    gadget: Gadget,
}

impl Counter {
    async fn start(dir: &Path, kind: Kind) -> anyhow::Result<Self> {
        let dir = dir.join(kind.name);
        fs::create_dir_all(&dir)?;
        let identity =
            Identity { vendor: "0x05e0", product: kind.product, name: kind.name, serial: "LABHID1" };
        let length = if kind.boot { "8" } else { "64" };
        let boot = if kind.boot { "1" } else { "0" };
        let attributes: [(&str, &[u8]); 4] = [
            ("protocol", boot.as_bytes()),
            ("subclass", boot.as_bytes()),
            ("report_length", length.as_bytes()),
            ("report_desc", kind.descriptor),
        ];
        let gadget = Gadget::plugged(PORT, &function(kind.name), &identity, &attributes)?;
        let service = Service::start("scanner", &dir, &format!("{}\ncamera = false", kind.key))?;
        let client = ScannerServiceClient::new(chit_runtime::channel(&service.shared, "scanner"));
        Ok(Self { kind, service, client, gadget })
    }

    async fn explain(&self, check: impl Future<Output = anyhow::Result<String>>) -> anyhow::Result<String> {
        let outcome = check.await;
        self.service.explain(outcome)
    }

    async fn scans(&self) -> anyhow::Result<String> {
        self.until_state(SourceState::Ready).await?;
        let request = WatchScansRequest { epoch: String::new(), after_seq: 0 };
        let mut events = self.client.clone().watch_scans(request).await?.into_inner();
        events.message().await?.context("no begin")?;
        let begun = Instant::now();
        let far_end = self.gadget.hid(&function(self.kind.name))?;
        let mut far_end =
            OpenOptions::new().write(true).open(&far_end).with_context(|| far_end.display().to_string())?;
        let write = self.kind.write;
        tokio::task::spawn_blocking(move || write(&mut far_end)).await??;
        loop {
            let event = timeout(PATIENCE, events.message()).await.context("no scan")??.context("the end")?;
            if let Some(watch_scans_response::Event::Scan(scan)) = event.event {
                ensure!(scan.data == CODE.as_bytes(), "{:?}", String::from_utf8_lossy(&scan.data));
                ensure!(scan.source() == self.kind.source, "{:?}", scan.source());
                return Ok(format!("{} ms", begun.elapsed().as_millis()));
            }
        }
    }

    async fn replugged(&self) -> anyhow::Result<String> {
        self.gadget.unplug()?;
        self.until_state(SourceState::Absent).await?;
        self.gadget.plug()?;
        let begun = Instant::now();
        self.until_state(SourceState::Ready).await?;
        let ready = begun.elapsed();
        self.scans().await?;
        Ok(format!("READY after {} ms", ready.as_millis()))
    }

    async fn until_state(&self, wanted: SourceState) -> anyhow::Result<()> {
        let is = async || {
            let status = self.client.clone().get_status(GetStatusRequest {}).await.ok()?.into_inner();
            (status.devices.first()?.state() == wanted).then_some(())
        };
        until(&format!("{} is {wanted:?}", self.kind.name), is).await
    }
}

fn function(name: &str) -> String {
    format!("hid.{name}")
}

/// One key after the other, then Enter: modifiers, a reserved byte, six keys.
fn typed(to: &mut dyn std::io::Write) -> std::io::Result<()> {
    let keys = CODE.bytes().map(|digit| if digit == b'0' { DIGIT_0 } else { DIGIT_1 + digit - b'1' });
    for key in keys.chain([ENTER]) {
        to.write_all(&[0, 0, key, 0, 0, 0, 0, 0])?;
        to.write_all(&[0; 8])?;
    }
    Ok(())
}

fn reported(to: &mut dyn std::io::Write) -> std::io::Result<()> {
    let mut report = [0; 64];
    (report[0], report[1]) = (2, CODE.len() as u8);
    report[2..5].copy_from_slice(b"]E0");
    report[5..5 + CODE.len()].copy_from_slice(CODE.as_bytes());
    to.write_all(&report)
}
