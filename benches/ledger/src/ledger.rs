//! The real ledger binary, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use chit_proto::ledger::v1::{Account, CreateAccountRequest, GetHeadRequest};

use crate::grpc::{self, Clients};
use crate::load::ACCOUNTS;

pub struct Ledger {
    binary: PathBuf,
    folder: PathBuf,
    process: Child,
}

impl Ledger {
    pub async fn start(binary: &Path, folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder.join("keys"))?;
        std::fs::write(folder.join("keys/ledger.key"), [7; 32])?;
        let config = "[chit]\nrun_dir = \"run\"\nstate_dir = \"state\"\nkeys_dir = \"keys\"\nsandbox = false\nlog = \"warn\"\n";
        std::fs::write(folder.join("chit.toml"), config)?;
        let process = spawn(binary, folder)?;
        let ledger = Self { binary: binary.to_owned(), folder: folder.to_owned(), process };
        ledger.ready().await?;
        Ok(ledger)
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    pub fn clients(&self, count: usize) -> anyhow::Result<Clients> {
        grpc::clients(&self.folder.join("run/ledger.sock"), count)
    }

    pub async fn open_accounts(&self) -> anyhow::Result<()> {
        let clients = self.clients(8)?;
        let mut calls = tokio::task::JoinSet::new();
        for part in 0..64 {
            let mut ledger = clients[part % clients.len()].clone();
            calls.spawn(async move {
                for n in (part as u64..ACCOUNTS).step_by(64) {
                    let account = Account {
                        account_id: grpc::account_id(n),
                        currency_code: "CNY".to_owned(),
                        code: 1,
                        credit_limit_minor: i64::MAX / 4,
                        ..Account::default()
                    };
                    let request = CreateAccountRequest { account: Some(account), actor: "bench".to_owned() };
                    ledger.create_account(request).await?;
                }
                Ok::<_, tonic::Status>(())
            });
        }
        while let Some(done) = calls.join_next().await {
            done??;
        }
        Ok(())
    }

    /// SIGKILL, and how long a new process needs until it answers, in milliseconds.
    pub async fn kill_and_open(&mut self) -> anyhow::Result<f64> {
        self.process.kill()?;
        self.process.wait()?;
        let start = Instant::now();
        self.process = spawn(&self.binary, &self.folder)?;
        self.ready().await?;
        Ok(start.elapsed().as_secs_f64() * 1e3)
    }

    async fn ready(&self) -> anyhow::Result<()> {
        let mut client = self.clients(1)?.pop().context("no client")?;
        let end = Instant::now() + Duration::from_secs(120);
        while client.get_head(GetHeadRequest {}).await.is_err() {
            ensure!(Instant::now() < end, "the ledger does not start");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}

fn spawn(binary: &Path, folder: &Path) -> anyhow::Result<Child> {
    if !binary.exists() {
        bail!("{} is missing: cargo build --release -p chit-ledger", binary.display());
    }
    Ok(Command::new(binary).arg("--config").arg(folder.join("chit.toml")).spawn()?)
}
