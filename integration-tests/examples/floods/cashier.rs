//! A cashier at the page, and what they do in one sale.

use std::time::Instant;

use chit_integration_tests::desk::new_id;
use chit_integration_tests::house::Options;
use chit_proto::checkout::v1::SaleState;

use crate::open_shop::{Shop, options};
use crate::page;

const CASHIER: &str = "li";
/// Goods typed into one basket.
const GOODS: usize = 60;
/// So often the payer's code is shown, and the page loaded anew, while goods are typed.
const CODES: usize = 20;
/// A cent each: a hundred sales stay within any limit.
const PRICE: &str = "0.01";
/// Of more than a single sale may be: whoever commits it needs an Approval.
pub const OVER_LIMIT_MINOR: i64 = 30_000;

pub struct Cashier {
    pub shop: Shop,
    /// Of the till's pages.
    pub till: String,
    cookie: String,
}

impl Cashier {
    pub async fn open() -> Self {
        let mut limits = toml::Table::new();
        for name in ["payer_unverified_sales", "payer_minor", "till_minor"] {
            limits.insert(name.to_owned(), 60_000.into());
        }
        let options = Options { till_port: Some(0), ..options() }
            .set("checkout", "tcp_listen", "127.0.0.1:0")
            .set("checkout", "limits", limits);
        let shop = Shop::open_with(&options).await;
        let url = shop.house.till_url().unwrap();
        let till = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let pin = shop.house.pins.approval(CASHIER).unwrap().pin;
        let (status, answer) =
            page::ask(&till, "POST", "/signin", "", &format!("name={CASHIER}&pin={pin}")).await.unwrap();
        let cookie = page::cookies(&answer);
        assert!(status < 400 && !cookie.is_empty(), "{CASHIER} cannot sign in: {status}");
        Self { shop, till, cookie }
    }

    /// One sale as far as its film is sealed. The time of each call that the cashier waits for is noted, in milliseconds.
    pub async fn sell(&self, times: &mut Vec<f64>) {
        let began = Instant::now();
        let sale_id = self.shop.desk.start_sale().await.unwrap().sale_id;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        for n in 0..GOODS {
            let goods = format!("rid={}&sale_id={sale_id}&description=Sundries&price={PRICE}", new_id());
            self.post("/basket/add", &goods, times).await;
            if n % (GOODS / CODES) == 0 {
                let began = Instant::now();
                self.shop.present(&sale_id, self.shop.code.as_bytes()).await.unwrap();
                times.push(began.elapsed().as_secs_f64() * 1e3);
                self.ask("GET", "/", "", times).await;
            }
        }
        self.shop.present(&sale_id, self.shop.code.as_bytes()).await.unwrap();
        let same = format!("rid={}&sale_id={sale_id}&answer=yes", new_id());
        self.post("/sale/person", &same, times).await;
        let mut journal = self.shop.desk.journal(&sale_id);
        self.post("/sale/commit", &format!("rid={}&sale_id={sale_id}", new_id()), times).await;
        self.shop.see_through(&sale_id, &mut journal, SaleState::Queued).await;
    }

    async fn post(&self, path: &str, form: &str, times: &mut Vec<f64>) {
        self.ask("POST", path, form, times).await;
    }

    async fn ask(&self, method: &str, path: &str, form: &str, times: &mut Vec<f64>) {
        let began = Instant::now();
        let (status, answer) = page::ask(&self.till, method, path, &self.cookie, form).await.unwrap();
        times.push(began.elapsed().as_secs_f64() * 1e3);
        assert!(status < 400, "{method} {path}: {answer}");
    }

    pub fn close(self) {
        self.shop.house.stop().unwrap();
    }
}
