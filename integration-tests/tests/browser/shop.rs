//! A shop with its till and its virtual desk, a browser with a tab for each, and a payer who was enrolled at the desk.

use std::fs;
use std::sync::Arc;

use chit_integration_tests::ask;
use chit_integration_tests::desk::Desk;
use chit_integration_tests::house::{House, Options, Place};
use chit_integration_tests::payer::{row_in, rows_on_card};
use chit_integration_tests::virtual_desk::{self, VirtualDesk};
use chit_proto::checkout::v1::{ListSalesRequest, Sale};
use fantoccini::wd::WindowHandle;
use tokio::task::JoinHandle;

use crate::driver::{Browser, Key, Page};

/// A till's screen of the smaller sort.
const WIDTH: u32 = 1024;
const HEIGHT: u32 = 600;
/// Short clips: their length is media-capture's own test.
const POSTROLL_MS: i64 = 300;
const PHONE: &str = "13800001234";

pub struct Shop {
    pub till_url: String,
    pub desk_url: String,
    pub desk: Desk,
    pub page: Page,
    till_tab: WindowHandle,
    desk_tab: WindowHandle,
    serving: JoinHandle<anyhow::Result<()>>,
    /// Before the house: a browser that is open keeps its connections.
    _browser: Browser,
    pub house: House,
}

impl Shop {
    /// Both pages are open, the till's in front. `lang` is the desk's language.
    pub async fn open(lang: &str) -> Self {
        let options = Options { till_port: Some(0), ..Options::default() };
        let options = options.set("media-capture", "postroll_ms", POSTROLL_MS);
        let house = House::start(Place::temporary().unwrap(), &options).unwrap();
        house.ready().await.unwrap();
        let desk = Desk::at(&house).await.unwrap();
        desk.make_it_day().await.unwrap();
        let till_url = house.till_url().unwrap();
        let listener = virtual_desk::bind(0).await.unwrap();
        let desk_url = format!("http://{}/?lang={lang}", listener.local_addr().unwrap());
        let table: Arc<VirtualDesk> = VirtualDesk::at(&house, till_url.clone()).await.unwrap();
        let serving = tokio::spawn(async move { table.serve(listener).await });
        let browser = Browser::open(WIDTH, HEIGHT).await;
        let page = browser.page();
        let till_tab = page.window().await;
        page.goto(&till_url).await;
        let desk_tab = page.new_tab().await;
        page.resize(WIDTH, HEIGHT).await;
        page.goto(&desk_url).await;
        page.show(&till_tab).await;
        Self { till_url, desk_url, desk, page, till_tab, desk_tab, serving, _browser: browser, house }
    }

    /// The same, with an enrolled payer.
    pub async fn open_with_payer(lang: &str) -> Self {
        let shop = Self::open(lang).await;
        shop.at_desk().await;
        shop.enrol().await;
        shop.at_till().await;
        shop
    }

    pub async fn at_till(&self) {
        self.page.show(&self.till_tab).await;
    }

    pub async fn at_desk(&self) {
        self.page.show(&self.desk_tab).await;
    }

    /// Step 1 of the desk's guide.
    pub async fn enrol(&self) {
        let page = &self.page;
        page.click("#enrol-name").await;
        page.type_text("王小明").await;
        page.click("#enrol-phone").await;
        page.type_text(PHONE).await;
        page.click("#enrol").await;
        page.until("document.querySelector('#thread').dataset.texts > 0").await;
        self.answer_sms().await;
        page.until("document.querySelector('#phone').dataset.state === 'ACTIVE'").await;
    }

    /// Looks the row up on the card and types its code into the phone.
    pub async fn answer_sms(&self) {
        self.answer_sms_of("#thread li:last-child").await;
    }

    pub async fn answer_sms_of(&self, css: &str) {
        let asked = self.page.text(css).await;
        let row = row_in(&asked).unwrap_or_else(|| panic!("no row is asked for: {asked}"));
        self.page.see("#open-drawer").await;
        let code = self.code(row);
        self.page.click("#reply").await;
        self.page.type_text(&code).await;
        self.page.press(Key::Enter).await;
    }

    /// From the one card that this house has printed.
    fn code(&self, row: u32) -> String {
        let papers = fs::read_dir(self.house.place.papers()).unwrap().flatten().map(|entry| entry.path());
        let mut raw = papers.filter(|file| file.extension().is_some_and(|is| is == "escpos"));
        let card = raw.find_map(|file| rows_on_card(&fs::read(file).unwrap())).expect("a card");
        card[&row].clone()
    }

    pub fn pin(&self, name: &str) -> String {
        self.house.pins.approval(name).unwrap().pin
    }

    pub async fn sales(&self) -> Vec<Sale> {
        let request = ListSalesRequest { page_size: 100, ..ListSalesRequest::default() };
        ask!(self.desk.sales, list_sales, request).unwrap().sales
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
