//! SMPP against a server written elsewhere: npm `smpp`.

use crate::lab::{Client, Lab, PATIENCE, UNCAPPED, inbox, notice, until};
use chit_proto::sms_gateway::v1 as pb;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const TO: &str = "+8613800138000";

/// Ends with the pipe at its stdin.
struct Server {
    _child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Server {
    fn start() -> Self {
        let root = Path::new(ROOT);
        let mut child = Command::new("node")
            .arg(root.join("integration-tests/tests/sms/smpp_server.js"))
            .env("NODE_PATH", root.join(".tools/node/node_modules"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node: ./deploy/setup installs it");
        let stdin = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { _child: child, stdin, lines }
    }

    async fn event(&mut self, name: &str) -> Value {
        loop {
            let line = timeout(PATIENCE, self.lines.next_line()).await.unwrap().unwrap();
            let event: Value = serde_json::from_str(&line.expect("the SMPP server is there")).unwrap();
            if event["event"] == name {
                return event;
            }
        }
    }

    async fn order(&mut self, order: Value) {
        self.stdin.write_all(format!("{order}\n").as_bytes()).await.unwrap();
    }
}

/// The password's file lives as long as the last of what is given.
async fn lab(server: &mut Server) -> (Lab, Client, tempfile::TempPath) {
    let port = server.event("listening").await["port"].as_u64().unwrap();
    let secret = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    std::fs::write(&secret, "secret\n").unwrap();
    let settings = format!(
        "{UNCAPPED}answer_timeout_s = 2\n[[sms-gateway.modems]]\nname = \"operator\"\ntransport = \"smpp\"\n\
         smpp = {{ address = \"127.0.0.1:{port}\", system_id = \"chit\", password_file = \"{}\", source = \"+8613900000001\" }}\n",
        secret.display()
    );
    let (lab, client) = Lab::started(0, &settings).await;
    server.event("bound").await;
    (lab, client, secret)
}

async fn state(client: &Client, id: &str) -> pb::MessageState {
    let request = pb::GetMessageRequest { message_id: id.to_owned() };
    client.clone().get_message(request).await.unwrap().into_inner().message.unwrap().state()
}

#[tokio::test]
async fn messages_go_out_by_smpp_with_receipts_and_replies_come_in() {
    let mut server = Server::start();
    let (_lab, client, _secret) = lab(&mut server).await;
    for (text, parts) in [("5 € [ok]", 1), ("付款回6位数", 1), ("0123456789".repeat(20).as_str(), 2)] {
        let request = pb::SendMessageRequest { parts_max: parts, ..notice(TO, text) };
        let id = request.message_id.clone();
        client.clone().send_message(request).await.unwrap();
        let mut got = String::new();
        for _ in 0..parts {
            let submit = server.event("submit").await;
            assert_eq!((submit["to"].as_str(), submit["receipt"].as_u64()), (Some("8613800138000"), Some(1)));
            assert_eq!(submit["udh"].as_bool(), Some(parts > 1));
            got += submit["text"].as_str().unwrap();
        }
        assert_eq!(got, text);
        until("the receipt is in", async || state(&client, &id).await == pb::MessageState::Delivered).await;
    }
    server.order(json!({ "from": "8613800138000", "text": "481516" })).await;
    server.order(json!({ "from": "8613800138000", "text": "否，不是我" })).await;
    until("both are in the inbox", async || inbox(&client).await.len() == 2).await;
    let came = inbox(&client).await;
    assert_eq!((came[0].text.as_str(), came[1].text.as_str()), ("481516", "否，不是我"));
    assert_eq!((came[0].from_e164.as_str(), came[0].modem.as_str()), (TO, "operator"));
}

#[tokio::test]
async fn a_lost_answer_of_the_server_is_unknown_and_nothing_is_sent_twice() {
    let mut server = Server::start();
    let (_lab, client, _secret) = lab(&mut server).await;
    server.order(json!({ "swallow": 1 })).await;
    let (lost, next) = (notice(TO, "lost"), notice("+8613800138001", "next"));
    let id = lost.message_id.clone();
    client.clone().send_message(lost).await.unwrap();
    until("it is unknown", async || state(&client, &id).await == pb::MessageState::Unknown).await;
    server.event("bound").await;
    client.clone().send_message(next).await.unwrap();
    assert_eq!(
        server.event("submit").await["text"],
        "next",
        "the lost one was submitted before the second bind"
    );
    assert_eq!(state(&client, &id).await, pb::MessageState::Unknown);
}

#[tokio::test]
async fn a_letter_that_the_server_repeats_after_a_broken_connection_is_one_letter() {
    let mut server = Server::start();
    let (lab, client, _secret) = lab(&mut server).await;
    let answer = json!({ "from": "8613800138000", "text": "481516" });
    server.order(json!({ "from": "8613800138000", "text": "481516", "lose": true })).await;
    server.event("taken").await;
    server.event("bound").await;
    server.event("taken").await;
    assert_eq!(inbox(&client).await.len(), 1);
    // The payer writes the same again: that is a second letter.
    chit_runtime::Clock::of(&lab.shared).advance(jiff::SignedDuration::from_secs(2)).unwrap();
    server.order(answer).await;
    server.event("taken").await;
    assert_eq!(inbox(&client).await.len(), 2);
}

/// Servers write the type of number as they like: 0 (unknown), 2 (national), and a plus that the type already says.
#[tokio::test]
async fn a_payer_is_known_however_the_server_writes_their_number() {
    let mut server = Server::start();
    let (_lab, client, _secret) = lab(&mut server).await;
    let writings = [
        (0, "8613800138000"),
        (0, "+8613800138000"),
        (2, "13800138000"),
        (2, "013800138000"),
        (1, "8613800138000"),
    ];
    for (nth, (ton, from)) in writings.into_iter().enumerate() {
        server.order(json!({ "ton": ton, "from": from, "text": format!("row {nth}") })).await;
        until("it is here", async || inbox(&client).await.len() == nth + 1).await;
        let came =
            inbox(&client).await.into_iter().find(|letter| letter.text == format!("row {nth}")).unwrap();
        assert!(came.from_candidates.contains(&"+8613800138000".to_owned()), "{ton} {from}: {came:?}");
    }
}
