//! The real binary in a private sandbox, a client of its socket, and a scripted modem.

pub mod modem;

use chit_proto::sms_gateway::v1 as pb;
use chit_runtime::Channel;
use chit_runtime::config::Shared;
use chit_runtime::{Clock, channel, clock};
use pb::sms_gateway_service_client::SmsGatewayServiceClient;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

pub const DEADLINE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

pub type Client = SmsGatewayServiceClient<Channel>;

pub struct Desk {
    dir: tempfile::TempDir,
    shared: Shared,
    child: Child,
    pub client: Client,
}

impl Desk {
    /// `settings` are lines of `[sms-gateway]`.
    pub async fn start(port: &str, settings: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = format!(
            "[chit]\nrun_dir = \"run\"\nstate_dir = \"state\"\nkeys_dir = \"keys\"\nsandbox = true\n\
             [sms-gateway]\nport = \"{port}\"\nmax_per_minute = 1000\n{settings}\n"
        );
        std::fs::write(dir.path().join("chit.toml"), file).unwrap();
        let shared = Shared::sandbox_in(dir.path());
        std::fs::create_dir_all(&shared.keys_dir).unwrap();
        std::fs::write(shared.keys_dir.join("sms-data.key"), [7; 32]).unwrap();
        let child = spawn(dir.path());
        let client = Client::new(channel(&shared, "sms-gateway"));
        let desk = Self { dir, shared, child, client };
        desk.wait_serving().await;
        desk
    }

    /// SIGKILL, then a new process on the same files.
    pub async fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(self.dir.path());
        self.client = Client::new(channel(&self.shared, "sms-gateway"));
        self.wait_serving().await;
    }

    pub fn advance(&self, seconds: i64) {
        Clock::of(&self.shared).advance(jiff::SignedDuration::from_secs(seconds)).unwrap();
    }

    pub fn in_seconds(&self, seconds: i64) -> prost_types::Timestamp {
        clock::to_proto(Clock::of(&self.shared).now() + jiff::SignedDuration::from_secs(seconds))
    }

    pub fn path(&self) -> &std::path::Path {
        self.dir.path()
    }

    pub async fn send(&self, request: pb::SendMessageRequest) -> Result<pb::Message, tonic::Status> {
        let answer = self.client.clone().send_message(request).await?;
        Ok(answer.into_inner().message.unwrap())
    }

    /// Waits for the state through the event stream.
    pub async fn wait_message(&self, id: &str, state: pb::MessageState) -> pb::Message {
        self.wait_message_after(id, state, 0).await
    }

    pub async fn wait_message_after(&self, id: &str, state: pb::MessageState, after: u64) -> pb::Message {
        let request = pb::WatchMessagesRequest { after_revision: after };
        let mut stream = self.client.clone().watch_messages(request).await.unwrap().into_inner();
        let wait = async {
            loop {
                let message = stream.message().await.unwrap().unwrap().message.unwrap();
                if message.message_id == id && message.state() == state {
                    return message;
                }
            }
        };
        timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("{id} never became {state:?}"))
    }

    /// Waits until a cap of the SIM is reached.
    pub async fn wait_limited(&self) -> pb::Modem {
        self.wait_modem_where("limited", |modem| modem.limited_until.is_some()).await
    }

    pub async fn wait_modem(&self, state: pb::ModemState) -> pb::Modem {
        self.wait_modem_where(state.as_str_name(), |modem| modem.state() == state).await
    }

    pub async fn wait_modem_where(&self, what: &str, wanted: impl Fn(&pb::Modem) -> bool) -> pb::Modem {
        let mut stream =
            self.client.clone().watch_modem(pb::WatchModemRequest {}).await.unwrap().into_inner();
        let wait = async {
            loop {
                let modem = stream.message().await.unwrap().unwrap().modem.unwrap();
                if wanted(&modem) {
                    return modem;
                }
            }
        };
        timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("the modem never became {what}"))
    }

    pub async fn wait_inbound(&self, after_seq: u64) -> pb::Inbound {
        let request = pb::WatchInboundRequest { after_seq };
        let mut stream = self.client.clone().watch_inbound(request).await.unwrap().into_inner();
        let next = timeout(DEADLINE, stream.message()).await.expect("an inbound message in time");
        next.unwrap().unwrap().inbound.unwrap()
    }

    async fn wait_serving(&self) {
        until("the service serves", || async {
            self.client.clone().get_modem(pb::GetModemRequest {}).await.is_ok()
        })
        .await;
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(dir: &std::path::Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_chit-sms-gateway"))
        .arg("--config")
        .arg(dir.join("chit.toml"))
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// Polls a condition that has no event, with a deadline.
pub async fn until<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let mut polls = interval(POLL);
    polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let wait = async {
        loop {
            polls.tick().await;
            if condition().await {
                return;
            }
        }
    };
    timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

pub fn message(id: &str, class: pb::MessageClass) -> pb::SendMessageRequest {
    pb::SendMessageRequest {
        message_id: id.into(),
        to: "+8613800138000".into(),
        text: "reply row 23".into(),
        class: class.into(),
        subject_id: "subject".into(),
        ..pb::SendMessageRequest::default()
    }
}

/// STATUS-REPORT "delivered" for +8613800138000 with this TP-MR.
pub fn delivered(reference: u8) -> String {
    format!("0006{reference:02X}0D91683108108300F0421142815090234211428151002300")
}
