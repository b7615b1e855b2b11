//! A shop whose bank collects, and a browser before its page of batches.

use std::fs;
use std::path::PathBuf;

use chit_integration_tests::ask;
use chit_integration_tests::desk::{SUPERVISOR, new_id};
use chit_integration_tests::house::{Options, Place};
use chit_proto::checkout::v1::{
    ImportBankFileRequest, ReconcileRequest, SaleState, SetMandateRequest, SettlementBatch,
};

#[allow(dead_code, reason = "the whole-shop tests use the rest of it")]
#[path = "../shop/bank/far_side.rs"]
mod far_side;
#[allow(dead_code, reason = "the whole-shop tests use the rest of it")]
#[path = "../shop/open_shop.rs"]
mod open_shop;

use crate::cashier::{speak, touch_in};
use crate::driver::{Browser, Page};
use far_side::FarSide;
use open_shop::Shop;

const SHOP_IBAN: &str = "NL91ABNA0417164300";
const PAYER_IBAN: &str = "DE89370400440532013000";
/// Notice, a weekend, holidays at the turn of the year.
const DAYS_MAX: usize = 20;

pub struct BankShop {
    pub page: Page,
    _browser: Browser,
    shop: Shop,
    to_bank: PathBuf,
}

impl BankShop {
    /// With a batch that the bank has paid, and one that is on its way to it.
    pub async fn open() -> Self {
        let place = Place::temporary().unwrap();
        let to_bank = place.root().join("to-bank");
        fs::create_dir_all(&to_bank).unwrap();
        let shop = Shop::open_at(place, &options(&to_bank)).await;
        let mandate = SetMandateRequest {
            request_id: new_id(),
            payer_id: shop.payer_id.clone(),
            account_holder: "Ada Li".into(),
            iban: PAYER_IBAN.into(),
            approval: Some(shop.desk.pins.approval(SUPERVISOR).unwrap()),
            ..SetMandateRequest::default()
        };
        ask!(shop.desk.bank, set_mandate, mandate).unwrap();
        let browser = Browser::open(1024, 600).await;
        let mut shop = Self { page: browser.page(), _browser: browser, shop, to_bank };
        let (paid, mut bank) = (shop.confirmed_sale().await, FarSide::default());
        shop.batch().await;
        let mut reports = bank.take(&shop.to_bank);
        reports.push(bank.notification(&paid));
        for report in reports {
            let piece = ImportBankFileRequest { chunk: report.into_bytes() };
            shop.shop.desk.bank.clone().import_bank_file(tokio_stream::iter([piece])).await.unwrap();
        }
        shop.shop.desk.journal(&paid).sale_is(SaleState::Settled).await.unwrap();
        shop.confirmed_sale().await;
        shop.batch().await;
        shop
    }

    async fn confirmed_sale(&mut self) -> String {
        let (sale, mut journal) = self.shop.sell().await;
        self.shop.payer.pay().await.unwrap();
        journal.sale_is(SaleState::Verified).await.unwrap();
        sale.sale_id
    }

    /// Days pass until there is something to settle; then its file is there.
    async fn batch(&self) -> SettlementBatch {
        for _ in 0..DAYS_MAX {
            if let Ok(batch) = self.shop.desk.run_settlement().await {
                let file = self.to_bank.join(&batch.file.as_ref().unwrap().name);
                while !file.exists() {
                    tokio::task::yield_now().await;
                }
                return batch;
            }
            self.shop.desk.advance_hours(24).await.unwrap();
        }
        panic!("nothing becomes due in {DAYS_MAX} days")
    }

    /// Signed in, with the page open and both sides' sums on it.
    pub async fn look_at_batches(&self, lang: &str) {
        let url = self.shop.house.till_url().unwrap();
        while !ask!(self.shop.desk.bank, reconcile, ReconcileRequest::default()).unwrap().agrees {
            tokio::task::yield_now().await;
        }
        self.page.goto(&url).await;
        if self.page.is("document.querySelector('#act-sign-out')").await {
            self.page.click("#act-sign-out").await;
        }
        self.page.see("#pin").await;
        speak(&self.page, lang).await;
        touch_in(&self.page, SUPERVISOR, &self.shop.desk.pins.approval(SUPERVISOR).unwrap().pin).await;
        self.page.goto(&format!("{url}batches")).await;
        self.page.see("#bank-batches").await;
    }
}

fn options(to_bank: &std::path::Path) -> Options {
    let mut bank = toml::Table::new();
    for (key, value) in [
        ("creditor_name", "Huimin Shops"),
        ("creditor_id", "DE98ZZZ09999999999"),
        ("iban", SHOP_IBAN),
        ("format", "pain.008.001.02"),
        ("drop_dir", to_bank.to_str().unwrap()),
    ] {
        bank.insert(key.into(), value.into());
    }
    bank.insert("notice_days".into(), 1.into());
    let options = Options { till_port: Some(0), ..open_shop::options() };
    options
        .set("checkout", "evidence_policy", "best_effort")
        .set("checkout", "rail", "bank_file")
        .set("checkout", "bank", bank)
}
