//! Settling through a bank's files: the far side is played by records, as the readers hand them out.

mod handed_over;
mod listed;
mod mandates;
mod outcomes;
mod statements;

use std::sync::atomic::{AtomicU8, Ordering};

use chit_iso20022::{Booking, Level, Message, Money, Record, Returned, Status};
use iso_currency::Currency;
use jiff::civil::Date;

use super::fixture::{SUPERVISOR, Till};
use crate::bank::{self, Begun, Desk, Statement, Tally};
use crate::collection::exceptions::{Exception, ExceptionKind};
use crate::collection::mandate::{self, BankAccount, NewMandate};
use crate::collection::posting::Entry;
use crate::collection::{Batch, Deduction};
use crate::config::Config;
use crate::config::bank::{BankConfig, RailName};
use crate::effects::bank_file;
use crate::outbox::Effect;
use crate::values::ids::SaleId;
use crate::values::refusal::Result;

pub const IBAN: &str = "NL91ABNA0417164300";
pub const PAYER_IBAN: &str = "DE89370400440532013000";
const NOTICE_DAYS: u8 = 2;

/// A shop with a bank, and what the bank does.
pub struct AtBank {
    pub till: Till,
    _drop: tempfile::TempDir,
    files: AtomicU8,
}

impl AtBank {
    /// Its payer has signed.
    pub async fn open() -> Self {
        let at = Self::without_mandate().await;
        at.sign(PAYER_IBAN).await.unwrap();
        at
    }

    pub async fn without_mandate() -> Self {
        let drop = tempfile::tempdir().unwrap();
        let bank = BankConfig {
            creditor_name: "Huimin Shops".into(),
            creditor_id: "DE98ZZZ09999999999".into(),
            iban: IBAN.into(),
            notice_days: NOTICE_DAYS,
            drop_dir: drop.path().to_owned(),
            ..BankConfig::default()
        };
        let cfg = Config { rail: RailName::BankFile, bank, ..Config::default() };
        Self { till: Till::open_with(cfg).await, _drop: drop, files: AtomicU8::new(0) }
    }

    pub async fn sign(&self, iban: &str) -> Result<bool> {
        let (payer, fresh, today) = (self.till.payer_id, self.till.id(), self.today());
        let account = BankAccount { holder: "Ada Li".into(), iban: iban.into(), bic: None };
        let new = NewMandate { payer, account, signed_on: today, notice_days: NOTICE_DAYS };
        self.till.write(move |tx| mandate::record(tx, new, today, fresh, SUPERVISOR)).await.map(|r| r.renewed)
    }

    pub fn today(&self) -> Date {
        self.till.shop.voice.quiet.local_day(self.till.shop.clock.now())
    }

    /// Days pass until there is something to settle.
    pub async fn batch(&self) -> Batch {
        for _ in 0..20 {
            if let Ok(batch) = self.till.settle().await {
                self.till.drain().await;
                return batch;
            }
            self.till.advance(24);
        }
        panic!("nothing becomes due in 20 days");
    }

    /// A confirmed sale that went to the bank.
    pub async fn submitted(&self) -> (SaleId, Batch) {
        let sale = self.till.verified().await;
        (sale, self.batch().await)
    }

    pub async fn paid(&self) -> (SaleId, Batch) {
        let (sale, batch) = self.submitted().await;
        let tally = self.says(&[self.credit(&self.deduction(sale).await)]).await;
        assert_eq!(tally.received, 1);
        (sale, batch)
    }

    pub async fn deduction(&self, sale: SaleId) -> Deduction {
        self.till.read(move |view| view.deduction(sale)).await
    }

    /// One file with these records, imported.
    pub async fn says(&self, records: &[Record]) -> Tally {
        let nth = self.files.fetch_add(1, Ordering::Relaxed);
        self.import([nth; 32], Message::Camt054, records).await
    }

