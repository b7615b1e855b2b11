//! A whole service process: how it ends on a bad start, and what it sends to the collector while it runs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod collector;
mod echo;

use chit_proto::trouble::v1::trouble_service_client::TroubleServiceClient;
use chit_proto::trouble::v1::{ListTroublesRequest, Severity};
use chit_runtime::{Context, Section, Server, Shared, channel, main_with};
use serde::Deserialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tonic::metadata::MetadataValue;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

impl Section for Empty {
    fn check(&self, _: &Shared) -> anyhow::Result<()> {
        Ok(())
    }
}

fn config_in(dir: &Path, more: &str) -> PathBuf {
    let file = dir.join("chit.toml");
    let text = format!("[chit]\nsandbox = true\nrun_dir = \"run\"\nstate_dir = \"state\"\n{more}");
    std::fs::write(&file, text).unwrap();
    file
}

fn args(file: &Path) -> impl Iterator<Item = OsString> {
    ["--config".into(), file.to_owned().into_os_string()].into_iter()
}

#[test]
fn a_bad_configuration_exits_with_64() {
    let dir = tempfile::tempdir().unwrap();
    let never = |_: Context, _: Empty| async { panic!("a service must not run on a bad configuration") };
    let unknown_key = config_in(dir.path(), "rundir = 3\n");
    assert_eq!(main_with(args(&unknown_key), "ledger", never), ExitCode::from(64));
    assert_eq!(main_with(args(&dir.path().join("absent.toml")), "ledger", never), ExitCode::from(64));
    assert_eq!(main_with(["--verbose".into()].into_iter(), "ledger", never), ExitCode::from(64));
}

/// A section with a bound that its type does not know.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Copies {
    copies_max: u32,
}

impl Section for Copies {
    fn check(&self, shared: &Shared) -> anyhow::Result<()> {
        anyhow::ensure!(shared.sandbox && self.copies_max < 10, "copies_max: use at most 9");
        Ok(())
    }
}

#[test]
fn asked_for_a_check_a_service_says_what_is_wrong_and_neither_runs_nor_writes() {
    let dir = tempfile::tempdir().unwrap();
    let check = |copies: &str| {
        let file = config_in(dir.path(), &format!("[printer]\n{copies}\n"));
        let never = |_: Context, _: Copies| async { panic!("it was asked for a check only") };
        main_with(args(&file).chain(["--check-config".into()]), "printer", never)
    };
    assert_eq!(check("copies_max = 3"), ExitCode::SUCCESS);
    assert_eq!(check("copies_max = 30"), ExitCode::from(64));
    assert_eq!(check("copies_maks = 3"), ExitCode::from(64));
    assert!(!dir.path().join("state").exists(), "whoever asks may be another user than the service's");
}

#[test]
fn a_section_that_its_service_refuses_exits_with_64_so_that_nobody_tries_again() {
    let dir = tempfile::tempdir().unwrap();
    let file = config_in(dir.path(), "[printer]\ncopies_max = 30\n");
    let never = |_: Context, _: Copies| async { panic!("a service must not run on a bad configuration") };
    assert_eq!(main_with(args(&file), "printer", never), ExitCode::from(64));
}

#[tokio::test]
async fn what_a_service_warned_of_is_told_over_its_socket() {
    let dir = tempfile::tempdir().unwrap();
    let file = config_in(dir.path(), "");
    let (started, start) = tokio::sync::oneshot::channel();
    let service = std::thread::spawn(move || {
        main_with(args(&file), "ledger", |ctx: Context, _: Empty| async move {
            tracing::error!(target: "chit_ledger::store", reason = "DISK_FULL", "a record is not written");
            started.send(ctx.clone()).expect("the test waits for it");
            Server::new(&ctx, &[]).run().await
        })
    });
    let ctx = start.await.unwrap();
    let ledger = TroubleServiceClient::new(channel(&ctx.shared, "ledger"));
    let told = chit_runtime::call(std::time::Duration::from_secs(20), ListTroublesRequest {}, |request| {
        let mut ledger = ledger.clone();
        async move { ledger.list_troubles(request).await }
    });
    let troubles = told.await.unwrap().troubles;
    let told: Vec<_> = troubles.iter().map(|trouble| (trouble.severity(), trouble.text.as_str())).collect();
    assert_eq!(told, [(Severity::Error, "a record is not written (reason DISK_FULL)")]);
    assert_eq!(troubles[0].service, "ledger");
    ctx.shutdown.trigger();
    assert_eq!(service.join().unwrap(), ExitCode::SUCCESS);
}

#[tokio::test]
async fn spans_and_metrics_of_a_call_reach_the_collector_in_the_callers_trace() {
    let (endpoint, received) = collector::start().await;
    let dir = tempfile::tempdir().unwrap();
    let file = config_in(dir.path(), &format!("otlp_endpoint = \"{endpoint}\"\n"));
    let (started, start) = tokio::sync::oneshot::channel();
    let service = std::thread::spawn(move || {
        main_with(args(&file), "ledger", |ctx: Context, _: Empty| async move {
            started.send(ctx.clone()).expect("the test waits for it");
            let echo = echo::Echo::new(|request| echo::reply(request.into_inner()));
            Server::new(&ctx, &[]).add(echo).run().await
        })
    });
    let ctx = start.await.unwrap();
    let ledger = channel(&ctx.shared, "ledger");
    let said = chit_runtime::call(std::time::Duration::from_secs(20), "hello".to_owned(), |mut request| {
        let sale = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        request.metadata_mut().insert("traceparent", MetadataValue::from_static(sale));
        echo::say(ledger.clone(), request)
    });
    assert_eq!(said.await.unwrap(), "hello");
    ctx.shutdown.trigger();
    let code = tokio::task::spawn_blocking(|| service.join().unwrap()).await.unwrap();
    assert_eq!(code, ExitCode::SUCCESS);

    let received = received.lock().unwrap();
    let has = |signal: &str, bytes: &[u8]| {
        received
            .iter()
            .any(|(from, body)| from.contains(signal) && body.windows(bytes.len()).any(|w| w == bytes))
    };
    let trace_id = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
    assert!(has("TraceService", &trace_id), "the span is in the caller's trace");
    assert!(has("TraceService", b"chit-ledger") && has("TraceService", b"chit.test.Echo/Say"));
    assert!(has("MetricsService", b"rpc.server.call.duration"));
    assert!(has("MetricsService", b"rpc.client.call.duration"), "caller and service are one process here");
}
