//! The floods, each a process of its own that yields to everybody: on a machine elsewhere its work would cost the shop nothing.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chit_integration_tests::desk::{self, new_id};
use chit_proto::checkout::v1::sale_service_client::SaleServiceClient;
use chit_proto::checkout::v1::staff_service_client::StaffServiceClient;
use chit_proto::checkout::v1::{
    Approval, BasketLine, CommitSaleRequest, SetBasketRequest, SignInRequest, StartSaleRequest,
};
use chit_proto::money::v1::Money;
use chit_runtime::session::Token;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::cashier::{Cashier, OVER_LIMIT_MINOR};
use crate::page;

/// Sockets that begin a TLS handshake and show no certificate; event streams without a cookie; connections that ask nothing;
/// sign-ins of nobody, so many at a time; commits with a wrong PIN of the supervisor.
pub const KINDS: [&str; 5] = ["tls", "streams", "idle", "sign_ins", "commits"];
const TLS: usize = 64;
const STREAMS: usize = 64;
const IDLE: usize = 1_015;
const SIGN_INS: usize = 120;
const COMMITS: usize = 6;
/// A handshake record that announces 512 bytes (RFC 8446 §5.1), which never come.
const HELLO_BEGUN: [u8; 6] = [22, 3, 1, 2, 0, 1];
const READY_MAX: Duration = Duration::from_secs(60);
/// Whoever is turned away or answered comes again: 128 TLS sockets, 240 sign-ins and 2,030 connections a second at most.
const AGAIN: Duration = Duration::from_millis(500);

pub struct Flood {
    child: Child,
    stdin: ChildStdin,
    said: BufReader<ChildStdout>,
}

impl Flood {
    /// Running, when each of its tasks has begun.
    pub async fn start(kind: &str, cashier: &Cashier) -> Self {
        let house = &cashier.shop.house;
        let mut command = Command::new("nice");
        command.args(["-n", "19"]).arg(std::env::current_exe().unwrap()).args(["flood", kind, &cashier.till]);
        command.arg(house.tcp_addr().unwrap()).arg(house.shared.socket_of("checkout"));
        command.arg(house.pins.approval("li").unwrap().pin);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut said = BufReader::new(stdout);
        let mut line = String::new();
        tokio::time::timeout(READY_MAX, said.read_line(&mut line)).await.expect("the flood begins").unwrap();
        assert_eq!(line.trim(), "begun");
        Self { child, stdin, said }
    }

    /// How many times it came.
    pub async fn stop(self) -> u64 {
        let Self { mut child, stdin, mut said } = self;
        drop(stdin);
        let mut line = String::new();
        said.read_line(&mut line).await.unwrap();
        child.wait().await.unwrap();
        line.trim().parse().unwrap()
    }
}

/// Until standard input ends.
pub async fn run(args: &[String]) {
    let [kind, till, tcp, socket, pin] = args else { panic!("flood KIND TILL TCP SOCKET PIN") };
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files }).unwrap();
    let (tried, begun) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let count = match kind.as_str() {
        "tls" => spawn(TLS, &tried, &begun, tcp, |addr| async move { hold(&addr, &HELLO_BEGUN).await }),
        "streams" => spawn(STREAMS, &tried, &begun, till, |addr| async move {
            hold(&addr, format!("GET /events?page=sale HTTP/1.1\r\nHost: {addr}\r\n\r\n").as_bytes()).await
        }),
        "idle" => spawn(IDLE, &tried, &begun, till, |addr| async move { hold(&addr, &[]).await }),
        "sign_ins" => spawn(SIGN_INS, &tried, &begun, till, |addr| async move {
            let _refused = page::ask(&addr, "POST", "/signin", "", "name=zhao&pin=000000").await;
        }),
        "commits" => {
            let sales = Commits::open(socket, pin).await;
            spawn(COMMITS, &tried, &begun, till, move |_| sales.clone().commit())
        }
        other => panic!("no flood is called {other}"),
    };
    while begun.load(Ordering::Relaxed) < count as u64 {
        tokio::task::yield_now().await;
    }
    println!("begun");
    let end = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    end.await.unwrap().unwrap();
    println!("{}", tried.load(Ordering::Relaxed));
    std::process::exit(0);
}

fn spawn<F: Future<Output = ()> + Send + 'static>(
    count: usize,
    tried: &Arc<AtomicU64>,
    begun: &Arc<AtomicU64>,
    addr: &str,
    once: impl Fn(String) -> F + Clone + Send + 'static,
) -> usize {
    for _ in 0..count {
        let (tried, begun, addr, once) = (tried.clone(), begun.clone(), addr.to_owned(), once.clone());
        tokio::spawn(async move {
            begun.fetch_add(1, Ordering::Relaxed);
            loop {
                tried.fetch_add(1, Ordering::Relaxed);
                once(addr.clone()).await;
                tokio::time::sleep(AGAIN).await;
            }
        });
    }
    count
}

/// Connects, says so much and stays until the other side ends it.
async fn hold(addr: &str, said: &[u8]) {
    let Ok(mut stream) = TcpStream::connect(addr).await else { return };
    if stream.write_all(said).await.is_ok() {
        let mut heard = [0; 4096];
        while stream.read(&mut heard).await.is_ok_and(|len| len > 0) {}
    }
}

#[derive(Clone)]
struct Commits {
    sales: SaleServiceClient<chit_runtime::Channel>,
    sale_id: String,
}

impl Commits {
    /// A sale on a lane of its own that nobody may commit alone.
    async fn open(socket: &str, pin: &str) -> Self {
        let channel = chit_runtime::channel_to(&format!("unix:{socket}")).unwrap();
        let typed = SignInRequest { actor: desk::CASHIER.into(), pin: pin.into(), browser: String::new() };
        let token = StaffServiceClient::new(channel.clone()).sign_in(typed).await.unwrap().into_inner();
        let mut sales =
            SaleServiceClient::new(channel.with_session(Token::new(&token.session_token).unwrap()));
        let opened = StartSaleRequest { request_id: new_id(), lane: "side".into() };
        let sale_id = sales.start_sale(opened).await.unwrap().into_inner().sale.unwrap().sale_id;
        let line = BasketLine {
            gtin: String::new(),
            description: "Sundries".into(),
            quantity_milli: 1_000,
            unit_price_minor: OVER_LIMIT_MINOR,
            total_minor: OVER_LIMIT_MINOR,
        };
        let total = Some(Money { amount_minor: OVER_LIMIT_MINOR, currency_code: "CNY".into() });
        let basket = SetBasketRequest {
            request_id: new_id(),
            sale_id: sale_id.clone(),
            lines: vec![line],
            total,
            ..Default::default()
        };
        sales.set_basket(basket).await.unwrap();
        Self { sales, sale_id }
    }

    async fn commit(mut self) {
        let approval = Some(Approval { actor: desk::SUPERVISOR.into(), pin: "000000".into() });
        let request =
            CommitSaleRequest { request_id: new_id(), sale_id: self.sale_id, approval, ..Default::default() };
        self.sales.commit_sale(request).await.unwrap_err();
    }
}