    pub async fn import(&self, file: [u8; 32], message: Message, records: &[Record]) -> Tally {
        let desk = Desk {
            by: "bank".into(),
            iban: IBAN.into(),
            currency: Currency::CNY,
            today: self.today(),
            file,
            message,
        };
        let fresh = Statement {
            message,
            message_id: "B-1".into(),
            records: records.len() as u64,
            applied: 0,
            imported_at: self.till.shop.clock.now(),
            actor: SUPERVISOR.into(),
            tally: Tally::default(),
        };
        let (posting, records) = (self.till.id(), records.to_vec());
        let run = move |tx: &mut crate::store::Tx| match bank::begin(tx, file, fresh)? {
            Begun::Known(known) => Ok(known.tally),
            Begun::From(from) => Ok(bank::apply(tx, &desk, posting, from, &records)?.tally),
        };
        self.till.write(run).await.unwrap()
    }

    /// What waits to be booked in the ledger.
    pub async fn booked(&self) -> Vec<Entry> {
        let look = |view: &crate::store::View| {
            let mut entries = Vec::new();
            for (_, effect) in view.outbox_after(0, usize::MAX)? {
                if let Effect::BookPosting { posting } = effect {
                    entries.extend(view.posting(posting)?.entries);
                }
            }
            Ok(entries)
        };
        self.till.read(look).await
    }

    pub async fn exceptions(&self) -> Vec<Exception> {
        self.till.read(|view| view.exceptions(true, None, 100)).await
    }

    pub async fn exception_kinds(&self) -> Vec<ExceptionKind> {
        self.exceptions().await.iter().map(|one| one.found.kind).collect()
    }

    /// The file of a batch as it is written.
    pub async fn file(&self, batch: &Batch) -> Vec<u8> {
        let (shop, id) = (self.till.shop.clone(), batch.id);
        let look = move |view: &crate::store::View| {
            let (bank, mut bytes) = (shop.bank.as_ref().unwrap(), Vec::new());
            bank_file::content(view, bank, &view.filed(id)?, shop.currency, "HUIMIN", &mut bytes)?;
            Ok(bytes)
        };
        self.till.read(look).await
    }

    pub fn credit(&self, of: &Deduction) -> Record {
        Record::Booking(self.booking(of, true, None))
    }

    /// The bank takes a paid debit back.
    pub fn debit(&self, of: &Deduction, reason: &str) -> Record {
        Record::Booking(self.booking(of, false, Some(reason)))
    }

    pub fn booking(&self, of: &Deduction, credit: bool, reason: Option<&str>) -> Booking {
        let presentment = of.presentment().unwrap();
        Booking {
            statement_id: "S-1".into(),
            account: Some(IBAN.into()),
            reference: None,
            booked: true,
            credit,
            booked_on: presentment.collect_on,
            amount: Some(cny(presentment.amount_minor)),
            message_id: None,
            group_id: None,
            instruction_id: None,
            end_to_end_id: Some(of.sale.to_string()),
            transactions: None,
            return_reason: reason.map(str::to_owned),
        }
    }

    pub fn pacs(&self, of: &Deduction, reason: &str) -> Record {
        let presentment = of.presentment().unwrap();
        Record::Returned(Returned {
            message_id: Some(presentment.batch.to_string()),
            instruction_id: Some(presentment.id.to_string()),
            end_to_end_id: Some(of.sale.to_string()),
            amount: cny(presentment.amount_minor),
            settled_on: presentment.collect_on,
            reasons: vec![reason.into()],
        })
    }

    pub fn status(&self, of: &Deduction, status: &str, reason: &str) -> Record {
        let presentment = of.presentment().unwrap();
        Record::Status(Status {
            level: Level::Debit,
            message_id: presentment.batch.to_string(),
            group_id: None,
            instruction_id: Some(presentment.id.to_string()),
            end_to_end_id: Some(of.sale.to_string()),
            status: Some(status.into()),
            reasons: Vec::from_iter((!reason.is_empty()).then(|| reason.to_owned())),
            amount: None,
        })
    }

    pub fn file_status(&self, batch: &Batch, status: &str, reason: &str) -> Record {
        Record::Status(Status {
            level: Level::File,
            message_id: batch.id.to_string(),
            group_id: None,
            instruction_id: None,
            end_to_end_id: None,
            status: Some(status.into()),
            reasons: Vec::from_iter((!reason.is_empty()).then(|| reason.to_owned())),
            amount: None,
        })
    }
}

pub fn cny(minor: i64) -> Money {
    Money { minor, currency: Currency::CNY }
}
