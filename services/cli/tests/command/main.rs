//! The binary as scripts and people meet it: arguments, output, exit codes.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod fake_checkout;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const CONFIG: &str =
    "[chit]\nsandbox = true\nrun_dir = \"run\"\nstate_dir = \"state\"\nkeys_dir = \"keys\"\n";

struct Desk(tempfile::TempDir);

impl Desk {
    fn new(config: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("chit.toml"), config).unwrap();
        Self(dir)
    }

    fn dir(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chit"));
        command.arg("--config").arg(self.dir().join("chit.toml")).args(args);
        command.stdin(Stdio::null()).env_remove("CHIT_PIN");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn last_line_json(output: &Output) -> Value {
    let stdout = text(&output.stdout);
    serde_json::from_str(stdout.lines().last().unwrap_or("")).unwrap_or_else(|_| panic!("{output:?}"))
}

#[test]
fn an_unknown_key_exits_64_and_suggests_the_right_one() {
    let desk = Desk::new("[chit]\nsandbx = true\n");
    let output = desk.run(&["status"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("did you mean `sandbox`?"), "{output:?}");
}

#[test]
fn a_missing_configuration_and_a_wrong_command_exit_64() {
    let desk = Desk::new(CONFIG);
    assert_eq!(desk.run(&["selll"]).status.code(), Some(64));
    std::fs::remove_file(desk.dir().join("chit.toml")).unwrap();
    let output = desk.run(&["status"]);
    assert_eq!(output.status.code(), Some(64));
    let said = text(&output.stderr);
    assert!(said.contains("chit.toml") && said.contains("--config FILE names another"), "{output:?}");
}

#[test]
fn a_shop_without_a_recovery_key_is_not_backed_up_into_a_file_that_nobody_can_open() {
    let desk = Desk::new(CONFIG);
    let file = desk.dir().join("shop.age");
    let output = desk.run(&["--json", "backup", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(last_line_json(&output)["error"]["reason"], "RECOVERY_KEY_MISSING");
    assert!(!file.exists() && text(&output.stderr).contains("chit init"), "{output:?}");
}

#[test]
fn a_shop_that_does_not_run_is_backed_up_and_restored_too() {
    let (desk, bare) = (Desk::new(CONFIG), Desk::new(CONFIG));
    let keys = last_line_json(&desk.run(&["--json", "init"]));
    std::fs::create_dir_all(desk.dir().join("state/checkout")).unwrap();
    std::fs::write(desk.dir().join("state/checkout/note"), "sold").unwrap();
    let folder = desk.dir().join("backups");
    let args = ["--json", "backup", "--keep", "2", folder.to_str().unwrap()];
    let taken = last_line_json(&desk.run(&args));
    let file = taken["file"].as_str().unwrap();
    let key = bare.dir().join("key");
    std::fs::write(&key, keys["recovery_key"].as_str().unwrap()).unwrap();
    let output = bare.run(&["--json", "restore", file, "--recovery-key", key.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    for name in ["state/checkout/note", "keys/card-master.key", "keys/staff.toml", "chit.toml"] {
        let read = |desk: &Desk| std::fs::read(desk.dir().join(name)).unwrap();
        assert_eq!(read(&desk), read(&bare), "{name}");
    }
    let note = std::fs::read_to_string(bare.dir().join("state/checkout/restored")).unwrap();
    assert_eq!(note, taken["taken_at"].as_str().unwrap(), "so that its cards skip rows");
    let sealed = std::fs::read(file).unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1"), "nothing of it is in clear");
}

#[test]
fn init_prints_pins_once_and_changes_nothing_later() {
    let desk = Desk::new(CONFIG);
    let first = desk.run(&["init", "--json"]);
    assert!(first.status.success(), "{first:?}");
    let pins = last_line_json(&first)["pins"].as_array().unwrap().clone();
    let people: Vec<_> = pins.iter().map(|pin| (pin["name"].clone(), pin["role"].clone())).collect();
    assert_eq!(
        people,
        [("li", "cashier"), ("wang", "supervisor"), ("zhao", "owner")].map(|(n, r)| (n.into(), r.into()))
    );
    let staff = std::fs::read(desk.dir().join("keys/staff.toml")).unwrap();
    let second = desk.run(&["init", "--json"]);
    assert_eq!(last_line_json(&second), serde_json::json!({"pins": []}));
    assert_eq!(std::fs::read(desk.dir().join("keys/staff.toml")).unwrap(), staff);
    for pin in pins {
        let pin = pin["pin"].as_str().unwrap();
        assert!(pin.len() == 6 && !text(&staff).contains(pin));
    }
}

#[test]
fn a_sandbox_does_not_open_a_real_shop_s_state() {
    let desk = Desk::new(CONFIG);
    std::fs::create_dir(desk.dir().join("state")).unwrap();
    std::fs::write(desk.dir().join("state/REAL"), "").unwrap();
    let output = desk.run(&["init"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("REAL data"), "{output:?}");
}

#[test]
fn doctor_fails_without_services_and_names_the_next_step_of_each() {
    let desk = Desk::new(CONFIG);
    assert!(desk.run(&["init"]).status.success());
    let output = desk.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stdout = text(&output.stdout);
    for service in ["ledger", "checkout", "printer", "media-capture", "scanner", "sms-gateway"] {
        assert!(stdout.contains(&format!("systemctl start chit-{service}")), "{stdout}");
    }
    assert!(stdout.contains("OK    keys"), "{stdout}");
    std::fs::remove_file(desk.dir().join("keys/till.key")).unwrap();
    let json = desk.run(&["doctor", "--json"]);
    let value: Value = serde_json::from_str(text(&json.stdout).lines().next().unwrap()).unwrap();
    assert_eq!(value["level"], "FAIL");
    let till = value["checks"].as_array().unwrap().iter().find(|check| check["what"] == "till.key").unwrap();
    assert_eq!(till["next_step"], "run `chit init`");
}

#[test]
fn a_service_that_is_not_there_exits_1_and_json_names_the_reason() {
    let desk = Desk::new(CONFIG);
    let output = desk.run(&["--json", "status"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(last_line_json(&output)["error"]["reason"], "SERVICE_UNREACHABLE");
    assert!(text(&output.stderr).contains("chit doctor"), "{output:?}");
}

#[test]
fn an_approval_without_approver_or_pin_is_wrong_use() {
    let desk = Desk::new(CONFIG);
    for args in [
        &["dispute", "resolve", "D", "--uphold"][..],
        &["dispute", "resolve", "D", "--uphold", "--approver", "wang"],
        &["payer", "new-card", "P", "--approver", "wang"],
        &["payer", "change-phone", "P", "--phone", "1", "--approver", "wang", "--second-approver", "li"],
    ] {
        let output = desk.run(args);
        assert_eq!(output.status.code(), Some(64), "{output:?}");
    }
}

#[test]
fn evidence_is_verified_without_any_configuration() {
    let desk = Desk::new("");
    std::fs::remove_file(desk.dir().join("chit.toml")).unwrap();
    let (key, sale) = ("a".repeat(64), "01J9ZQ4M8W5T7V2X3Y6B0C1D2F");
    let output = desk.run(&["evidence", "verify", "nowhere", "--key", &key, "--sale", sale]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("folder of a bundle"), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_one_trace_and_its_retries_are_one_request() {
    let desk = Desk::new(CONFIG);
    let checkout = fake_checkout::start(desk.dir(), 2).await;
    let command = desk.command(&["deduct", "run", "--json"]);
    let mut command = tokio::process::Command::from(command);
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(last_line_json(&output)["waiting"], 7);
    let calls = checkout.calls();
    assert_eq!(calls.len(), 3, "two restarts, then an answer");
    let (id, traceparent) = &calls[0];
    assert_eq!((id.len(), traceparent.len()), (26, 55));
    for (other_id, other_traceparent) in &calls {
        assert_eq!((other_id, &other_traceparent[..36]), (id, &traceparent[..36]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_exits_2_with_reason_field_and_remedy() {
    let desk = Desk::new(CONFIG);
    let _checkout = fake_checkout::start(desk.dir(), 0).await;
    let args = ["--json", "--request-id", "mine", "deduct", "release", "01J0000000000000000000000S"];
    let output = tokio::process::Command::from(desk.command(&args)).output().await.unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let error = &last_line_json(&output)["error"];
    assert_eq!(
        (error["reason"].as_str(), error["field"].as_str()),
        (Some("SALE_NOT_FOUND"), Some("sale_id"))
    );
    assert!(error["message"].as_str().unwrap().contains("check the id"));
}
