//! A GSM modem on USB CDC-ACM: the serial gadget, whose far end is carried to `sim-modem`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use chit_proto::sms_gateway::v1::sms_gateway_service_client::SmsGatewayServiceClient;
use chit_proto::sms_gateway::v1::*;
use chit_runtime::Channel;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::bridge::{Bridge, device};
use crate::gadget::{Gadget, Identity};
use crate::report::Report;
use crate::running::{PATIENCE, Service, Simulator, until};

const PORT: u8 = 1;
const PAYER: &str = "+8613800000001";
const MESSAGES: [&str; 3] =
    ["01J9ZQ4M8W5T7V2X3Y6B0C1D05", "01J9ZQ4M8W5T7V2X3Y6B0C1D06", "01J9ZQ4M8W5T7V2X3Y6B0C1D07"];
/// The name that deploy/udev/71-chit-modem.rules gives; the gateway's default.
const NAMED_PORT: &str = "/dev/chit-modem";

pub async fn check(report: &mut Report) {
    let dir = match tempfile::Builder::new().prefix("sms-").tempdir_in("/tmp") {
        Ok(dir) => dir,
        Err(error) => return report.check("modem: a folder", async { bail!(error) }).await,
    };
    let shop = match Shop::start(dir.path()).await {
        Ok(shop) => shop,
        Err(error) => return report.check("modem: the gadget", async { Err(error) }).await,
    };
    report.check("modem: found by udev's name and READY", shop.explain(shop.ready())).await;
    report.check("modem: an SMS goes out once", shop.explain(shop.sends(MESSAGES[0]))).await;
    report.check("modem: an SMS comes in", shop.explain(shop.receives())).await;
    let name = "modem: pulled after Ctrl-Z: ABSENT, the SMS is UNKNOWN and not sent again";
    report.check(name, shop.explain(shop.pulled())).await;
    report.check("modem: plugged in again: READY, and sends", shop.explain(shop.replugged())).await;
}

/// A serial gadget and the simulator behind it.
pub struct Line {
    gadget: Gadget,
    pub simulator: Simulator,
    far_end: PathBuf,
    link: PathBuf,
    bridge: Mutex<Option<Bridge>>,
}

impl Line {
    pub async fn plugged(
        port: u8,
        simulator: &str,
        identity: &Identity<'_>,
        dir: &Path,
    ) -> anyhow::Result<Self> {
        let link = dir.join("wire");
        let simulator = Simulator::start(simulator, dir, &["--link", &link.to_string_lossy()]).await?;
        let function = format!("acm.{port}");
        let gadget = Gadget::plugged(port, &function, identity, &[])?;
        let far_end = gadget.tty(&function)?;
        let line = Self { gadget, simulator, far_end, link, bridge: Mutex::default() };
        line.connect().await?;
        Ok(line)
    }

    async fn connect(&self) -> anyhow::Result<()> {
        let usb = until("the gadget's far end opens", async || device(&self.far_end).ok()).await?;
        *self.bridge.lock().await = Some(Bridge::new(usb, device(&self.link)?));
        Ok(())
    }

    /// A device on USB is powered by it: the simulator goes off too.
    pub async fn unplug(&self) -> anyhow::Result<()> {
        if let Some(bridge) = self.bridge.lock().await.take() {
            bridge.close().await;
        }
        self.gadget.unplug()?;
        self.simulator.control.ask(json!({ "cmd": "unplug" })).await?;
        Ok(())
    }

    pub async fn plug(&self) -> anyhow::Result<()> {
        self.simulator.control.ask(json!({ "cmd": "replug" })).await?;
        self.connect().await?;
        self.gadget.plug()
    }
}

struct Shop {
    service: Service,
    client: SmsGatewayServiceClient<Channel>,
    line: Line,
}

impl Shop {
    async fn start(dir: &Path) -> anyhow::Result<Self> {
        // Huawei's vendor number: the shop's udev rules know it.
        let identity = Identity { vendor: "0x12d1", product: "0x1001", name: "Modem", serial: "LABMDM1" };
        let line = Line::plugged(PORT, "sim-modem", &identity, dir).await?;
        let service = Service::start("sms-gateway", dir, "unknown_resend_after_s = 600")?;
        let client = SmsGatewayServiceClient::new(chit_runtime::channel(&service.shared, "sms-gateway"));
        Ok(Self { service, client, line })
    }

