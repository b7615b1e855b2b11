//! The process is killed again and again under its callers. Every acknowledgement is written to a file of the callers'
//! own; at the end the whole journal is read and compared with it.
//!
//! `just crash-ledger` sets CHIT_LEDGER_KILLS (3 otherwise) and CHIT_LEDGER_REPORT, the file for the figures.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chit_proto::ledger::v1::stream_transfers_response::Outcome;
use chit_proto::ledger::v1::{
    CreateTransfersRequest, JournalRecord, StreamTransfersRequest, Transfer, TransferKind,
    WatchJournalRequest, journal_record,
};
use desk::{Client, DEADLINE, Desk, PAYER, SHOP, ask, id, movement};
use prost::Message as _;
use tokio::sync::mpsc::UnboundedSender;

const CALLERS: usize = 12;
const BATCH: usize = 50;
const STREAMED: usize = 64;
/// Acknowledgements after which a life ends: 1 to this many.
const ACKNOWLEDGED_MAX: usize = 150;

/// The callers' own record of their answers.
struct AckLog {
    file: Mutex<std::fs::File>,
    path: PathBuf,
    progress: UnboundedSender<()>,
}

impl AckLog {
    fn note(&self, ids: &[String]) {
        let lines: String = ids.iter().map(|id| format!("{id}\n")).collect();
        self.file.lock().unwrap().write_all(lines.as_bytes()).unwrap();
        for _ in ids {
            let _counter_gone = self.progress.send(());
        }
    }

    fn read(&self) -> BTreeSet<String> {
        std::fs::read_to_string(&self.path).unwrap().lines().map(str::to_owned).collect()
    }
}

/// Unused ids.
#[derive(Clone, Default)]
struct Ids(Arc<Mutex<usize>>);

impl Ids {
    fn take(&self, count: usize) -> Vec<String> {
        let mut last = self.0.lock().unwrap();
        let ids = (*last + 1..=*last + count).map(id).collect();
        *last += count;
        ids
    }
}

fn sale(id: &str) -> Transfer {
    movement(TransferKind::Posted, id, PAYER, SHOP, 1)
}

/// One by one until the process is gone; returns what was asked and not answered.
async fn unary(mut client: Client, ids: Ids, log: Arc<AckLog>) -> Vec<String> {
    loop {
        let id = ids.take(1);
        match ask(&mut client, sale(&id[0])).await {
            Ok(_) => log.note(&id),
            Err(_) => return id,
        }
    }
}

async fn batches(mut client: Client, ids: Ids, log: Arc<AckLog>) -> Vec<String> {
    loop {
        let ids = ids.take(BATCH);
        let transfers = ids.iter().map(|id| sale(id)).collect();
        match client.create_transfers(CreateTransfersRequest { transfers, actor: "clerk".to_owned() }).await {
            Ok(_) => log.note(&ids),
            Err(_) => return ids,
        }
    }
}

async fn streamed(mut client: Client, ids: Ids, log: Arc<AckLog>) -> Vec<String> {
    loop {
        let ids = ids.take(STREAMED);
        let mut open: BTreeSet<_> = ids.iter().cloned().collect();
        let requests: Vec<_> = ids
            .iter()
            .map(|id| StreamTransfersRequest { transfer: Some(sale(id)), actor: "clerk".to_owned() })
            .collect();
        let Ok(answers) = client.stream_transfers(tokio_stream::iter(requests)).await else { return ids };
        let mut answers = answers.into_inner();
        while let Ok(Some(answer)) = answers.message().await {
            if let Some(Outcome::Created(_)) = answer.outcome {
                open.remove(&answer.transfer_id);
                log.note(&[answer.transfer_id]);
            }
        }
        if !open.is_empty() {
            return open.into_iter().collect();
        }
    }
}

