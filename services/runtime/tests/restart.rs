//! A restart must be invisible to callers that use `call`: nothing fails, whichever way the server went away.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod echo;

use chit_runtime::{Context, call, channel_to};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;

const CALLERS: usize = 4;
const RESTARTS: usize = 6;
const ANSWERS_BETWEEN: u64 = 50;
const PATIENCE: Duration = Duration::from_secs(20);

/// One "process": its own runtime, so that dropping it cuts every connection as a kill would.
struct Process {
    runtime: tokio::runtime::Runtime,
    ctx: Context,
    served: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Process {
    fn start(dir: &Path, listener: &UnixListener) -> Self {
        let ctx = Context::sandbox_in("ledger", dir);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let socket = listener.try_clone().unwrap();
        let served =
            runtime.spawn(echo::run(ctx.clone(), socket, |request| echo::reply(request.into_inner())));
        Self { runtime, ctx, served }
    }

    async fn stop(self, politely: bool) {
        if politely {
            self.ctx.shutdown.trigger();
            self.served.await.unwrap().unwrap();
        }
        self.runtime.shutdown_background();
    }
}

#[tokio::test]
async fn no_call_fails_while_the_server_restarts_on_an_inherited_listener() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("s");
    let listener = UnixListener::bind(&socket).unwrap();
    let mut server = Process::start(dir.path(), &listener);

    let (answered, mut answers) = watch::channel(0_u64);
    let stop = chit_runtime::Shutdown::default();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let channel = channel_to(&format!("unix:{}", socket.display())).unwrap();
            let (answered, stop) = (answered.clone(), stop.clone());
            tokio::spawn(async move {
                while !stop.is_triggered() {
                    let said = call(PATIENCE, "hello".to_owned(), |r| echo::say(channel.clone(), r)).await;
                    assert_eq!(said.unwrap(), "hello");
                    answered.send_modify(|count| *count += 1);
                }
            })
        })
        .collect();

    for restart in 0..RESTARTS {
        let goal = *answers.borrow_and_update() + ANSWERS_BETWEEN;
        tokio::time::timeout(PATIENCE, answers.wait_for(|count| *count >= goal)).await.unwrap().unwrap();
        server.stop(restart % 2 == 0).await;
        server = Process::start(dir.path(), &listener);
    }
    let goal = *answers.borrow_and_update() + ANSWERS_BETWEEN;
    tokio::time::timeout(PATIENCE, answers.wait_for(|count| *count >= goal)).await.unwrap().unwrap();
    stop.trigger();
    for caller in callers {
        caller.await.expect("no call may fail");
    }
    server.stop(true).await;
}
