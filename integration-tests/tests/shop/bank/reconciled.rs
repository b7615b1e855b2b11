//! The whole loop against a bank that knows nothing of Chit: through `chit`, files in two folders, and its own clock.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chit_integration_tests::desk::SUPERVISOR;
use chit_integration_tests::house::Place;
use chit_proto::checkout::v1::{SaleState, SmsTrace};
use serde_json::Value;

use super::mock_bank::MockBank;
use super::{SHOP_IBAN, options, sign};
use crate::open_shop::{Customer, Shop};
use crate::pc::{Pc, REFUSED, text};

const ZONE: &str = "Europe/Berlin";
/// Notice, a weekend, holidays at the turn of the year.
const DAYS_MAX: usize = 20;
/// A payer may have an unauthorised debit back for 13 months (PSD2, Art. 71).
const THIRTEEN_MONTHS: i64 = 396;
/// The ledger books what was reported within this time.
const BOOKED_MAX: Duration = Duration::from_secs(30);

/// Somebody, their account, what they bought.
struct Buyer {
    minor: i64,
    sale_id: String,
}

struct Street {
    shop: Shop,
    pc: Pc,
    bank: MockBank,
}

impl Street {
    async fn open() -> Self {
        let place = Place::temporary().unwrap();
        let dir = place.root().join("bank");
        let more = options(&dir.join("to"), "pain.008.001.08").set("chit", "time_zone", ZONE).set(
            "checkout",
            "currency_code",
            "EUR",
        );
        fs::create_dir_all(dir.join("to")).unwrap();
        let shop = Shop::open_at(place, &more).await;
        let now = shop.desk.business_time().await.unwrap().in_tz(ZONE).unwrap().datetime();
        let bank = MockBank::start(&dir, SHOP_IBAN, ZONE, now).await;
        let pc = Pc::of(&shop.house, SUPERVISOR).await;
        Self { shop, pc, bank }
    }

    async fn days_pass(&self, days: i64) {
        self.shop.desk.advance_hours(24 * days).await.unwrap();
        self.bank.days_pass(days).await;
    }

    /// Somebody with an account buys, and confirms it.
    async fn buys(&self, mut customer: Customer, iban: &str, minor: i64) -> Buyer {
        let Self { shop, .. } = self;
        sign(&shop.desk, &customer.payer_id, iban).await;
        let sale_id = shop.desk.start_sale().await.unwrap().sale_id;
        shop.desk.type_basket(&sale_id, minor).await.unwrap();
        shop.present(&sale_id, customer.code.as_bytes()).await.unwrap();
        let mut journal = shop.desk.journal(&sale_id);
        shop.desk.confirm_person(&sale_id).await.unwrap();
        shop.desk.commit(&sale_id).await.unwrap();
        shop.see_through(&sale_id, &mut journal, SaleState::Queued).await;
        customer.payer.pay().await.unwrap();
        journal.sale_is(SaleState::Verified).await.unwrap();
        Buyer { minor, sale_id }
    }

    /// Days pass until there is something to settle. Returns the batch and its file.
    async fn settles(&self) -> (Value, PathBuf) {
        for _ in 0..DAYS_MAX {
            let batch = self.pc.says(&["settle", "run", "--if-any"]).await;
            if !batch["batch_id"].is_null() {
                let file = self.bank.drop().join(text(&batch["file"], "name"));
                return (batch, file);
            }
            self.days_pass(1).await;
        }
        panic!("nothing becomes due in {DAYS_MAX} days")
    }

