//! The story of a sale that a bank collects: the file, the bank's word on it, and the money.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use checkout::{BankFileState, Sale, SaleState, SettlementBatch};
use chit_integration_tests::ask;
use chit_integration_tests::desk::{Journal, Refused};
use chit_integration_tests::house::Place;
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
    let shop = Shop::open_at(place, &options(&folder, "pain.008.001.02")).await;
    sign(&shop.desk, &shop.payer_id, PAYER_IBAN).await;
    shop
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
    let batches = batches(shop).await;
    let batch = batches.iter().find(|batch| batch.batch_id == batch_id).unwrap();
    batch.file.as_ref().unwrap().state() != BankFileState::Made
}

async fn presentments(shop: &Shop, sale_id: &str) -> usize {
    batches(shop).await.iter().filter(|batch| batch.sale_ids.iter().any(|sale| sale == sale_id)).count()
}

async fn agrees(shop: &Shop) -> bool {
    ask!(shop.desk.bank, reconcile, checkout::ReconcileRequest { page_size: 0 }).unwrap().agrees
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
