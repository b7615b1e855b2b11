//! A modem with a driver of its own (foreign_modem.py), with one set of foreign habits at a time.

use crate::lab::{Client, Lab, PATIENCE, UNCAPPED, inbox, notice, until};
use chit_proto::sms_gateway::v1 as pb;
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sms/foreign_modem.py");
pub const TO: &str = "+8613800138000";
/// "否" and "hello" from +8613800138000.
pub const REPLY: &str = "00040D91683108108300F0000842114281509023025426";
pub const SECOND: &str = "00040D91683108108300F000004211428150002305E8329BFD06";
/// "row 7", "row 8": SUBMIT with a report asked for, valid for a day.
const ROW_7: &str = "0031000D91683108108300F00000A705F2F71D7403";
const ROW_8: &str = "0031000D91683108108300F00000A705F2F71D8403";

/// Ends with the pipe at its stdin.
pub struct Foreign {
    _child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Foreign {
    pub async fn start(link: &std::path::Path, habits: Value) -> Self {
        let mut child = Command::new("python3")
            .args([PROGRAM, link.to_str().unwrap(), habits.as_str().unwrap_or(&habits.to_string())])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python3");
        let stdin = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut foreign = Self { _child: child, stdin, lines };
        foreign.event("ready").await;
        foreign
    }

    pub async fn next(&mut self) -> Value {
        let line = timeout(PATIENCE, self.lines.next_line()).await.expect("the foreign modem says something");
        serde_json::from_str(&line.unwrap().expect("the foreign modem is there")).unwrap()
    }

    pub async fn event(&mut self, name: &str) -> Value {
        let wait = async {
            loop {
                let event = self.next().await;
                if event["event"] == name {
                    return event;
                }
            }
        };
        timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("the foreign modem saw no {name}"))
    }

    pub async fn order(&mut self, order: Value) {
        self.stdin.write_all(format!("{order}\n").as_bytes()).await.unwrap();
    }
}

/// STATUS-REPORT "delivered" for `TO` with this TP-MR.
pub fn delivered(reference: &Value) -> String {
    let reference = reference.as_u64().unwrap();
    format!("0006{reference:02X}0D91683108108300F0421142815090234211428151002300")
}

pub async fn gateway(habits: Value, settings: &str) -> (Lab, Client, Foreign) {
    let mut lab = Lab::new(0, settings);
    let link = lab.dir.path().join("modem0");
    let foreign = Foreign::start(&link, habits).await;
    lab.start(None);
    let client = lab.client();
    until("serving", async || client.clone().get_modem(pb::GetModemRequest {}).await.is_ok()).await;
    (lab, client, foreign)
}

pub async fn state(client: &Client, id: &str) -> pb::MessageState {
    let request = pb::GetMessageRequest { message_id: id.to_owned() };
    client.clone().get_message(request).await.unwrap().into_inner().message.unwrap().state()
}

/// Two messages out, each once and with its report if there are any; two messages in, each once, and the SIM empty.
pub async fn works(habits: Value, reports: bool) {
    let settings = format!("{UNCAPPED}answer_timeout_s = 5\nport = \"DIR/modem0\"\n");
    let (_lab, client, mut foreign) = gateway(habits, &settings).await;
    foreign.order(json!({ "sms": REPLY })).await;
    for (text, pdu) in [("row 7", ROW_7), ("row 8", ROW_8)] {
        let request = notice(TO, text);
        let id = request.message_id.clone();
        client.clone().send_message(request).await.unwrap();
        let submit = foreign.event("submit").await;
        // Who cannot get a report asks for none (TP-SRR).
        let pdu = if reports { pdu.to_owned() } else { pdu.replacen("0031", "0011", 1) };
        assert_eq!(submit["pdu"], pdu);
        until("it is submitted", async || state(&client, &id).await == pb::MessageState::Submitted).await;
        if reports {
            foreign.order(json!({ "report": delivered(&submit["reference"]) })).await;
            until("it is delivered", async || state(&client, &id).await == pb::MessageState::Delivered).await;
        }
    }
    foreign.order(json!({ "sms": SECOND })).await;
    until("both are here", async || inbox(&client).await.len() == 2).await;
    let came = inbox(&client).await;
    assert_eq!((came[0].text.as_str(), came[1].text.as_str()), ("否", "hello"));
    loop {
        foreign.order(json!({ "used": true })).await;
        if foreign.event("used").await["used"] == 0 {
            break;
        }
    }
}

