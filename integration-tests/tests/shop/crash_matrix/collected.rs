//! The story of a sale that a bank collects: the file, the bank's word on it, and the money.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use checkout::{BankFile, BankFileState, HandOver, Sale, SaleState, SettlementBatch};
use chit_integration_tests::ask;
use chit_integration_tests::desk::{Journal, Refused, new_id};
use chit_integration_tests::house::{Options, Place};
use chit_proto::checkout::v1 as checkout;
use tonic::Code;

use crate::bank::far_side::FarSide;
use crate::bank::{options, sign};
use crate::open_shop::Shop;

const PAYER_IBAN: &str = "DE89370400440532013000";
/// Notice, a weekend, holidays at the turn of the year.
const DAYS_MAX: usize = 20;
/// A killed checkout is there again, and the ledger has booked.
const DONE_MAX: Duration = Duration::from_secs(60);

pub async fn open_shop() -> Shop {
    let place = Place::temporary().unwrap();
    let folder = folder_in(place.root());
    fs::create_dir_all(&folder).unwrap();
    let options = carried(options(&folder, "pain.008.001.02"), place.root());
    let shop = Shop::open_at(place, &options).await;
    sign(&shop.desk, &shop.payer_id, PAYER_IBAN).await;
    shop
}

/// Each time the command runs, it leaves a line.
fn carried(mut options: Options, root: &Path) -> Options {
    let program = root.join("to-bank");
    fs::write(&program, "#!/bin/sh\necho \"$1\" >> \"$0.ran\"\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    let checkout = options.settings.get_mut("checkout").and_then(toml::Value::as_table_mut).unwrap();
    let bank = checkout.get_mut("bank").and_then(toml::Value::as_table_mut).unwrap();
    bank.insert("hand_over".into(), vec![program.to_str().unwrap()].into());
    options
}

/// How often the command ran for this file.
fn runs_of(root: &Path, file: &str) -> usize {
    let ran = fs::read_to_string(root.join("to-bank.ran")).unwrap_or_default();
    ran.lines().filter(|line| line.ends_with(file)).count()
}

/// A person finds out what became of a file if the command was interrupted, and does not let it run again.
async fn handed_over(shop: &Shop, batch_id: &str, deadline: Instant) {
    let mut was_in_doubt = false;
    loop {
        let file = file_of(shop, batch_id).await;
        match file.hand_over() {
            HandOver::Done => {
                let runs = runs_of(shop.house.place.root(), &file.name);
                // Interrupted before it began, it never ran: a person took the file there.
                assert!(runs == 1 || was_in_doubt && runs == 0, "the command ran {runs} times");
                return;
            }
            HandOver::InDoubt => {
                was_in_doubt = true;
                let batch_id = batch_id.to_owned();
                let request =
                    checkout::ResolveHandOverRequest { request_id: new_id(), batch_id, again: false };
                ask!(shop.desk.bank, resolve_hand_over, request).unwrap();
            }
            _ => assert!(Instant::now() < deadline, "the file is not handed over"),
        }
    }
}

fn folder_in(root: &Path) -> PathBuf {
    root.join("bank").join("to")
}

/// From VERIFIED to SETTLED. The bank takes each file as soon as it is there, and so may get one twice.
pub async fn collected(shop: &Shop, journal: &mut Journal, sale_id: &str) -> Sale {
    let (folder, mut bank) = (folder_in(shop.house.place.root()), FarSide::default());
    let batch = batch_of(shop).await;
    assert_eq!(batch.sale_ids, [sale_id]);
    let mut reports = Vec::new();
    let deadline = Instant::now() + DONE_MAX;
    while !is_written(shop, &batch.batch_id).await {
        reports.extend(bank.take(&folder));
        assert!(Instant::now() < deadline, "the file is not written");
    }
    handed_over(shop, &batch.batch_id, deadline).await;
    reports.extend(bank.take(&folder));
    for report in reports {
        import(shop, &report).await;
    }
    import(shop, &bank.notification(sale_id)).await;
    let settled = journal.sale_is(SaleState::Settled).await.unwrap();
    assert_eq!(bank.debits_of(sale_id), 1, "the payer is debited once");
    assert_eq!(presentments(shop, sale_id).await, 1, "in one batch");
    while !agrees(shop).await {
        assert!(Instant::now() < deadline + DONE_MAX, "the ledger has not booked what the bank reported");
    }
    settled
}

/// Days pass until there is something to settle.
async fn batch_of(shop: &Shop) -> SettlementBatch {
    for _ in 0..DAYS_MAX {
        match shop.desk.run_settlement().await {
            Ok(batch) => return batch,
            Err(error) => assert_eq!(Refused::reason_in(&error), Some("NOTHING_TO_SETTLE"), "{error:#}"),
        }
        shop.desk.advance_hours(24).await.unwrap();
    }
    panic!("nothing becomes due in {DAYS_MAX} days")
}

async fn batches(shop: &Shop) -> Vec<SettlementBatch> {
    let request = checkout::ListSettlementBatchesRequest { page_size: 100 };
    ask!(shop.desk.settlements, list_settlement_batches, request).unwrap().batches
}

async fn is_written(shop: &Shop, batch_id: &str) -> bool {
    file_of(shop, batch_id).await.state() != BankFileState::Made
}

async fn file_of(shop: &Shop, batch_id: &str) -> BankFile {
    let mut batches = batches(shop).await;
    batches.retain(|batch| batch.batch_id == batch_id);
    batches.remove(0).file.unwrap()
}

async fn presentments(shop: &Shop, sale_id: &str) -> usize {
    batches(shop).await.iter().filter(|batch| batch.sale_ids.iter().any(|sale| sale == sale_id)).count()
}

async fn agrees(shop: &Shop) -> bool {
    ask!(shop.desk.bank, reconcile, checkout::ReconcileRequest::default()).unwrap().agrees
}

/// As often as checkout dies over it: a person would run the command again.
async fn import(shop: &Shop, file: &str) {
    let deadline = Instant::now() + DONE_MAX;
    loop {
        let piece = checkout::ImportBankFileRequest { chunk: file.as_bytes().to_vec() };
        match shop.desk.bank.clone().import_bank_file(tokio_stream::iter([piece])).await {
            Ok(_) => return,
            Err(refused) => {
                assert_ne!(refused.code(), Code::InvalidArgument, "{refused}: {file}");
                assert!(Instant::now() < deadline, "{refused}");
            }
        }
    }
}
