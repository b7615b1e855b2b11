//! The scanner simulator through its pty.

use crate::line::Host;
use chit_simulators::client::Simulator;
use serde_json::json;

fn lab() -> (tempfile::TempDir, Simulator, Host) {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("scanner0");
    let binary = env!("CARGO_BIN_EXE_sim-scanner");
    let args = ["--link", link.to_str().unwrap()];
    let scanner = Simulator::start(binary.as_ref(), &args, &dir.path().join("scanner.sock")).unwrap();
    let host = Host::open(&link);
    (dir, scanner, host)
}

#[test]
fn scanner_writes_aim_identifier_data_and_suffix() {
    let (_dir, scanner, mut host) = lab();
    let answer = scanner.request(&json!({ "cmd": "scan", "data": "6901234567892", "aim": "]E0" })).unwrap();
    assert_eq!(answer, json!({ "ok": true, "bytes": 17 }));
    assert_eq!(host.until("\r"), "]E06901234567892\r");
    scanner.request(&json!({ "cmd": "scan", "data": "PAY", "suffix": "\r\n", "split": [1, 1] })).unwrap();
    assert_eq!(host.until("\n"), "PAY\r\n");
}

#[test]
fn scanner_makes_the_same_garbage_of_the_same_seed() {
    let (_dir, scanner, mut host) = lab();
    let mut read_64 = || {
        scanner.request(&json!({ "cmd": "scan", "garbage": 64, "seed": 7 })).unwrap();
        let mut bytes = Vec::new();
        while bytes.len() < 64 {
            bytes.extend(host.read().unwrap());
        }
        bytes
    };
    assert_eq!(read_64(), read_64());
}

#[test]
fn scanner_comes_back_under_its_name_after_a_replug() {
    let (dir, scanner, mut host) = lab();
    scanner.request(&json!({ "cmd": "unplug" })).unwrap();
    assert_eq!(host.read(), None);
    let refused = scanner.request(&json!({ "cmd": "scan", "hex": "41" })).unwrap();
    assert!(refused["error"].is_string());
    scanner.request(&json!({ "cmd": "replug" })).unwrap();
    let mut host = Host::open(&dir.path().join("scanner0"));
    scanner.request(&json!({ "cmd": "scan", "hex": "DEAD0D" })).unwrap();
    assert_eq!(host.read(), Some(vec![0xDE, 0xAD, 0x0D]));
}
