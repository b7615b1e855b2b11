//! The ledger's file from the outside: `chit ledger` against a real ledger, and a verifier that has only the file and the
//! public key.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use chit_integration_tests::house::program;
use chit_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use chit_proto::ledger::v1::{
    Account, CreateAccountRequest, CreateTransferRequest, GetHeadRequest, Transfer, TransferKind,
};
use chit_proto::money::v1::Money;
use chit_runtime::Channel;
use chit_runtime::Context;
use serde_json::Value;

const DEADLINE: Duration = Duration::from_secs(20);

struct Shop {
    dir: tempfile::TempDir,
    ledger: Child,
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _gone_already = self.ledger.kill();
        let _reaped = self.ledger.wait();
    }
}

impl Shop {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let toml = "[chit]\nrun_dir = \"run\"\nstate_dir = \"state\"\nkeys_dir = \"keys\"\nsandbox = true\nlog = \"warn\"\n";
        std::fs::write(dir.path().join("chit.toml"), toml).unwrap();
        assert!(chit(&config(dir.path()), &["init"]).status.success());
        let ledger = Command::new(program("chit-ledger").unwrap()).args(config(dir.path())).spawn().unwrap();
        let shop = Self { dir, ledger };
        let end = Instant::now() + DEADLINE;
        while shop.client().get_head(GetHeadRequest {}).await.is_err() {
            assert!(Instant::now() < end, "the ledger does not start");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        shop
    }

    fn client(&self) -> LedgerServiceClient<Channel> {
        let ctx = Context::sandbox_in("ledger", self.dir.path());
        LedgerServiceClient::new(chit_runtime::channel(&ctx.shared, "ledger"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Exit code and the last line, a JSON object.
    fn chit(&self, args: &[&str]) -> (i32, Value) {
        let output = chit(&config(self.dir.path()), args);
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), serde_json::from_str(said.lines().last().unwrap()).unwrap())
    }

    async fn sell(&self, sales: u64) {
        let mut client = self.client();
        for n in 1..=2 {
            let account =
                Account { account_id: id(n), currency_code: "CNY".to_owned(), code: 1, ..Account::default() };
            let request = CreateAccountRequest { account: Some(account), actor: "li".to_owned() };
            client.create_account(request).await.unwrap();
        }
        for n in 10..10 + sales {
            let transfer = Transfer {
                transfer_id: id(n),
                kind: TransferKind::Pending as i32,
                debit_account_id: id(1),
                credit_account_id: id(2),
                amount: Some(Money { amount_minor: 5, currency_code: "CNY".to_owned() }),
                external_ref: id(n),
                ..Transfer::default()
            };
            let request = CreateTransferRequest { transfer: Some(transfer), actor: "li".to_owned() };
            client.create_transfer(request).await.unwrap();
        }
    }
}

fn config(dir: &Path) -> Vec<String> {
    vec!["--config".to_owned(), dir.join("chit.toml").display().to_string()]
}

fn chit(config: &[String], args: &[&str]) -> Output {
    Command::new(program("chit").unwrap()).arg("--json").args(config).args(args).output().unwrap()
}

fn id(n: u64) -> String {
    ulid::Ulid::from_parts(1_795_000_000_000, u128::from(n)).to_string()
}

/// Without a configuration: the verifier needs the file and the key, nothing else.
fn verify(file: &Path, key: &str) -> (i32, String) {
    let output = chit(&[], &["ledger", "verify", file.to_str().unwrap(), "--key", key]);
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compaction_makes_the_index_file_smaller_and_changes_no_record() {
    let shop = Shop::open().await;
    // How much one gives back depends on how many commits the index took together: on a busy machine it takes more sales.
    let mut sales = 0;
    let (before, file) = loop {
        sales += 200;
        assert!(sales <= 4_000, "nothing is given back");
        shop.sell(sales).await;
        let file = shop.file(&format!("before-{sales}.jsonl"));
        let (code, before) = shop.chit(&["ledger", "export", file.to_str().unwrap()]);
        assert_eq!(code, 0, "{before}");
        let (code, sizes) = shop.chit(&["ledger", "compact"]);
        assert_eq!(code, 0, "{sizes}");
        let size = |name: &str| sizes[name].as_u64().unwrap();
        assert!(size("bytes_after") <= size("bytes_before"), "{sizes}");
        let index = shop.file("state/ledger/index.redb");
        assert_eq!(std::fs::metadata(index).unwrap().len(), size("bytes_after"));
        if size("bytes_after") < size("bytes_before") {
            break (before, file);
        }
    };
    shop.sell(sales + 1).await;
    let (code, after) = shop.chit(&["ledger", "export", shop.file("after.jsonl").to_str().unwrap()]);
    assert_eq!((code, after["records"].as_u64()), (0, Some(sales + 3)));
    assert_ne!(after["root"], before["root"]);
    let again = std::fs::read_to_string(shop.file("after.jsonl")).unwrap();
    let first = std::fs::read_to_string(file).unwrap();
    let last = usize::try_from(sales).unwrap() + 2;
    assert!(again.lines().nth(last) == first.lines().nth(last), "every record is as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_is_verified_offline_tampering_exits_1_and_an_import_has_the_same_root() {
    let shop = Shop::open().await;
    shop.sell(30).await;
    let (_, key) = shop.chit(&["ledger", "key"]);
    let key = key["verifier_key"].as_str().unwrap().to_owned();
    let file = shop.file("export.jsonl");
    let (code, exported) = shop.chit(&["ledger", "export", file.to_str().unwrap()]);
    assert_eq!((code, exported["records"].as_u64()), (0, Some(32)));
    let (code, said) = verify(&file, &key);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(exported["root"].as_str().unwrap()), "{said}");
    std::fs::write(shop.file("ledger.pub"), format!("{key}\n")).unwrap();
    assert_eq!(verify(&file, shop.file("ledger.pub").to_str().unwrap()).0, 0, "the key may be in a file");

    let bytes = std::fs::read(&file).unwrap();
    let tampered = shop.file("tampered.jsonl");
    for place in (0..bytes.len()).step_by(bytes.len() / 24) {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        std::fs::write(&tampered, changed).unwrap();
        let (code, said) = verify(&tampered, &key);
        assert_eq!(code, 1, "byte {place}: {said}");
        assert!(said.contains("EXPORT_TAMPERED"), "{said}");
    }

    let other = Shop::open().await;
    let (_, foreign) = other.chit(&["ledger", "key"]);
    assert_eq!(verify(&file, foreign["verifier_key"].as_str().unwrap()).0, 1, "another ledger's key");
    let import = ["ledger", "import", file.to_str().unwrap(), "--key", &key];
    let (code, imported) = other.chit(&import);
    assert_eq!((code, &imported["root"], imported["appended"].as_u64()), (0, &exported["root"], Some(32)));
    assert_eq!(other.chit(&import).1["known"].as_u64(), Some(32), "again is harmless");

    shop.sell(31).await;
    let backups = shop.file("backups");
    let (code, backup) = shop.chit(&["ledger", "backup", backups.to_str().unwrap()]);
    assert_eq!((code, backup["records"].as_u64()), (0, Some(33)));
    assert_eq!(verify(Path::new(backup["file"].as_str().unwrap()), &key).0, 0);
}