    /// Days pass until the bank has written files of these kinds, in this order.
    async fn hears(&mut self, kinds: &[&str]) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = Vec::new();
        for _ in 0..DAYS_MAX {
            found.extend(
                self.bank.fetch().into_iter().filter(|file| kinds.iter().any(|kind| is_a(file, kind))),
            );
            if kinds.iter().all(|kind| found.iter().any(|file| is_a(file, kind))) {
                found.sort_by_key(|file| kinds.iter().position(|kind| is_a(file, kind)));
                return found;
            }
            self.days_pass(1).await;
        }
        panic!("the bank has written only {found:?}")
    }

    async fn import(&self, file: &Path) -> Value {
        self.pc.says(&["settle", "import", file.to_str().unwrap()]).await
    }

    async fn state(&self, buyer: &Buyer) -> SaleState {
        self.shop.desk.sale(&buyer.sale_id).await.unwrap().state()
    }

    async fn disputes(&self, buyer: &Buyer) -> usize {
        self.shop.desk.sale(&buyer.sale_id).await.unwrap().dispute_ids.len()
    }

    /// Sales, bank and ledger: so much is at the bank, so much was taken back and is owed again.
    async fn agrees(&self, settled: &[&Buyer], taken_back: &[&Buyer]) {
        let minor = |buyers: &[&Buyer]| buyers.iter().map(|buyer| buyer.minor).sum::<i64>();
        let (at_bank, returned) = (minor(settled), minor(taken_back));
        let deadline = Instant::now() + BOOKED_MAX;
        let status = loop {
            let status = self.pc.says(&["settle", "status"]).await;
            let booked = status["agrees"] == true && status["ledger_returned_minor"] == returned;
            if booked || Instant::now() > deadline {
                break status;
            }
        };
        assert_eq!(status["agrees"], true, "{status}");
        assert_eq!(status["ledger_returned_minor"], returned, "{status}");
        assert_eq!(status["ledger_at_bank_minor"], at_bank, "{status}");
        assert_eq!(self.bank.balance_of_shop().await, at_bank, "as the bank itself counts");
        for buyer in settled {
            assert_eq!(self.state(buyer).await, SaleState::Settled);
            assert_eq!(self.bank.settled_debits(&buyer.sale_id).await, 1);
        }
        for buyer in taken_back {
            assert_eq!(self.state(buyer).await, SaleState::Returned);
            assert_eq!(self.bank.settled_debits(&buyer.sale_id).await, 0);
        }
    }
}

fn is_a(file: &Path, kind: &str) -> bool {
    file.file_name().unwrap().to_str().unwrap().starts_with(kind)
}

/// The bank gets a file, and the same file once more.
async fn sent_twice(street: &mut Street) -> (Value, [PathBuf; 2]) {
    let (batch, file) = street.settles().await;
    let bytes = fs::read(&file).unwrap();
    assert_eq!(text(&street.bank.take().await[0], "status"), "PART");
    fs::write(&file, bytes).unwrap();
    let again = street.bank.take().await;
    assert_eq!((text(&again[0], "status"), text(&again[0], "reason")), ("RJCT", "DUPL"));
    let said: Vec<PathBuf> = street.bank.fetch().into_iter().filter(|file| is_a(file, "pain.002")).collect();
    (batch, said.try_into().expect("a status report for each"))
}

/// What the bank says of the second arrival comes first, then half a file, then the money, and last of all the report.
async fn heard_out_of_order(street: &mut Street, batch: &Value, [report, duplicate]: &[PathBuf; 2]) {
    let told = street.import(duplicate).await;
    assert_eq!((&told["refused"], &told["exceptions"]), (&0.into(), &0.into()), "{told}");
    let shown = street.pc.says(&["settle", "show", text(batch, "batch_id")]).await;
    assert_eq!((&shown["file"]["duplicate"], &shown["file"]["open"]), (&true.into(), &4.into()), "{shown}");

    let half = report.with_extension("half");
    let whole = fs::read(report).unwrap();
    fs::write(&half, &whole[..whole.len() / 2]).unwrap();
    let refused = street.pc.run(&["settle", "import", half.to_str().unwrap()]).await;
    let said =
        String::from_utf8_lossy(&refused.stderr).into_owned() + &String::from_utf8_lossy(&refused.stdout);
    assert_eq!(refused.status.code(), Some(REFUSED), "{said}");
    assert!(said.contains("BANK_FILE_INVALID") && said.contains("line "), "{said}");

    let money = street.hears(&["camt.054"]).await;
    assert_eq!(street.import(&money[0]).await["received"], 2);
    let told = street.import(report).await;
    assert_eq!((&told["refused"], &told["repeated"]), (&2.into(), &2.into()), "{told}");
    assert_eq!(street.import(report).await["known"], true);
    let statement = street.hears(&["camt.053"]).await;
    let told = street.import(&statement[0]).await;
    assert_eq!((&told["received"], &told["repeated"]), (&0.into(), &2.into()), "{told}");
}

