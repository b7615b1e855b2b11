//! PostgreSQL of the Debian package in a cluster of its own: one function call a transaction, single or a batch.

use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

use crate::load::{self, ACCOUNTS, Job, Jobs, Seen};

const BIN: &str = "/usr/lib/postgresql/15/bin";
const USER: &str = "postgres";
/// Durable as it comes; more memory and room for the log than the package's defaults.
const SETTINGS: &str = "listen_addresses = ''\nmax_connections = 320\nshared_buffers = 512MB\nmax_wal_size = 4GB\n\
fsync = on\nsynchronous_commit = on\nfull_page_writes = on\nautovacuum = on\nlogging_collector = off\n";
const SCHEMA: &str = include_str!("postgres.sql");

pub struct Postgres {
    folder: PathBuf,
    clients: Vec<(Arc<Client>, Statement, Statement)>,
}

impl Postgres {
    pub async fn start(folder: &Path, connections: usize) -> anyhow::Result<Self> {
        ensure!(Path::new(BIN).exists(), "{BIN} is missing: apt-get install postgresql-15");
        std::fs::create_dir_all(folder)?;
        if rustix::process::geteuid().is_root() {
            let uid = id("-u")?;
            chown(folder, Some(uid), Some(id("-g")?))?;
        }
        let data = folder.join("data");
        run(command("initdb").arg("-D").arg(&data).args(["-A", "trust", "-U", USER, "--no-sync"]))?;
        let config = data.join("postgresql.conf");
        let socket = format!("unix_socket_directories = '{}'\n", folder.display());
        std::fs::write(&config, std::fs::read_to_string(&config)? + SETTINGS + &socket)?;
        run(command("pg_ctl").arg("-D").arg(&data).args(["-w", "-l"]).arg(folder.join("log")).arg("start"))?;
        let mut postgres = Self { folder: folder.to_owned(), clients: Vec::new() };
        let (first, _) = postgres.connect().await?;
        first.batch_execute(SCHEMA).await?;
        let fill = "INSERT INTO accounts SELECT ('00000000-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid, 156, \
                    0, 1, $1, 0, 0, 0, 0 FROM generate_series(0, $2::bigint - 1) n";
        first.execute(fill, &[&(i64::MAX / 4), &(ACCOUNTS as i64)]).await?;
        first.batch_execute("CHECKPOINT; ANALYZE").await?;
        for _ in 0..connections {
            let (client, _) = postgres.connect().await?;
            let single = client.prepare("SELECT transfer($1, $2, $3, 1, 156, 7)").await?;
            let batch = client.prepare("SELECT transfer_batch($1, $2, $3)").await?;
            postgres.clients.push((Arc::new(client), single, batch));
        }
        Ok(postgres)
    }

    async fn connect(&self) -> anyhow::Result<(Client, tokio::task::JoinHandle<()>)> {
        let config = format!("host={} user={USER} dbname=postgres", self.folder.display());
        let (client, connection) = tokio_postgres::connect(&config, NoTls).await?;
        let driver = tokio::spawn(async move {
            let _closed = connection.await;
        });
        Ok((client, driver))
    }

    /// A connection for each client.
    pub async fn single(&self, clients: usize, time: Duration, jobs: Jobs) -> Seen {
        let connections = self.clients.clone();
        let call = move |client: usize, jobs: Vec<Job>| {
            let (connection, single, _) = connections[client].clone();
            async move {
                for job in jobs {
                    let row = connection
                        .query_one(
                            &single,
                            &[&Uuid::from_u128(job.id), &account(job.debit), &account(job.credit)],
                        )
                        .await
                        .expect("PostgreSQL refused");
                    assert_eq!(row.get::<_, i32>(0), 0, "the transfer was not made");
                }
            }
        };
        load::run(clients, 1, time, jobs, call).await
    }

    /// A pool: `clients` callers over fewer connections, as a server in front of PostgreSQL would.
    pub async fn pooled(&self, clients: usize, connections: usize, time: Duration, jobs: Jobs) -> Seen {
        let pool: Vec<_> = self.clients[..connections]
            .iter()
            .map(|connection| Arc::new(tokio::sync::Mutex::new(connection.clone())))
            .collect();
        let call = move |client: usize, jobs: Vec<Job>| {
            let pooled = Arc::clone(&pool[client % pool.len()]);
            async move {
                let connection = pooled.lock().await;
                for job in jobs {
                    let row = connection
                        .0
                        .query_one(
                            &connection.1,
                            &[&Uuid::from_u128(job.id), &account(job.debit), &account(job.credit)],
                        )
                        .await
                        .expect("PostgreSQL refused");
                    assert_eq!(row.get::<_, i32>(0), 0, "the transfer was not made");
                }
            }
        };
        load::run(clients, 1, time, jobs, call).await
    }

    pub async fn batches(&self, clients: usize, batch: usize, time: Duration, jobs: Jobs) -> Seen {
        let connections = self.clients.clone();
        let call = move |client: usize, jobs: Vec<Job>| {
            let (connection, _, statement) = connections[client].clone();
            async move {
                let ids: Vec<_> = jobs.iter().map(|job| Uuid::from_u128(job.id)).collect();
                let debits: Vec<_> = jobs.iter().map(|job| account(job.debit)).collect();
                let credits: Vec<_> = jobs.iter().map(|job| account(job.credit)).collect();
                let row = connection
                    .query_one(&statement, &[&ids, &debits, &credits])
                    .await
                    .expect("PostgreSQL refused");
                assert_eq!(row.get::<_, i32>(0), 0, "the batch was not made");
            }
        };
        load::run(clients, batch, time, jobs, call).await
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        let _gone_already = run(command("pg_ctl").arg("-D").arg(data).args(["-m", "immediate", "stop"]));
    }
}

fn account(n: u64) -> Uuid {
    Uuid::from_u128(u128::from(n))
}

/// PostgreSQL does not run as root.
fn command(program: &str) -> Command {
    let program = format!("{BIN}/{program}");
    if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", USER, "--regid", USER, "--init-groups", &program]);
        command
    } else {
        Command::new(program)
    }
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.stdout(Stdio::null()).status().with_context(|| format!("{command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}

fn id(which: &str) -> anyhow::Result<u32> {
    let output = Command::new("id").arg(which).arg(USER).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}
