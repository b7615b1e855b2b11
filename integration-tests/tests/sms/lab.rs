//! The real gateway and simulated modems in a folder of their own.

use chit_integration_tests::house::program;
use chit_proto::sms_gateway::v1 as pb;
use chit_proto::sms_gateway::v1::sms_gateway_service_client::SmsGatewayServiceClient;
use chit_runtime::Channel;
use chit_runtime::{Shared, channel};
use chit_simulators::client::Simulator;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::time::sleep;
use ulid::Ulid;

/// A condition that has no event is looked at so often.
const LOOK: Duration = Duration::from_millis(5);
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Caps and policies out of the way: what is measured is the gateway.
pub const UNCAPPED: &str =
    "max_per_minute = 1000000\nmax_per_destination_day = 0\nmax_per_client_hour = 0\ncountries = []\n";

pub type Client = SmsGatewayServiceClient<Channel>;

pub struct Lab {
    pub dir: TempDir,
    pub shared: Shared,
    pub modems: Vec<Simulator>,
    gateway: Option<Child>,
}

impl Lab {
    /// `settings` are lines of `[sms-gateway]`; DIR in them is the folder. The gateway is not started yet.
    pub fn new(modems: usize, settings: &str) -> Self {
        // Sockets have short paths only (unix(7)).
        let dir = tempfile::Builder::new().prefix("chit-").tempdir_in("/tmp").unwrap();
        let modems: Vec<Simulator> = (0..modems).map(|at| modem(dir.path(), at)).collect();
        let list = match modems.len() {
            // The settings name another transport.
            0 => settings.replace("DIR", dir.path().to_str().unwrap()),
            1 => format!("port = \"{}\"\n{settings}", link(dir.path(), 0).display()),
            count => settings.to_owned() + &(0..count).map(|at| line(dir.path(), at)).collect::<String>(),
        };
        let text = format!(
            "[chit]\nrun_dir = \"run\"\nstate_dir = \"state\"\nkeys_dir = \"keys\"\nsandbox = true\nlog = \"warn\"\n\
             [sms-gateway]\n{list}\n"
        );
        std::fs::write(dir.path().join("chit.toml"), text).unwrap();
        let shared = Shared::sandbox_in(dir.path());
        std::fs::create_dir_all(&shared.keys_dir).unwrap();
        std::fs::write(shared.keys_dir.join("sms-data.key"), [7; 32]).unwrap();
        Self { dir, shared, modems, gateway: None }
    }

    /// `crash`: where it shall die (`CHIT_SMS_CRASH`).
    pub fn start(&mut self, crash: Option<&str>) {
        self.stop();
        let mut command = Command::new(find("chit-sms-gateway"));
        command.arg("--config").arg(self.dir.path().join("chit.toml")).stdin(Stdio::null());
        match crash {
            Some(point) => command.env("CHIT_SMS_CRASH", point),
            None => command.env_remove("CHIT_SMS_CRASH"),
        };
        self.gateway = Some(command.spawn().unwrap());
    }

    /// SIGKILL.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.gateway.take() {
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    pub fn has_died(&mut self) -> bool {
        self.gateway.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some())
    }

    pub fn client(&self) -> Client {
        Client::new(channel(&self.shared, "sms-gateway"))
    }

    pub async fn started(modems: usize, settings: &str) -> (Self, Client) {
        let mut lab = Self::new(modems, settings);
        lab.start(None);
        let client = lab.client();
        until("the gateway serves", async || client.clone().get_modem(pb::GetModemRequest {}).await.is_ok())
            .await;
        (lab, client)
    }

    pub fn fault(&self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        for modem in &self.modems {
            ask(modem, json!({ "cmd": "fault", "name": name, "value": value }));
        }
    }

    /// What the network took, by all modems.
    pub fn sent(&self) -> Vec<Sent> {
        self.modems.iter().flat_map(sent_by).collect()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A message as the network has it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Unix milliseconds.
    pub at: i64,
    pub to: String,
    pub text: String,
}

pub fn sent_by(modem: &Simulator) -> Vec<Sent> {
    let answer = ask(modem, json!({ "cmd": "sent" }));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let read = |sent: &Value| Sent {
        at: sent["at"].as_i64().unwrap(),
        to: text(&sent["to"]),
        text: text(&sent["text"]),
    };
    answer["sent"].as_array().unwrap().iter().map(read).collect()
}

pub fn ask(modem: &Simulator, request: Value) -> Value {
    let answer = modem.request(&request).unwrap();
    assert!(answer["error"].is_null(), "{request}: {answer}");
    answer
}

/// A modem of its own, for a peer.
pub fn modem(dir: &Path, at: usize) -> Simulator {
    let link = link(dir, at);
    let args = ["--link", link.to_str().unwrap()];
    Simulator::start(&find("sim-modem"), &args, &dir.join(format!("m{at}.ctl"))).unwrap()
}

pub fn link(dir: &Path, at: usize) -> PathBuf {
    dir.join(format!("modem{at}"))
}

fn line(dir: &Path, at: usize) -> String {
    format!("[[sms-gateway.modems]]\nname = \"m{at}\"\nport = \"{}\"\n", link(dir, at).display())
}

/// A measurement takes the programs of the release build.
fn find(name: &str) -> PathBuf {
    match std::env::var_os("CHIT_SMS_PROGRAMS") {
        Some(folder) => Path::new(&folder).join(name),
        None => program(name).unwrap(),
    }
}

pub async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < deadline, "not in time: {what}");
        sleep(LOOK).await;
    }
}

pub fn notice(to: &str, text: &str) -> pb::SendMessageRequest {
    pb::SendMessageRequest {
        message_id: Ulid::generate().to_string(),
        to: to.to_owned(),
        text: text.to_owned(),
        class: pb::MessageClass::Notice.into(),
        ..pb::SendMessageRequest::default()
    }
}

/// A number of its own for each.
pub fn number(at: usize) -> String {
    format!("+86138{at:08}")
}

/// All incoming messages, in order.
pub async fn inbox(client: &Client) -> Vec<pb::Inbound> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListInboundRequest { page_size: 1000, page_token };
        let page = client.clone().list_inbound(request).await.unwrap().into_inner();
        all.extend(page.inbound);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            all.reverse();
            return all;
        }
    }
}

/// A number from the environment, for the long forms.
pub fn count_from(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().unwrap())
}
