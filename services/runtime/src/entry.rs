//! The life of a service process, the same for all of them.

use crate::clock::Clock;
use crate::config::{self, ConfigError, Section, Shared};
use crate::shutdown::Shutdown;
use crate::{failpoint, telemetry};
use anyhow::Context as _;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// sysexits.h EX_USAGE, which linkerd2-proxy uses for a bad configuration too.
const EXIT_CONFIG: u8 = 64;
const CONFIG_DEFAULT: &str = "/etc/chit/chit.toml";
/// The server's own grace is 3 s; what still runs after this is cut.
const STOP_MAX: Duration = Duration::from_secs(5);
const COMMIT_MAX: Duration = Duration::from_secs(1);
/// Services wait more than they compute, and six of them share a small machine.
const WORKERS: usize = 2;

#[derive(Clone, Debug)]
pub struct Context {
    pub service: &'static str,
    pub shared: Arc<Shared>,
    pub clock: Clock,
    pub shutdown: Shutdown,
}

impl Context {
    pub fn new(service: &'static str, shared: Shared) -> Self {
        let clock = Clock::of(&shared);
        Self { service, shared: Arc::new(shared), clock, shutdown: Shutdown::default() }
    }

    /// A sandbox inside `dir`, for tests: run, state and keys live there.
    pub fn sandbox_in(service: &'static str, dir: &Path) -> Self {
        Self::new(service, Shared::sandbox_in(dir))
    }
}

/// `fn main` of every service. With `--check-config` it only says whether it would accept its section. `run` returns when `ctx.shutdown` has been triggered and it has drained.
pub fn main<T: Section, Fut: Future<Output = anyhow::Result<()>>>(
    service: &'static str,
    run: impl FnOnce(Context, T) -> Fut,
) -> ExitCode {
    main_with(std::env::args_os().skip(1), service, run)
}

/// The same with these arguments, for tests of the whole life.
pub fn main_with<T: Section, Fut: Future<Output = anyhow::Result<()>>>(
    args: impl Iterator<Item = OsString>,
    service: &'static str,
    run: impl FnOnce(Context, T) -> Fut,
) -> ExitCode {
    let Err(error) = live(args, service, run) else { return ExitCode::SUCCESS };
    eprintln!("chit-{service}: {}", format!("{error:#}").replace('\n', " "));
    let is_config = error.chain().any(|cause| cause.is::<ConfigError>());
    if is_config { ExitCode::from(EXIT_CONFIG) } else { ExitCode::FAILURE }
}

fn live<T: Section, Fut: Future<Output = anyhow::Result<()>>>(
    args: impl Iterator<Item = OsString>,
    service: &'static str,
    run: impl FnOnce(Context, T) -> Fut,
) -> anyhow::Result<()> {
    chit_supervision::inherited::collect().context("LISTEN_FDS")?;
    let (path, only_check) = arguments(args)?;
    let (settings, shared) = config::load::<T>(&path, service)?;
    settings.check(&shared).map_err(|error| ConfigError::Usage(format!("{error:#}")))?;
    if only_check {
        return Ok(());
    }
    config::claim_state(&shared)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    let telemetry = runtime.block_on(async { telemetry::install(service, &shared) })?;
    failpoint::watch(service, &shared);
    let ctx = Context::new(service, shared);
    let ended = runtime.block_on(async {
        let shutdown = ctx.shutdown.clone();
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let stop = async {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
                () = shutdown.wait() => {}
            }
            shutdown.trigger();
            tokio::time::sleep(STOP_MAX).await;
        };
        tokio::select! {
            ended = run(ctx, settings) => ended,
            () = stop => Err(anyhow::anyhow!("did not stop within {} s", STOP_MAX.as_secs())),
        }
    });
    telemetry.flush();
    // Blocking work that is still running (a commit) gets a moment; an idle pool ends at once.
    runtime.shutdown_timeout(COMMIT_MAX);
    ended
}

/// The configuration, and whether it is to be checked only.
fn arguments(mut args: impl Iterator<Item = OsString>) -> Result<(PathBuf, bool), ConfigError> {
    let usage =
        |problem: String| ConfigError::Usage(format!("{problem}; usage: --config FILE [--check-config]"));
    let (mut path, mut only_check) = (PathBuf::from(CONFIG_DEFAULT), false);
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("--config") => {
                path = args.next().ok_or_else(|| usage("--config needs a file".to_owned()))?.into()
            }
            Some("--check-config") => only_check = true,
            _ => return Err(usage(format!("unknown argument {}", arg.display()))),
        }
    }
    Ok((path, only_check))
}
