//! A process without an exporter: it begins no trace, and carries on a caller's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod echo;

use chit_runtime::trace::current_traceparent;
use chit_runtime::{Context, Section, Server, Shared, call, channel, main_with};
use serde::Deserialize;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;
use tonic::metadata::MetadataValue;

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

impl Section for Empty {
    fn check(&self, _: &Shared) -> anyhow::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn without_an_exporter_no_trace_begins_and_a_callers_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("chit.toml");
    std::fs::write(&file, "[chit]\nsandbox = true\nrun_dir = \"run\"\nstate_dir = \"state\"\n").unwrap();
    let args: [OsString; 2] = ["--config".into(), file.into_os_string()];
    let (started, start) = tokio::sync::oneshot::channel();
    let service = std::thread::spawn(move || {
        main_with(args.into_iter(), "ledger", |ctx: Context, _: Empty| async move {
            started.send(ctx.clone()).expect("the test waits for it");
            let echo = echo::Echo::new(|_| Box::pin(async { Ok(current_traceparent().unwrap_or_default()) }));
            Server::new(&ctx, &[]).add(echo).run().await
        })
    });
    let ctx = start.await.unwrap();
    let ledger = channel(&ctx.shared, "ledger");

    let untraced = call(PATIENCE, String::new(), |request| echo::say(ledger.clone(), request));
    assert_eq!(untraced.await.unwrap(), "", "no exporter would read it");
    let sale = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let traced = call(PATIENCE, String::new(), |mut request| {
        request.metadata_mut().insert("traceparent", MetadataValue::from_static(sale));
        echo::say(ledger.clone(), request)
    });
    assert_eq!(traced.await.unwrap().get(..36), sale.get(..36));

    ctx.shutdown.trigger();
    let code = tokio::task::spawn_blocking(|| service.join().unwrap()).await.unwrap();
    assert_eq!(code, ExitCode::SUCCESS);
}
