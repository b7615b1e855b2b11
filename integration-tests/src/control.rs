//! The test's end of a simulator's control socket: newline-delimited JSON, one answer line a request.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// An answer that takes longer means a dead simulator.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// One simulator.
#[derive(Clone, Debug)]
pub struct Control {
    socket: PathBuf,
}

impl Control {
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    /// Sends one request; an `error` in the answer is an error.
    pub async fn ask(&self, request: Value) -> anyhow::Result<Value> {
        let asked = async {
            let mut lines = self.open(&request).await?;
            let line = lines.next_line().await?.context("the simulator hung up")?;
            Ok::<Value, anyhow::Error>(serde_json::from_str(&line)?)
        };
        let answer = timeout(ANSWER_MAX, asked)
            .await
            .context("the simulator does not answer")?
            .with_context(|| format!("simulator {}", self.socket.display()))?;
        if let Some(error) = answer["error"].as_str() {
            bail!("{}: {}: {error}", self.socket.display(), request["cmd"]);
        }
        Ok(answer)
    }

    /// Turns a fault knob.
    pub async fn fault(&self, name: &str, value: Value) -> anyhow::Result<()> {
        self.ask(json!({ "cmd": "fault", "name": name, "value": value })).await?;
        Ok(())
    }

    /// Its events from `from` on, the past ones first.
    pub async fn watch(&self, from: u64) -> anyhow::Result<Watch> {
        let lines = self.open(&json!({ "cmd": "watch", "from": from })).await?;
        Ok(Watch { lines })
    }

    async fn open(&self, request: &Value) -> anyhow::Result<Lines<BufReader<UnixStream>>> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        stream.write_all(format!("{request}\n").as_bytes()).await?;
        Ok(BufReader::new(stream).lines())
    }
}

/// A stream of events.
pub struct Watch {
    lines: Lines<BufReader<UnixStream>>,
}

impl Watch {
    /// The next event that `wanted` accepts; those before it are skipped. `what` is for the error.
    pub async fn until(
        &mut self,
        what: &str,
        deadline: Duration,
        mut wanted: impl FnMut(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let seen = async {
            while let Some(line) = self.lines.next_line().await? {
                let event: Value = serde_json::from_str(&line)?;
                if wanted(&event) {
                    return Ok(event);
                }
            }
            bail!("the simulator ended before: {what}")
        };
        timeout(deadline, seen)
            .await
            .with_context(|| format!("{} s passed without: {what}", deadline.as_secs()))?
    }

    /// The next event of this name.
    pub async fn event(&mut self, name: &str, deadline: Duration) -> anyhow::Result<Value> {
        self.until(name, deadline, |event| event["event"] == name).await
    }
}
