//! The modem simulator through its pty: literal dialogues, literal PDUs.

use crate::line::{Host, PATIENCE};
use chit_simulators::client::Simulator;
use serde_json::{Value, json};

struct Lab {
    _dir: tempfile::TempDir,
    modem: Simulator,
    host: Host,
    link: std::path::PathBuf,
}

/// A modem and a host that switched the echo off.
fn lab() -> Lab {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("modem0");
    let args = ["--link", link.to_str().unwrap(), "--slots", "3"];
    let binary = env!("CARGO_BIN_EXE_sim-modem");
    let modem = Simulator::start(binary.as_ref(), &args, &dir.path().join("modem.sock")).unwrap();
    let mut host = Host::open(&link);
    host.ok("ATE0");
    Lab { _dir: dir, modem, host, link }
}

impl Lab {
    fn order(&self, order: Value) -> Value {
        let answer = self.modem.request(&order).unwrap();
        assert!(answer.get("error").is_none(), "{order} → {answer}");
        answer
    }

    fn fault(&self, name: &str, value: Value) {
        self.order(json!({ "cmd": "fault", "name": name, "value": value }));
    }

    fn sent(&self) -> Vec<Value> {
        self.order(json!({ "cmd": "sent" }))["sent"].as_array().unwrap().clone()
    }

    /// AT+CMGS of a PDU with an empty service centre, to Ctrl-Z.
    fn submit(&mut self, tpdu: &str) {
        self.host.say(&format!("AT+CMGS={}\r", tpdu.len() / 2));
        self.host.until("\r\n> ");
        self.host.say(&format!("00{tpdu}\u{1a}"));
    }
}

/// "hellohello" to +46708251358, relative validity, no report.
const HELLO: &str = "11000B916407281553F80000AA0AE8329BFD4697D9EC37";
/// The same, asking for a status report (TP-SRR).
const HELLO_REPORT: &str = "31000B916407281553F80000AA0AE8329BFD4697D9EC37";

#[test]
fn modem_a_submit_is_answered_with_its_reference_and_read_as_it_was_written() {
    let mut lab = lab();
    let (mut opens, mut events) = (lab.modem.watch(0).unwrap(), lab.modem.watch(0).unwrap());
    lab.submit(HELLO);
    assert_eq!(lab.host.until("OK\r\n"), "\r\n+CMGS: 1\r\n\r\nOK\r\n");
    // Who opens the line and who reads it are seen by two threads: only what is read has an order.
    opens.wait("opened", PATIENCE).unwrap();
    for event in ["prompt", "ctrl_z", "submitted", "final_answer"] {
        events.wait(event, PATIENCE).unwrap();
    }
    let sent = lab.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!((&sent[0]["to"], &sent[0]["text"]), (&json!("+46708251358"), &json!("hellohello")));
    assert_eq!((&sent[0]["encoding"], &sent[0]["validity_minutes"]), (&json!("gsm7"), &json!(5760)));
    assert_eq!(sent[0]["pdu"], format!("00{HELLO}"));
}

#[test]
fn modem_an_escape_at_the_prompt_sends_nothing() {
    let mut lab = lab();
    lab.host.say("AT+CMGS=23\r");
    lab.host.until("> ");
    lab.host.say("0011\u{1b}");
    lab.host.until("OK\r\n");
    assert!(lab.sent().is_empty());
}

#[test]
fn modem_a_pdu_of_another_length_than_announced_is_refused() {
    let mut lab = lab();
    lab.submit(&HELLO[..HELLO.len() - 2]);
    assert_eq!(lab.host.until("304\r\n"), "\r\n+CMS ERROR: 304\r\n");
}

#[test]
fn modem_ucs2_and_the_gsm7_extension_are_read() {
    let mut lab = lab();
    // "Привет" in UCS-2, "[€]" as six septets 1B3C 1B65 1B3E.
    lab.submit("01000B916407281553F800080C041F04400438043204350442");
    lab.host.until("OK\r\n");
    lab.submit("01000B916407281553F80000061BDEA6BCF101");
    lab.host.until("OK\r\n");
    let texts: Vec<Value> = lab.sent().iter().map(|sent| sent["text"].clone()).collect();
    assert_eq!(texts, ["Привет", "[€]"]);
}