/// The payer was told that it is tried again; then their account has money.
async fn paid_at_the_second_try(street: &mut Street, poor: &Buyer) {
    let mut journal = street.shop.desk.journal(&poor.sale_id);
    let told = |sms: &SmsTrace| sms.purpose == "NOTICE" && sms.state == "DELIVERED";
    journal.sale("told of the second try", |sale| sale.sms.iter().any(told)).await.unwrap();
    street.bank.pay_in("POOR", 10_000).await;
    let (batch, _) = street.settles().await;
    assert_eq!(batch["sale_ids"], serde_json::json!([poor.sale_id]));
    assert_eq!(text(&street.bank.take().await[0], "status"), "ACCP");
    let said = street.hears(&["pain.002", "camt.054"]).await;
    assert_eq!(street.import(&said[0]).await["accepted"], 1);
    assert_eq!(street.import(&said[1]).await["received"], 1);
}

/// The payer has the money back at their bank; each of the bank's files says so once more.
async fn given_back(street: &mut Street, buyer: &Buyer, reason: &str) {
    street.bank.give_back(&buyer.sale_id, reason).await;
    let said = street.hears(&["pacs.004", "camt.054"]).await;
    assert_eq!(street.import(&said[0]).await["returned"], 1);
    assert_eq!(street.import(&said[1]).await["repeated"], 1);
    assert_eq!(street.disputes(buyer).await, 1, "both sides are heard");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ledger_bank_and_sales_agree_whatever_an_outside_bank_answers_and_however_late() {
    let mut street = Street::open().await;
    let (mut customers, names) = (Vec::new(), ["Bo Chen", "Cem Ay", "Dora Weiss", "Eva Lang"]);
    for name in names {
        customers.push(Customer::enrol(&street.shop.house, &street.shop.desk, name).await);
    }
    street.days_pass(1).await;
    street.bank.open_account("POOR", "BE68539007547034", "insufficient-funds", 0).await;
    street.bank.open_account("CLOSED", "AT611904300234573201", "closed-account", 0).await;
    let mut accounts = [
        ("DE89370400440532013000", 1_250),
        ("BE68539007547034", 2_001),
        ("AT611904300234573201", 3_107),
        ("FR1420041010050500013M02606", 787),
    ]
    .into_iter();
    let mut buyers = Vec::new();
    for customer in customers {
        let (iban, minor) = accounts.next().unwrap();
        buyers.push(street.buys(customer, iban, minor).await);
    }
    let [late, poor, closed, sorry] = &buyers[..] else { panic!("four buyers") };

    let (batch, reports) = sent_twice(&mut street).await;
    heard_out_of_order(&mut street, &batch, &reports).await;
    street.agrees(&[late, sorry], &[]).await;
    assert_eq!(street.state(closed).await, SaleState::BadPending, "a closed account is not tried again");
    assert_eq!(street.state(poor).await, SaleState::Returned);

    paid_at_the_second_try(&mut street, poor).await;
    street.agrees(&[late, sorry, poor], &[]).await;
    given_back(&mut street, sorry, "MD06").await;
    street.agrees(&[late, poor], &[sorry]).await;
    street.days_pass(THIRTEEN_MONTHS).await;
    given_back(&mut street, late, "MD01").await;
    street.agrees(&[poor], &[sorry, late]).await;

    // All of it again, the newest first: statements of each day among it, which nobody had imported.
    let mut all = street.bank.all_files();
    all.reverse();
    for file in all {
        let told = street.import(&file).await;
        assert_eq!(told["exceptions"], 0, "{}: {told}", file.display());
    }
    street.agrees(&[poor], &[sorry, late]).await;
    assert_eq!(street.pc.says(&["settle", "status"]).await["open_exceptions"], 0);
}
