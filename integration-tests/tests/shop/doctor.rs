//! `chit doctor` on a running shop: what it finds, and what it says to do.

use std::fs;
use std::process::Stdio;

use chit_integration_tests::house::{House, Signal, program};
use serde_json::Value;
use tokio::process::Command;

use crate::open_shop::{open_house, options};

/// Exit code, and the checks by name.
async fn doctor(house: &House) -> (Option<i32>, Vec<Value>) {
    let mut chit = Command::new(program("chit").unwrap());
    chit.arg("--config").arg(house.place.config()).args(["--json", "doctor"]).stdin(Stdio::null());
    let output = chit.output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    (output.status.code(), report["checks"].as_array().unwrap().clone())
}

fn found<'a>(checks: &'a [Value], what: &str) -> &'a Value {
    checks.iter().find(|check| check["what"] == what).unwrap_or_else(|| panic!("no {what} in {checks:?}"))
}

fn text<'a>(check: &'a Value, key: &str) -> &'a str {
    check[key].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_asks_every_service_what_it_thinks_of_its_section() {
    let (house, _) = open_house(&options()).await;
    let (code, checks) = doctor(&house).await;
    assert_eq!(code, Some(0), "{checks:?}");
    assert_eq!(found(&checks, "sections")["level"], "OK");
    let good = fs::read_to_string(house.place.config()).unwrap();
    for (section, wrong, named) in [
        ("printer", "copies_maks = 1", "did you mean `copies_max`?"),
        ("media-capture", "bitrate_kbps = 9", "bitrate_kbps: use 100 to 8000"),
        ("scanner", "keyboard = \"nothing\"", "keyboard"),
        ("sms-gateway", "country = \"XX\"", "country"),
        ("checkout", "receipt_language = \"xx\"", "receipt_language: use \"zh-CN\" or \"en\""),
        ("ledger", "queue_max = 0", "queue_max: use at least 1"),
        ("till", "listen = \"0.0.0.0:8470\"", "proxy with TLS"),
    ] {
        let mut config: toml::Table = good.parse().unwrap();
        let own = config.entry(section).or_insert_with(|| toml::Table::new().into());
        own.as_table_mut().unwrap().extend(wrong.parse::<toml::Table>().unwrap());
        fs::write(house.place.config(), toml::to_string(&config).unwrap()).unwrap();
        let (code, checks) = doctor(&house).await;
        let check = found(&checks, &format!("[{section}]"));
        assert_eq!((code, text(check, "level")), (Some(1), "FAIL"), "{checks:?}");
        assert!(text(check, "found").contains(named), "{check}");
        assert!(text(check, "next_step").contains("chit.toml"), "{check}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_tells_a_service_that_hangs_from_one_that_does_not_run() {
    let (house, _) = open_house(&options()).await;
    let pid = house.keeper("printer").pid().unwrap();
    house.kill("printer", Signal::STOP).unwrap();
    assert!(house.keeper("scanner").pause());
    let (code, checks) = doctor(&house).await;
    house.kill("printer", Signal::CONT).unwrap();
    let (held, down) = (found(&checks, "printer"), found(&checks, "scanner"));
    assert_eq!((code, text(held, "level"), text(down, "level")), (Some(1), "FAIL", "WARN"), "{checks:?}");
    assert!(text(held, "found").contains(&format!("process {pid} was stopped by a signal")), "{held}");
    assert!(text(held, "next_step").contains(&format!("kill -CONT {pid}")), "{held}");
    assert!(text(down, "found").contains("not running: its socket waits"), "{down}");
    let till = found(&checks, "till");
    assert!(text(till, "found").contains("not running"), "it is looked at, too: {till}");
    house.service_ready("printer").await.unwrap();
}
