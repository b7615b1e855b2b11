//! Other POS software, in Python and in JavaScript, over TCP with mutual TLS; and who is not let in.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use chit_integration_tests::house::{READY_MAX, Signal};
use chit_proto::checkout::v1::sale_service_client::SaleServiceClient;
use chit_proto::checkout::v1::{CommitSaleRequest, ListSalesRequest, SaleState};
use chit_runtime::error::reason_of;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tonic::Code;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::open_shop::{Shop, options};

/// From start to QUEUED, stubs and a restart included.
const CLIENT_MAX: Duration = Duration::from_secs(120);

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn installed(path: &str) -> PathBuf {
    let path = repository().join(path);
    assert!(path.exists(), "{} is missing: ./deploy/setup installs it", path.display());
    path
}

async fn open() -> Shop {
    Shop::open_with(&options().set("checkout", "tcp_listen", "127.0.0.1:0")).await
}

/// A client program that was started and has been told the payer's code.
struct Client {
    process: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Client {
    async fn start(shop: &Shop, mut command: Command, amount_minor: i64) -> Self {
        let certificates = shop.house.certify("till-2", "pos").unwrap();
        let addr = shop.house.tcp_addr().unwrap();
        command.arg("--target").arg(addr).arg("--proto").arg(repository().join("proto"));
        for (flag, file) in [("--ca", "ca.pem"), ("--cert", "till-2.pem"), ("--key", "till-2.key")] {
            command.arg(flag).arg(certificates.join(file));
        }
        command.args(["--amount-minor", &amount_minor.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut stdin = process.stdin.take().unwrap();
        stdin.write_all(format!("{}\n", shop.code).as_bytes()).await.unwrap();
        Self { process, stdin, lines }
    }

    async fn next(&mut self, step: &str) -> Value {
        let line = self.lines.next_line().await.unwrap();
        let line = line.unwrap_or_else(|| panic!("the client ended before {step:?}; stderr says why"));
        let said: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(said["step"], step, "{said}");
        said
    }

    /// Plays the client; checkout is stopped while it commits.
    async fn sell(mut self, shop: &Shop) -> Value {
        let played = async {
            self.next("restart").await;
            let keeper = shop.house.keeper("checkout");
            let before = keeper.starts();
            shop.house.kill("checkout", Signal::TERM).unwrap();
            self.stdin.write_all(b"go on\n").await.unwrap();
            assert!(tokio::task::block_in_place(|| keeper.wait_started_after(before, READY_MAX)));
            let report = self.next("done").await;
            assert!(self.process.wait().await.unwrap().success());
            report
        };
        tokio::time::timeout(CLIENT_MAX, played).await.expect("the client comes to an end")
    }
}

/// What every client must have come to, whatever its language.
async fn check(mut shop: Shop, report: Value, amount_minor: i64) {
    eprintln!("{report}");
    assert_eq!(report["same_answer"], true, "the same request_id gives the same answer: {report}");
    assert_eq!(report["amount_minor"], amount_minor);
    assert!(report["watch_reconnects"].as_u64().unwrap() >= 1, "{report}");
    let refused = json!({
        "same_id_other_body": { "code": "ALREADY_EXISTS", "reason": "REQUEST_ID_REUSED", "field": "" },
        "wrong_total": { "code": "INVALID_ARGUMENT", "reason": "TOTAL_MISMATCH", "field": "total.amount_minor" },
        "unknown_sale": { "code": "NOT_FOUND", "reason": "SALE_NOT_FOUND", "field": "" },
        "sandbox": { "code": "PERMISSION_DENIED", "reason": "ROLE_TOO_LOW", "field": "" },
    });
    assert_eq!(report["refused"], refused);
    let sale_id = report["sale_id"].as_str().unwrap();
    let sale = shop.desk.sale(sale_id).await.unwrap();
    assert_eq!(report["receipt_no"], sale.receipt_no.as_str());
    assert_eq!(shop.papers_of(&sale), (1, 0));
    let mut journal = shop.desk.journal(sale_id);
    shop.payer.pay().await.unwrap();
    journal.sale_is(SaleState::Verified).await.unwrap();
    let settled = shop.settle(&mut journal).await;
    assert_eq!(settled.sale_id, sale_id);
    let books = shop.desk.books().await.unwrap();
    assert_eq!(books.balance.debits_posted_minor, amount_minor, "one debit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_client_sells_over_a_restart_of_checkout() {
    const AMOUNT_MINOR: i64 = 1_980;
    let shop = open().await;
    let mut command = Command::new(installed(".tools/venv/bin/python"));
    command.arg(repository().join("integration-tests/clients/python/drill.py"));
    let report = Client::start(&shop, command, AMOUNT_MINOR).await.sell(&shop).await;
    check(shop, report, AMOUNT_MINOR).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_javascript_client_sells_over_a_restart_of_checkout() {
    const AMOUNT_MINOR: i64 = 2_480;
    let shop = open().await;
    let mut command = Command::new("node");
    command.env("NODE_PATH", installed(".tools/node/node_modules"));
    command.arg(repository().join("integration-tests/clients/node/drill.js"));
    let report = Client::start(&shop, command, AMOUNT_MINOR).await.sell(&shop).await;
    check(shop, report, AMOUNT_MINOR).await;
}

/// What the sample prints, or refuses with, in at most this many lines: people copy it.
const SAMPLE_LINES_MAX: usize = 40;

/// The sample of a language, as its first lines say that it is called.
async fn run_sample(shop: &Shop, file: &str, payer_code: &str) -> std::process::Output {
    let sample = repository().join("integration-tests/clients").join(file);
    let lines = std::fs::read_to_string(&sample).unwrap().lines().count();
    assert!(lines <= SAMPLE_LINES_MAX, "{file} has {lines} lines");
    let mut command = match Path::new(file).extension().and_then(|name| name.to_str()) {
        Some("py") => Command::new(installed(".tools/venv/bin/python")),
        _ => Command::new("node"),
    };
    command.env("NODE_PATH", installed(".tools/node/node_modules"));
    command.args([sample, repository().join("proto")]).arg(shop.house.tcp_addr().unwrap());
    let certificates = shop.house.certify("till-2", "pos").unwrap();
    command.args(["ca.pem", "till-2.pem", "till-2.key"].map(|name| certificates.join(name)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(format!("{payer_code}\n").as_bytes()).await.unwrap();
    tokio::time::timeout(CLIENT_MAX, process.wait_with_output()).await.expect("the sample ends").unwrap()
}

/// It sells, and a refusal is a line of words.
async fn the_sample_sells(file: &str) {
    let shop = open().await;
    let sold = run_sample(&shop, file, &shop.code).await;
    let (said, told) = (String::from_utf8_lossy(&sold.stdout), String::from_utf8_lossy(&sold.stderr));
    assert!(sold.status.success() && said.starts_with("sold: "), "{said}{told}");
    let sale = shop.desk.sale(said.trim_start_matches("sold: ").trim()).await.unwrap();
    assert!(sale.state() as i32 >= SaleState::Released as i32, "{sale:?}");

    let shop = open().await;
    let refused = run_sample(&shop, file, "no payer's code").await;
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && told.contains("PresentPayer: "), "{told}");
    assert!(!told.contains("Traceback") && !told.contains("    at "), "words, not a stack: {told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_sample_sells() {
    the_sample_sells("python/sell.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_javascript_sample_sells() {
    the_sample_sells("node/sell.js").await;
}

/// A channel with this certificate, or with none.
fn channel(shop: &Shop, folder: &Path, name: Option<&str>) -> SaleServiceClient<tonic::transport::Channel> {
    let read = |file: String| std::fs::read(folder.join(file)).unwrap();
    let ca = std::fs::read(shop.house.shared.keys_dir.join("pki/ca.pem")).unwrap();
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)).domain_name("localhost");
    if let Some(name) = name {
        tls = tls.identity(Identity::from_pem(read(format!("{name}.pem")), read(format!("{name}.key"))));
    }
    let uri = format!("https://{}", shop.house.tcp_addr().unwrap());
    SaleServiceClient::new(Endpoint::from_shared(uri).unwrap().tls_config(tls).unwrap().connect_lazy())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_certificates_of_this_shop_get_in_and_a_viewer_may_not_sell() {
    let (shop, elsewhere) = (open().await, open().await);
    let list = || ListSalesRequest::default();

    let stranger = channel(&shop, Path::new(""), None).list_sales(list()).await.unwrap_err();
    assert_eq!(reason_of(&stranger), None, "no certificate: the handshake ends it, {stranger:?}");
    let foreign = elsewhere.house.certify("till-2", "pos").unwrap();
    let foreign = channel(&shop, &foreign, Some("till-2")).list_sales(list()).await.unwrap_err();
    assert_eq!(reason_of(&foreign), None, "another shop's certificate: the handshake ends it, {foreign:?}");

    let sale = shop.draft().await;
    shop.desk.confirm_person(&sale.sale_id).await.unwrap();
    let commit = CommitSaleRequest {
        request_id: chit_integration_tests::desk::new_id(),
        sale_id: sale.sale_id.clone(),
        ..Default::default()
    };
    let folder = shop.house.certify("screen", "viewer").unwrap();
    let mut viewer = channel(&shop, &folder, Some("screen"));
    assert_eq!(viewer.list_sales(list()).await.unwrap().into_inner().sales.len(), 1, "reading is allowed");
    let refused = viewer.commit_sale(commit.clone()).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason_of(&refused).as_deref()),
        (Code::PermissionDenied, Some("ROLE_TOO_LOW"))
    );
    assert_eq!(shop.desk.sale(&sale.sale_id).await.unwrap().state(), SaleState::PayerOk);

    let folder = shop.house.certify("till-2", "pos").unwrap();
    let foreign = channel(&shop, &folder, Some("till-2")).commit_sale(commit).await.unwrap_err();
    assert_eq!(reason_of(&foreign).as_deref(), Some("SALE_NOT_FOUND"), "a POS sells what it opened");
}
