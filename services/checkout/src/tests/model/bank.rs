//! The bank of a shop that collects by files: it pays, refuses, takes back, says things twice and says things wrong; and
//! the people who see to what it leaves open.

use std::sync::atomic::{AtomicU64, Ordering};

use chit_iso20022::{Booking, Level, Message, Money, Record, Status};
use iso_currency::Currency;

use super::World;
use crate::bank::{self, Begun, Desk, Statement, Tally};
use crate::collection::exceptions::{self, Exception};
use crate::collection::mandate::{self, BankAccount, NewMandate};
use crate::collection::{Deduction, Presentment};
use crate::config::Config;
use crate::config::bank::{BankConfig, RailName};
use crate::payer::PayerState;
use crate::store::Tx;
use crate::tests::fixture::{SUPERVISOR, Till};

const IBAN: &str = "NL91ABNA0417164300";
const PAYER_IBAN: &str = "DE89370400440532013000";
const NOTICE_DAYS: u8 = 1;
/// Why a debit is not paid, or goes back.
const REASONS: [&str; 7] = ["AM04", "AM04", "AM04", "AC04", "MD01", "MD06", "MS03"];

pub struct Bank {
    drop: tempfile::TempDir,
    files: AtomicU64,
}

impl Bank {
    pub fn new() -> Self {
        Self { drop: tempfile::tempdir().unwrap(), files: AtomicU64::new(0) }
    }

    /// A shop that this bank keeps the account of, and whose payer has signed.
    pub async fn shop(&self) -> Till {
        let bank = BankConfig {
            creditor_name: "Huimin Shops".into(),
            creditor_id: "DE98ZZZ09999999999".into(),
            iban: IBAN.into(),
            notice_days: NOTICE_DAYS,
            drop_dir: self.drop.path().to_owned(),
            ..BankConfig::default()
        };
        let till = Till::open_with(Config { rail: RailName::BankFile, bank, ..Config::default() }).await;
        sign(&till).await;
        till
    }
}

async fn sign(till: &Till) {
    let today = till.shop.voice.quiet.local_day(till.shop.clock.now());
    if till.payer().await.state == PayerState::Erased {
        return;
    }
    let account = BankAccount { holder: "Ada Li".into(), iban: PAYER_IBAN.into(), bic: None };
    let new = NewMandate { payer: till.payer_id, account, signed_on: today, notice_days: NOTICE_DAYS };
    let fresh = till.id();
    till.write(move |tx| mandate::record(tx, new, today, fresh, SUPERVISOR).map(drop)).await.unwrap();
}

impl World {
    pub(super) async fn at_the_bank(&mut self) {
        match self.chance.below(10) {
            0..7 => self.bank_speaks().await,
            7..9 => self.exceptions_are_seen_to().await,
            _ => {
                sign(&self.till).await;
                self.steps.taken.push("a mandate is signed".into());
            }
        }
    }

    /// Something about one debit, or about all of its file.
    async fn bank_speaks(&mut self) {
        let ids = self.sales.clone();
        let presented = self.till.read(move |view| {
            let mut presented: Vec<Deduction> = Vec::new();
            for id in ids {
                presented.extend(view.find_deduction(id)?.filter(Deduction::was_presented));
            }
            Ok(presented)
        });
        let presented = presented.await;
        if presented.is_empty() {
            return;
        }
        let of = &presented[self.chance.below(presented.len())];
        let presentment = &of.presentments[self.chance.below(of.presentments.len())];
        let reason = self.chance.of(&REASONS).unwrap();
        let record = match self.chance.below(20) {
            0..8 => booking(of, presentment, presentment.amount_minor, None),
            8 => booking(of, presentment, presentment.amount_minor + 1, None),
            9..12 => booking(of, presentment, presentment.amount_minor, Some(reason)),
            12..16 => status(Some((of, presentment)), presentment, "RJCT", reason),
            16..18 => status(Some((of, presentment)), presentment, "ACSP", ""),
            18 => status(None, presentment, "RJCT", "DUPL"),
            _ => status(None, presentment, "RJCT", "FF01"),
        };
        let said = format!("the bank says {record:?}");
        let tally = self.import(vec![record]).await;
        self.steps.taken.push(format!("{said}: {tally:?}"));
    }

    async fn import(&mut self, records: Vec<Record>) -> Tally {
        let shop = &self.till.shop;
        let number = self.bank.as_ref().unwrap().files.fetch_add(1, Ordering::Relaxed);
        let mut file = [0; 32];
        file[..8].copy_from_slice(&number.to_be_bytes());
        let now = shop.clock.now();
        let today = shop.voice.quiet.local_day(now);
        let message = Message::Camt054;
        let desk =
            Desk { by: "bank".into(), iban: IBAN.into(), currency: Currency::CNY, today, file, message };
        let fresh = Statement {
            message,
            message_id: number.to_string(),
            records: records.len() as u64,
            applied: 0,
            imported_at: now,
            actor: SUPERVISOR.into(),
            tally: Tally::default(),
        };
        let posting = self.till.id();
        let imported = self.till.write(move |tx: &mut Tx| match bank::begin(tx, file, fresh)? {
            Begun::Known(known) => Ok(known.tally),
            Begun::From(from) => Ok(bank::apply(tx, &desk, posting, from, &records)?.tally),
        });
        imported.await.unwrap()
    }

    /// Sales that wait for a person go on; what else is on the list is closed.
    async fn exceptions_are_seen_to(&mut self) {
        let open = self.till.read(|view| view.exceptions(true, None, 100)).await;
        let Some(Exception { id, found, .. }) = open.into_iter().next() else { return };
        if let Some(sale) = found.sale {
            let released = self.till.write(move |tx| crate::collection::release(tx, sale, SUPERVISOR)).await;
            self.took(format!("release {sale} at the bank's desk"), released);
        }
        let closed = self.till.write(move |tx| {
            let open = tx.exception(id)?.closed.is_none();
            if open { exceptions::close(tx, id, SUPERVISOR, "seen to").map(drop) } else { Ok(()) }
        });
        let closed = closed.await;
        self.took(format!("close {id}"), closed);
    }
}

fn booking(of: &Deduction, presentment: &Presentment, minor: i64, taken_back: Option<&str>) -> Record {
    Record::Booking(Booking {
        statement_id: "S-1".into(),
        account: Some(IBAN.into()),
        reference: None,
        booked: true,
        credit: taken_back.is_none(),
        booked_on: presentment.collect_on,
        amount: Some(Money { minor, currency: Currency::CNY }),
        message_id: None,
        group_id: None,
        instruction_id: Some(presentment.id.to_string()),
        end_to_end_id: Some(of.sale.to_string()),
        transactions: None,
        return_reason: taken_back.map(str::to_owned),
    })
}

/// Of one debit, or of the whole file.
fn status(of: Option<(&Deduction, &Presentment)>, any: &Presentment, status: &str, reason: &str) -> Record {
    Record::Status(Status {
        level: if of.is_some() { Level::Debit } else { Level::File },
        message_id: any.batch.to_string(),
        group_id: None,
        instruction_id: of.map(|(_, presentment)| presentment.id.to_string()),
        end_to_end_id: of.map(|(deduction, _)| deduction.sale.to_string()),
        status: Some(status.into()),
        reasons: Vec::from_iter((!reason.is_empty()).then(|| reason.to_owned())),
        amount: None,
    })
}