/// How often the journal has each transfer id.
async fn journal(client: &mut Client, records: u64) -> BTreeMap<String, usize> {
    let mut stream = client.watch_journal(WatchJournalRequest { after_seq: 0 }).await.unwrap().into_inner();
    let mut times = BTreeMap::new();
    for _ in 0..records {
        let entry = stream.message().await.unwrap().unwrap().entry.unwrap();
        let record = JournalRecord::decode(&entry.record[1..]).unwrap();
        if let Some(journal_record::Change::Transfer(transfer)) = record.change {
            *times.entry(transfer.transfer_id).or_insert(0) += 1;
        }
    }
    times
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9_and_a_retry_of_the_rest_applies_once() {
    let kills = setting("CHIT_LEDGER_KILLS", 3);
    let mut desk = Desk::open().await;
    desk.open_accounts(&[PAYER, SHOP]).await;
    let path = desk.folder().join("acknowledged");
    let (progress, mut acknowledgements) = tokio::sync::mpsc::unbounded_channel();
    let file = Mutex::new(std::fs::File::create(&path).unwrap());
    let log = Arc::new(AckLog { file, path, progress });
    let ids = Ids::default();
    let (mut unanswered, mut opened) = (Vec::new(), Vec::new());
    for life in 0..kills {
        let mut callers: Vec<_> =
            (0..CALLERS).map(|_| tokio::spawn(unary(desk.client(), ids.clone(), Arc::clone(&log)))).collect();
        callers.push(tokio::spawn(batches(desk.client(), ids.clone(), Arc::clone(&log))));
        callers.push(tokio::spawn(streamed(desk.client(), ids.clone(), Arc::clone(&log))));
        // A different moment in each life, the same in each run.
        let until = 1 + (life * 7919) % ACKNOWLEDGED_MAX;
        for _ in 0..until {
            tokio::time::timeout(DEADLINE, acknowledgements.recv()).await.expect("no progress").unwrap();
        }
        desk.kill();
        for caller in callers {
            unanswered.extend(caller.await.unwrap());
        }
        while acknowledgements.try_recv().is_ok() {}
        let start = Instant::now();
        desk.start_again().await;
        opened.push(start.elapsed());
    }
    let mut client = desk.client();
    for id in &unanswered {
        ask(&mut client, sale(id)).await.unwrap();
    }
    let verified = desk.verify().await;
    assert!(verified.chain_ok);
    let times = journal(&mut client, verified.records).await;
    let mut asked = log.read();
    asked.extend(unanswered.iter().cloned());
    let lost = asked.iter().filter(|id| !times.contains_key(*id)).count();
    let doubled = times.values().filter(|times| **times > 1).count();
    report(kills, lost, doubled, asked.len(), &mut opened);
    assert_eq!((lost, doubled), (0, 0));
    let total = i64::try_from(asked.len()).unwrap();
    assert_eq!((desk.sums(PAYER).await, desk.sums(SHOP).await), ([0, total, 0, 0], [0, 0, 0, total]));
    assert!(desk.trial_balance().await.balanced);
}

fn report(kills: usize, lost: usize, doubled: usize, acknowledged: usize, opened: &mut [Duration]) {
    opened.sort_unstable();
    let median_ms = opened[opened.len() / 2].as_secs_f64() * 1e3;
    let max_ms = opened[opened.len() - 1].as_secs_f64() * 1e3;
    println!(
        "kill -9: kills {kills} acknowledged {acknowledged} lost {lost} doubled {doubled} \
         open again: median {median_ms:.0} ms, longest {max_ms:.0} ms"
    );
    let Ok(report) = std::env::var("CHIT_LEDGER_REPORT") else { return };
    // What the power-loss test said (`just crash-ledger` runs it first).
    let seeds = std::fs::read_to_string(Path::new(&report).with_extension("seeds")).unwrap_or_default();
    let (seeds, seeds_lost) = seeds.trim().split_once(' ').unwrap_or(("0", "0"));
    let lost = lost + seeds_lost.parse::<usize>().unwrap();
    let date = jiff::Timestamp::now();
    let figures = format!(
        r#"{{"kills":{kills},"seeds":{seeds},"lost":{lost},"doubled":{doubled},"acknowledged":{acknowledged},"open_ms_median":{median_ms:.1},"open_ms_max":{max_ms:.1}}}"#
    );
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let text = format!(
        r#"{{"area":"ledger-crash","date":"{date:.0}","cpu":"{cores} cores","rounds":1,"ratios":{{}},"figures":{figures}}}"#
    );
    std::fs::write(report, text + "\n").unwrap();
}
