//! A bank written elsewhere: PyPI's mock-bank. It takes a pain.008.001.08 from a folder and answers with files in another
//! one, as its own clock moves: pain.002.001.10, camt.053.001.08, camt.054.001.08, pacs.004.001.09.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::civil::DateTime;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::rotel::workspace_root;

const START_MAX: Duration = Duration::from_secs(20);
/// It looks into its folder when it is told to, and not by itself.
const NEVER_MS: &str = "86400000";
/// The shop's account there.
const SHOP: &str = "SHOP";

pub struct MockBank {
    process: Child,
    addr: String,
    drop: PathBuf,
    pickup: PathBuf,
    fetched: BTreeSet<PathBuf>,
}

impl MockBank {
    /// With the shop's account, at the shop's time.
    pub async fn start(dir: &Path, shop_iban: &str, zone: &str, now: DateTime) -> Self {
        let program = workspace_root().join(".tools/bin/mock-bank");
        assert!(program.exists(), "{} is missing: ./deploy/setup installs it", program.display());
        let (drop, pickup, log) = (dir.join("to"), dir.join("from"), dir.join("mock-bank.log"));
        for folder in [&drop, &pickup] {
            fs::create_dir_all(folder).unwrap();
        }
        let out = fs::File::create(&log).unwrap();
        let mut command = Command::new(program);
        command.args(["--port", "0", "--timezone", zone]);
        command.args(["--clock", &now.strftime("%Y-%m-%dT%H:%M").to_string()]);
        command.args(["--drop-settle-ms", "0", "--drop-interval-ms", NEVER_MS]);
        command.arg("--drop-dir").arg(&drop).arg("--pickup-dir").arg(&pickup);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(out);
        let mut process = command.spawn().unwrap();
        let addr = listening(&mut process, &log);
        let bank = Self { process, addr, drop, pickup, fetched: BTreeSet::new() };
        bank.post("/_mock/accounts", &json!({ "id": SHOP, "iban": shop_iban, "name": "Huimin Shops" })).await;
        bank
    }

    /// Where the shop puts its files.
    pub fn drop(&self) -> &Path {
        &self.drop
    }

    /// An account of a payer, who has so much in it.
    pub async fn open_account(&self, id: &str, iban: &str, behaviour: &str, balance_minor: i64) {
        let account = json!({ "id": id, "iban": iban, "behaviour": behaviour, "balance": balance_minor });
        self.post("/_mock/accounts", &account).await;
    }

    pub async fn pay_in(&self, id: &str, balance_minor: i64) {
        self.call("PATCH", &format!("/_mock/accounts/{id}"), &json!({ "balance": balance_minor })).await;
    }

    /// Takes what lies in its folder; what it says of each file.
    pub async fn take(&self) -> Vec<Value> {
        let taken = self.post("/_mock/drop/scan", &Value::Null).await;
        taken["files"].as_array().unwrap().clone()
    }

    pub async fn days_pass(&self, days: i64) {
        self.post(&format!("/_mock/advance?days={days}"), &Value::Null).await;
    }

    /// A payer has their money back.
    pub async fn give_back(&self, sale_id: &str, reason: &str) {
        self.post(&format!("/_mock/collections/{sale_id}/refuse"), &json!({ "reason": reason })).await;
    }

    pub async fn balance_of_shop(&self) -> i64 {
        let account = self.call("GET", &format!("/_mock/accounts/{SHOP}"), &Value::Null).await;
        account["balance"].as_i64().unwrap()
    }

    /// How often the sale's money has come, less how often it went.
    pub async fn settled_debits(&self, sale_id: &str) -> usize {
        let all = self.call("GET", &format!("/_mock/collections/{sale_id}?all"), &Value::Null).await;
        let settled = |one: &&Value| !one["booked_at"].is_null() && one["returned_at"].is_null();
        all.as_array().unwrap().iter().filter(settled).count()
    }

    /// Files that it has written since the last look, oldest first.
    pub fn fetch(&mut self) -> Vec<PathBuf> {
        let fresh: Vec<PathBuf> =
            self.all_files().into_iter().filter(|file| !self.fetched.contains(file)).collect();
        self.fetched.extend(fresh.iter().cloned());
        fresh
    }

    /// All that it ever wrote for the shop, oldest first: their names end with a number.
    pub fn all_files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(&self.pickup).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            name.ends_with(".xml") && (name.contains("-SHOP-") || name.contains("-bank-"))
        });
        files.sort_by_key(|file| number_of(file));
        files
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", path, body).await
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(&self.addr).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap();
        assert!(status.starts_with('2'), "{method} {path}: {answer}");
        serde_json::from_str(body).unwrap()
    }
}

impl Drop for MockBank {
    fn drop(&mut self) {
        // It may have ended by itself; a test's teardown has no one to report to.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// It chooses a free port and tells it.
fn listening(process: &mut Child, log: &Path) -> String {
    let deadline = Instant::now() + START_MAX;
    loop {
        let said = fs::read_to_string(log).unwrap();
        if let Some((_, after)) = said.split_once("listening on http://")
            && let Some((addr, _)) = after.split_once('/')
        {
            return addr.to_owned();
        }
        assert!(process.try_wait().unwrap().is_none() && Instant::now() < deadline, "mock-bank: {said}");
        std::thread::yield_now();
    }
}

fn number_of(file: &Path) -> u64 {
    let name = file.file_stem().unwrap().to_string_lossy().into_owned();
    name.rsplit('-').next().unwrap().parse().unwrap()
}
