//! Runs the configured command for a file in the drop folder: bounded in time, once for each leave that a person or the
//! writing of the file gave. What it prints may name payers, so nobody keeps it.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use chit_runtime::failpoint;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use super::point::done;
use crate::collection::filed::hand_over::{self, Ended};
use crate::config::bank::Carrier;
use crate::context::Shop;
use crate::peers::Fault;
use crate::values::ids::BatchId;

/// What the command sees of checkout's own environment; its keys are none of its business.
const ENVIRONMENT: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];

pub async fn run(shop: &Arc<Shop>, entry: u64, id: BatchId) -> Result<(), Fault> {
    let leave = shop.store.write(move |tx| Ok((hand_over::begin(tx, id)?, tx.filed(id)?.file_name))).await?;
    let ended = match (leave, &shop.bank) {
        ((false, _), _) => return Ok(shop.store.write(move |tx| done(tx, entry)).await?),
        ((true, name), Some(bank)) => match &bank.carrier {
            Some(carrier) => {
                failpoint("checkout/hand_over_file/begun");
                carry(carrier, &bank.drop_dir.join(name), id).await
            }
            None => Ended::Failed("NO_COMMAND".into()),
        },
        ((true, _), None) => Ended::Failed("NO_BANK".into()),
    };
    failpoint("checkout/hand_over_file/ended");
    if ended != Ended::Done {
        tracing::error!(batch = %id, ?ended, "the command did not hand the bank's file over; see the exceptions");
    }
    let stored = shop.store.write(move |tx| {
        hand_over::end(tx, id, &ended)?;
        done(tx, entry)
    });
    Ok(stored.await?)
}

async fn carry(carrier: &Carrier, file: &Path, batch: BatchId) -> Ended {
    let mut command = Command::new(&carrier.program);
    command.args(&carrier.arguments).arg(file).env_clear().envs(environment());
    command.env("CHIT_BATCH_ID", batch.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut group = match command.spawn() {
        Ok(child) => Group(child),
        Err(error) => return Ended::Failed(not_started(&error)),
    };
    match tokio::time::timeout(carrier.timeout, group.0.wait()).await {
        Ok(Ok(status)) => ended(status),
        Ok(Err(_lost)) => Ended::InDoubt("LOST".into()),
        Err(_elapsed) => Ended::InDoubt("TIMEOUT".into()),
    }
}

fn environment() -> impl Iterator<Item = (&'static str, OsString)> {
    ENVIRONMENT.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)))
}

fn not_started(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "COMMAND_NOT_FOUND".into(),
        std::io::ErrorKind::PermissionDenied => "COMMAND_NOT_ALLOWED".into(),
        _ => "COMMAND_NOT_STARTED".into(),
    }
}

/// Its own word is believed; who was killed has said nothing.
fn ended(status: ExitStatus) -> Ended {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ended::Done,
        (Some(code), _) => Ended::Failed(format!("EXIT_{code}")),
        (None, signal) => Ended::InDoubt(format!("SIGNAL_{}", signal.unwrap_or_default())),
    }
}

/// The command and all it has started; none of them outlives the wait.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let running = self.0.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(group) = running {
            // It may have ended meanwhile.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn runs(script: &str, timeout: Duration) -> Ended {
        let carrier = Carrier {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into(), "hand-over".into()],
            timeout,
        };
        let batch = BatchId::from([7; 16]);
        carry(&carrier, Path::new("/nowhere/chit-1.xml"), batch).await
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn only_exit_code_zero_is_handed_over_and_whoever_is_stopped_leaves_doubt() {
        assert_eq!(runs("exit 0", LONG).await, Ended::Done);
        assert_eq!(runs("exit 3", LONG).await, Ended::Failed("EXIT_3".into()));
        assert_eq!(runs("kill -9 $$", LONG).await, Ended::InDoubt("SIGNAL_9".into()));
        assert_eq!(runs("sleep 60", Duration::from_millis(50)).await, Ended::InDoubt("TIMEOUT".into()));
        let missing = Carrier { program: "/nowhere/send".into(), arguments: Vec::new(), timeout: LONG };
        let ended = carry(&missing, Path::new("/nowhere/chit-1.xml"), BatchId::from([7; 16])).await;
        assert_eq!(ended, Ended::Failed("COMMAND_NOT_FOUND".into()));
    }

    #[tokio::test]
    async fn the_command_gets_the_file_and_the_batch_and_no_more_of_the_environment_than_it_needs() {
        let batch = BatchId::from([7; 16]);
        let asks = format!(
            "test \"$1\" = /nowhere/chit-1.xml && test \"$CHIT_BATCH_ID\" = {batch} && \
             test -z \"$(env | grep -vE '^(PATH|HOME|LANG|TMPDIR|CHIT_BATCH_ID|PWD|OLDPWD|SHLVL|_)=')\""
        );
        assert_eq!(runs(&asks, LONG).await, Ended::Done);
    }
}
