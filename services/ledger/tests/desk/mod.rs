//! A ledger process in a folder of its own, and short ways to ask it.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

use chit_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use chit_proto::ledger::v1::{
    Account, CreateAccountRequest, CreateTransferRequest, CreateTransferResponse, GetAccountRequest,
    GetHeadRequest, GetTrialBalanceRequest, GetTrialBalanceResponse, Transfer, TransferKind,
    VerifyChainRequest, VerifyChainResponse,
};
use chit_proto::money::v1::Money;
use chit_runtime::Channel;
use chit_runtime::Context;
use tonic::Status;

pub type Client = LedgerServiceClient<Channel>;

/// Longer than any machine needs, shorter than a person waits.
pub const DEADLINE: Duration = Duration::from_secs(20);

pub struct Desk {
    dir: tempfile::TempDir,
    process: Child,
    pub ctx: Context,
}

impl Desk {
    pub async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let toml = "[chit]\nrun_dir = \"run\"\nstate_dir = \"state\"\nkeys_dir = \"keys\"\nsandbox = true\nlog = \"warn\"\n";
        std::fs::write(dir.path().join("chit.toml"), toml).unwrap();
        let ctx = Context::sandbox_in("ledger", dir.path());
        make_key(&ctx);
        let desk = Self { process: start(dir.path()), dir, ctx };
        desk.ready().await;
        desk
    }

    pub fn client(&self) -> Client {
        LedgerServiceClient::new(chit_runtime::channel(&self.ctx.shared, "ledger"))
    }

    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// SIGKILL: no drain, no goodbye.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub async fn start_again(&mut self) {
        self.process = start(self.dir.path());
        self.ready().await;
    }

    async fn ready(&self) {
        let end = std::time::Instant::now() + DEADLINE;
        let mut client = self.client();
        while let Err(status) = client.get_head(GetHeadRequest {}).await {
            assert!(std::time::Instant::now() < end, "the ledger does not start: {status}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn open_accounts(&self, ids: &[&str]) {
        for id in ids {
            create_account(&mut self.client(), account(id)).await.unwrap();
        }
    }

    pub async fn sums(&self, id: &str) -> [i64; 4] {
        let request = GetAccountRequest { account_id: id.to_owned(), as_of_seq: 0 };
        let account = self.client().get_account(request).await.unwrap().into_inner().account.unwrap();
        [
            account.debits_pending_minor,
            account.debits_posted_minor,
            account.credits_pending_minor,
            account.credits_posted_minor,
        ]
    }

    pub async fn verify(&self) -> VerifyChainResponse {
        self.client().verify_chain(VerifyChainRequest {}).await.unwrap().into_inner()
    }

    pub async fn trial_balance(&self) -> GetTrialBalanceResponse {
        self.client().get_trial_balance(GetTrialBalanceRequest {}).await.unwrap().into_inner()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// What `chit init` does for the ledger.
pub fn make_key(ctx: &Context) {
    std::fs::create_dir_all(&ctx.shared.keys_dir).unwrap();
    std::fs::write(ctx.shared.keys_dir.join("ledger.key"), [7; 32]).unwrap();
}

fn start(dir: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_chit-ledger"))
        .arg("--config")
        .arg(dir.join("chit.toml"))
        .spawn()
        .unwrap()
}

pub const PAYER: &str = "01JDCH0000000000000000PAYR";
pub const SHOP: &str = "01JDCH0000000000000000SHAP";
pub const SALE: &str = "01JDCH0000000000000000SA1E";

/// The n-th ULID of a test.
pub fn id(n: usize) -> String {
    format!("01JDCH{n:020}")
}

pub fn account(id: &str) -> Account {
    Account { account_id: id.to_owned(), currency_code: "CNY".to_owned(), code: 1, ..Account::default() }
}

pub async fn create_account(client: &mut Client, account: Account) -> Result<Account, Status> {
    let request = CreateAccountRequest { account: Some(account), actor: "owner".to_owned() };
    Ok(client.create_account(request).await?.into_inner().account.unwrap())
}

pub fn cny(amount_minor: i64) -> Option<Money> {
    Some(Money { amount_minor, currency_code: "CNY".to_owned() })
}

pub fn movement(kind: TransferKind, id: &str, debit: &str, credit: &str, amount: i64) -> Transfer {
    Transfer {
        transfer_id: id.to_owned(),
        kind: kind as i32,
        debit_account_id: debit.to_owned(),
        credit_account_id: credit.to_owned(),
        amount: cny(amount),
        external_ref: SALE.to_owned(),
        ..Transfer::default()
    }
}

pub fn resolution(kind: TransferKind, id: &str, pending: &str) -> Transfer {
    Transfer {
        transfer_id: id.to_owned(),
        kind: kind as i32,
        pending_transfer_id: pending.to_owned(),
        external_ref: SALE.to_owned(),
        ..Transfer::default()
    }
}

pub async fn ask(client: &mut Client, transfer: Transfer) -> Result<CreateTransferResponse, Status> {
    let request = CreateTransferRequest { transfer: Some(transfer), actor: "clerk".to_owned() };
    Ok(client.create_transfer(request).await?.into_inner())
}

/// Runs `call` for each number at once and collects the answers in order.
pub async fn at_once<T, Fut>(numbers: std::ops::Range<usize>, call: impl Fn(usize) -> Fut) -> Vec<T>
where
    T: Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(tokio::sync::Barrier::new(numbers.len()));
    let calls: Vec<_> = numbers
        .map(|n| {
            let (start, call) = (Arc::clone(&start), call(n));
            tokio::spawn(async move {
                start.wait().await;
                call.await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers
}