macro_rules! habits {
    ($($name:ident: $habits:tt, $reports:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            works(json!($habits), $reports).await;
        }
    )*};
}

habits! {
    a_modem_that_ends_lines_with_a_carriage_return_only: { "eol": "\r", "prompt": "\r>" }, true;
    a_modem_that_ends_lines_with_line_feeds_and_more: { "eol": "\r\r\n", "prompt": ">" }, true;
    a_modem_that_answers_in_numbers: { "numeric": true }, true;
    a_modem_that_was_told_to_be_quiet: { "quiet": true }, true;
    a_modem_that_cannot_leave_off_its_echo: { "echo_stuck": true, "spaces": true }, true;
    a_modem_that_writes_blanks_and_small_letters_everywhere:
        { "spaces": true, "lower_hex": true, "words": true, "creg": "2,5,\"00C3\",\"01\",7" }, true;
    a_modem_that_talks_in_between:
        { "noise": ["^RSSI:9", "+CREG: 1", "$QCSIMSTAT: 1", "+CREG: 5,\"00C3\",\"01\"", "0,1"] }, true;
    a_modem_that_knows_hardly_a_command: {
        "unknown": ["Q0", "+CMEE", "+CPIN", "+CSMS", "+CPMS", "+CNMI", "+CREG", "+CEREG", "+CSQ", "+CGMI", "+CMMS"],
        "bare_at": "ERROR",
    }, false;
    a_modem_that_refuses_in_words:
        { "unknown": ["+CPIN", "+CSMS", "+CNMI=2"], "refusal": "+CME ERROR: operation not supported", "cnmi": "1,1,0,1,0" }, true;
    a_modem_that_refuses_by_number: { "unknown": ["+CREG", "+CPMS=\"S"], "refusal": "+CME ERROR: 4" }, true;
    a_modem_with_other_memories: { "memories": ["MT", "BM"], "memories_max": 1 }, true;
    a_modem_that_stores_elsewhere_than_it_says: { "memories": ["SM"], "announce_in": "ME" }, true;
    a_modem_that_stores_its_reports: { "cnmi": "2,1,2,2,0" }, true;
    a_modem_that_wants_each_report_acknowledged: { "wants_acks": true, "report_length_wrong": -7 }, true;
    a_modem_that_takes_its_time: { "slow_ms": 300 }, true;
    a_modem_that_says_nothing_to_what_it_does_not_know:
        { "silent": ["Q0", "+CMEE", "+CSMS", "+CCID", "+ICCID", "+CGSN", "+CNMI?", "+CMMS", "+CEREG"] }, true;
    a_modem_that_is_busy_with_its_sim: { "busy": 5 }, true;
    a_modem_that_looks_long_for_its_network: { "slow_ms": 2500, "slow": ["+CREG?"] }, true;
    a_modem_that_wakes_with_garbage: { "garbage": "\0\u{ff}\u{80}~\u{1b}AT\r\0OK\r+CMGS: 9\r", "echo": false }, true;
    a_modem_that_ends_each_answer_twice: { "twice": true }, true;
    a_modem_that_ends_each_answer_twice_and_late: { "twice": true, "late_twin_ms": 40 }, true;
    a_modem_that_forgets_the_end_of_an_answer: { "cpin_without_ok": true }, true;
    a_modem_that_ends_an_answer_when_nobody_expects_it: { "cpin_ok_late_ms": 1150 }, true;
    a_modem_that_gives_no_reference: { "reference": false }, true;
    a_modem_that_says_ok_to_everything: { "always_ok": true, "unknown": ["+CREG"], "refusal": "OK" }, true;
}