    async fn explain(&self, check: impl Future<Output = anyhow::Result<String>>) -> anyhow::Result<String> {
        let outcome = check.await;
        self.service.explain(outcome)
    }

    async fn ready(&self) -> anyhow::Result<String> {
        let modem = self.until_modem(ModemState::Ready).await?;
        ensure!(modem.port == NAMED_PORT, "{modem:?}");
        Ok(format!("{}, {}", modem.port, modem.model))
    }

    async fn sends(&self, id: &str) -> anyhow::Result<String> {
        let before = self.sent().await?.len();
        let begun = Instant::now();
        self.send(id).await?;
        self.until_message(id, &[MessageState::Submitted, MessageState::Delivered]).await?;
        let sent = self.sent().await?;
        ensure!(sent.len() == before + 1 && sent[before]["to"] == PAYER, "{} went out", sent.len() - before);
        Ok(format!("{} ms", begun.elapsed().as_millis()))
    }

    async fn receives(&self) -> anyhow::Result<String> {
        let inject = json!({ "cmd": "inject_sms", "from": PAYER, "text": "K7M2 481516" });
        self.line.simulator.control.ask(inject).await?;
        let arrived = async || {
            let request = ListInboundRequest { page_size: 10, ..Default::default() };
            let page = self.client.clone().list_inbound(request).await.ok()?.into_inner();
            page.inbound.into_iter().next()
        };
        let inbound = until("the SMS is in the inbox", arrived).await?;
        ensure!(
            inbound.text == "K7M2 481516" && inbound.from_raw.contains("13800000001"),
            "other text or sender"
        );
        Ok(String::new())
    }

    async fn pulled(&self) -> anyhow::Result<String> {
        let before = self.sent().await?.len();
        let hold = json!({ "cmd": "hold_after_ctrl_z", "value": true });
        self.line.simulator.control.ask(hold).await?;
        let mut events = self.line.simulator.control.watch(0).await?;
        self.send(MESSAGES[1]).await?;
        events
            .until("a held Ctrl-Z", PATIENCE, |event| event["event"] == "ctrl_z" && event["held"] == true)
            .await?;
        let begun = Instant::now();
        self.line.unplug().await?;
        self.until_modem(ModemState::Absent).await?;
        let absent = begun.elapsed();
        let release = json!({ "cmd": "hold_after_ctrl_z", "value": false });
        self.line.simulator.control.ask(release).await?;
        self.until_message(MESSAGES[1], &[MessageState::Unknown]).await?;
        let sent = self.sent().await?.len() - before;
        ensure!(sent <= 1, "{sent} went out");
        Ok(format!("ABSENT after {} ms", absent.as_millis()))
    }

    async fn replugged(&self) -> anyhow::Result<String> {
        let begun = Instant::now();
        self.line.plug().await?;
        self.until_modem(ModemState::Ready).await?;
        let ready = begun.elapsed();
        self.sends(MESSAGES[2]).await?;
        Ok(format!("READY after {} ms", ready.as_millis()))
    }

    async fn send(&self, id: &str) -> anyhow::Result<()> {
        let request = SendMessageRequest {
            message_id: id.into(),
            to: PAYER.into(),
            text: "Chit lab".into(),
            class: MessageClass::Notice.into(),
            ..Default::default()
        };
        self.client.clone().send_message(request).await?;
        Ok(())
    }

    async fn sent(&self) -> anyhow::Result<Vec<Value>> {
        let answer = self.line.simulator.control.ask(json!({ "cmd": "sent" })).await?;
        answer["sent"].as_array().cloned().context("no list")
    }

    async fn until_modem(&self, wanted: ModemState) -> anyhow::Result<Modem> {
        let is = async || {
            let modem = self.client.clone().get_modem(GetModemRequest {}).await.ok()?.into_inner().modem?;
            (modem.state() == wanted).then_some(modem)
        };
        until(&format!("the modem is {wanted:?}"), is).await
    }

    async fn until_message(&self, id: &str, wanted: &[MessageState]) -> anyhow::Result<Message> {
        let is = async || {
            let request = GetMessageRequest { message_id: id.into() };
            let message = self.client.clone().get_message(request).await.ok()?.into_inner().message?;
            wanted.contains(&message.state()).then_some(message)
        };
        until(&format!("the message is one of {wanted:?}"), is).await
    }
}