#[test]
fn modem_an_arriving_message_is_announced_listed_read_and_deleted() {
    let mut lab = lab();
    lab.order(json!({ "cmd": "set_time", "unix": 922_713_419, "offset_quarters": 8 }));
    lab.host.ok("AT+CSCA=\"+27381000015\";+CNMI=2,1,0,0,0");
    lab.order(json!({ "cmd": "inject_sms", "from": "27838890001", "text": "hellohello" }));
    assert_eq!(lab.host.until("1\r\n"), "\r\n+CMTI: \"SM\",1\r\n");
    let pdu = "07917283010010F5040B817238880900F10000993092516195800AE8329BFD4697D9EC37";
    assert_eq!(lab.host.ok("AT+CMGL=0"), format!("\r\n+CMGL: 1,0,,28\r\n{pdu}\r\n\r\nOK\r\n"));
    assert_eq!(lab.host.ok("AT+CMGL=0"), "\r\nOK\r\n");
    assert_eq!(lab.host.ok("AT+CMGR=1"), format!("\r\n+CMGR: 1,,28\r\n{pdu}\r\n\r\nOK\r\n"));
    assert_eq!(lab.host.ok("AT+CMGD=1"), "\r\nOK\r\n");
    lab.host.say("AT+CMGR=1\r");
    lab.host.until("\r\n+CMS ERROR: 321\r\n");
}

#[test]
fn modem_what_a_full_sim_cannot_take_comes_when_there_is_room() {
    let mut lab = lab();
    lab.host.ok("AT+CNMI=2,1,0,0,0");
    for text in ["a", "b", "c", "d"] {
        lab.order(json!({ "cmd": "inject_sms", "from": "+8613912345678", "text": text }));
    }
    lab.host.until("\"SM\",3\r\n");
    assert_eq!(lab.order(json!({ "cmd": "state" }))["waiting"], 1);
    assert_eq!(lab.host.ok("AT+CMGD=2"), "\r\nOK\r\n");
    assert_eq!(lab.host.until("2\r\n"), "\r\n+CMTI: \"SM\",2\r\n");
}

#[test]
fn modem_a_long_text_arrives_in_parts_in_the_order_asked_for() {
    let mut lab = lab();
    let order = json!({ "cmd": "inject_sms", "from": "Chit", "text": "汉".repeat(71), "parts": [2, 1] });
    assert_eq!(lab.order(order)["parts"], 2);
    let listed = lab.host.ok("AT+CMGL=4");
    let lines: Vec<&str> = listed.lines().filter(|line| line.starts_with("0891")).collect();
    // TP-OA "Chit" alphanumeric, UDHI, UCS-2; 05 00 03 ref 02 seq.
    let oa = "4407D043749A0E0008";
    assert!(lines[0][18..].starts_with(oa) && lines[0].contains("050003010202"), "{}", lines[0]);
    assert!(lines[1][18..].starts_with(oa) && lines[1].contains("050003010201"), "{}", lines[1]);
}

#[test]
fn modem_a_status_report_follows_the_submit_that_asked_for_it() {
    let mut lab = lab();
    lab.order(json!({ "cmd": "set_time", "unix": 1_783_258_215, "offset_quarters": 32 }));
    lab.host.ok("AT+CSMS=1");
    lab.host.ok("AT+CNMI=2,1,0,1,0");
    lab.submit(HELLO_REPORT);
    lab.host.until("+CMGS: 1\r\n\r\nOK\r\n");
    lab.host.until("\r\n+CDS: 25\r\n");
    let report = lab.host.until("\r\n");
    assert!(report.starts_with("0891683108100005F006010B916407281553F862705012035123"), "{report}");
    assert!(report.ends_with("00\r\n"), "{report}");
    assert_eq!(lab.host.ok("AT+CNMA"), "\r\nOK\r\n");
    lab.host.say("AT+CNMA\r");
    lab.host.until("+CMS ERROR: 340\r\n");
}

