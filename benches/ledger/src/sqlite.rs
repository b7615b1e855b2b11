//! SQLite in this process, WAL and synchronous=FULL, one writer that commits whatever waits together: the ledger's group
//! commit without the network.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use crate::load::{self, ACCOUNTS, Job, Jobs, Seen};

const SCHEMA: &str = "
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -262144;
CREATE TABLE accounts (id INTEGER PRIMARY KEY, currency INTEGER NOT NULL, flags INTEGER NOT NULL,
  credit_limit INTEGER NOT NULL, debits INTEGER NOT NULL, credits INTEGER NOT NULL);
CREATE TABLE transfers (id BLOB PRIMARY KEY, debit INTEGER NOT NULL, credit INTEGER NOT NULL, amount INTEGER NOT NULL,
  currency INTEGER NOT NULL, code INTEGER NOT NULL) WITHOUT ROWID;";
/// Transfers of one commit, as the ledger's.
const GROUP_MAX: usize = 8192;

type Write = (Vec<Job>, oneshot::Sender<()>);

#[derive(Clone)]
pub struct Sqlite(mpsc::Sender<Write>);

impl Sqlite {
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        let mut connection = Connection::open(folder.join("sqlite.db"))?;
        connection.execute_batch(SCHEMA)?;
        let txn = connection.transaction()?;
        for n in 0..ACCOUNTS {
            txn.execute("INSERT INTO accounts VALUES (?, 156, 0, ?, 0, 0)", params![n as i64, i64::MAX / 4])?;
        }
        txn.commit()?;
        let (sender, writes) = mpsc::channel::<Write>();
        std::thread::spawn(move || {
            while let Ok(first) = writes.recv() {
                let mut group = vec![first];
                let mut waiting = group[0].0.len();
                while waiting < GROUP_MAX {
                    let Ok(next) = writes.try_recv() else { break };
                    waiting += next.0.len();
                    group.push(next);
                }
                commit(&mut connection, &group).expect("SQLite failed");
                for (_, done) in group {
                    let _caller_left = done.send(());
                }
            }
        });
        Ok(Self(sender))
    }

    pub async fn run(&self, clients: usize, batch: usize, time: Duration, jobs: Jobs) -> Seen {
        let writer = Arc::new(self.clone());
        let call = move |_, jobs: Vec<Job>| {
            let (done, answer) = oneshot::channel();
            let _reader_gone = writer.0.send((jobs, done));
            async move { answer.await.expect("SQLite's thread ended") }
        };
        load::run(clients, batch, time, jobs, call).await
    }
}

fn commit(connection: &mut Connection, group: &[Write]) -> rusqlite::Result<()> {
    let txn = connection.transaction()?;
    {
        let mut insert = txn.prepare_cached("INSERT OR IGNORE INTO transfers VALUES (?, ?, ?, 1, 156, 7)")?;
        let mut debit = txn.prepare_cached(
            "UPDATE accounts SET debits = debits + 1 WHERE id = ? AND currency = 156 AND flags & 12 = 0 \
             AND (credit_limit = 0 OR debits + 1 - credits <= credit_limit)",
        )?;
        let mut credit = txn.prepare_cached(
            "UPDATE accounts SET credits = credits + 1 WHERE id = ? AND currency = 156 AND flags & 12 = 0",
        )?;
        for job in group.iter().flat_map(|(jobs, _)| jobs) {
            if insert.execute(params![job.id.to_be_bytes(), job.debit as i64, job.credit as i64])? == 1 {
                assert_eq!(debit.execute([job.debit as i64])?, 1);
                assert_eq!(credit.execute([job.credit as i64])?, 1);
            }
        }
    }
    txn.commit()
}