#[test]
fn modem_a_swallowed_answer_is_a_sent_message_without_an_answer() {
    let mut lab = lab();
    let mut events = lab.modem.watch(0).unwrap();
    lab.fault("swallow_answer", json!(1));
    lab.submit(HELLO);
    events.wait("swallowed", PATIENCE).unwrap();
    assert_eq!(lab.host.ok("AT"), "\r\nOK\r\n");
    assert_eq!(lab.sent().len(), 1);
}

#[test]
fn modem_a_held_ctrl_z_sends_nothing_until_it_goes_on_even_for_another_host() {
    let mut lab = lab();
    let mut events = lab.modem.watch(0).unwrap();
    lab.order(json!({ "cmd": "hold_after_ctrl_z", "value": true }));
    lab.submit(HELLO);
    assert_eq!(events.wait("ctrl_z", PATIENCE).unwrap()["held"], true);
    assert!(lab.sent().is_empty());
    drop(lab.host);
    events.wait("closed", PATIENCE).unwrap();
    lab.host = Host::open(&lab.link);
    events.wait("opened", PATIENCE).unwrap();
    lab.order(json!({ "cmd": "continue" }));
    lab.host.until("+CMGS: 1\r\n\r\nOK\r\n");
    assert_eq!(lab.sent().len(), 1);
}

#[test]
fn modem_faults_of_network_and_line_show_as_on_real_modems() {
    let mut lab = lab();
    lab.fault("no_network", json!(true));
    assert_eq!(lab.host.ok("AT+CREG?"), "\r\n+CREG: 0,2\r\n\r\nOK\r\n");
    lab.submit(HELLO);
    lab.host.until("\r\n+CMS ERROR: 331\r\n");
    lab.fault("no_network", json!(false));
    lab.fault("cms_error", json!(500));
    lab.submit(HELLO);
    lab.host.until("\r\n+CMS ERROR: 500\r\n");
    lab.fault("urc_inside_cmgs", json!("^RSSI:18"));
    lab.fault("split_reads", json!(3));
    lab.submit(HELLO);
    assert_eq!(lab.host.until("OK\r\n"), "\r\n^RSSI:18\r\n\r\n+CMGS: 1\r\n\r\nOK\r\n");
    let unknown = lab.modem.request(&json!({ "cmd": "fault", "name": "nonsense", "value": 1 })).unwrap();
    assert!(unknown["error"].as_str().unwrap().contains("swallow_answer"));
}

#[test]
fn modem_three_wrong_pins_block_the_sim() {
    let mut lab = lab();
    lab.fault("sim_pin", json!("4321"));
    lab.host.ok("AT+CMEE=1");
    assert_eq!(lab.host.ok("AT+CPIN?"), "\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n");
    lab.host.say("AT+CMGL=4\r");
    lab.host.until("+CMS ERROR: 311\r\n");
    for _ in 0..3 {
        lab.host.say("AT+CPIN=\"0000\"\r");
        lab.host.until("+CME ERROR: 16\r\n");
    }
    assert_eq!(lab.host.ok("AT+CPIN?"), "\r\n+CPIN: SIM PUK\r\n\r\nOK\r\n");
}

#[test]
fn modem_unplugging_hangs_up_and_replugging_starts_afresh_under_the_same_name() {
    let mut lab = lab();
    lab.order(json!({ "cmd": "unplug" }));
    assert_eq!(lab.host.read(), None);
    assert!(std::fs::symlink_metadata(&lab.link).is_err());
    lab.order(json!({ "cmd": "replug" }));
    lab.host = Host::open(&lab.link);
    assert_eq!(lab.host.ok("AT"), "AT\r\r\nOK\r\n");
}

#[test]
fn modem_a_reset_mid_send_leaves_no_message_and_no_answer() {
    let mut lab = lab();
    lab.order(json!({ "cmd": "reset_mid_send" }));
    lab.submit(HELLO);
    assert_eq!(lab.host.until("RDY\r\n"), "\r\nRDY\r\n");
    assert!(lab.sent().is_empty());
}
