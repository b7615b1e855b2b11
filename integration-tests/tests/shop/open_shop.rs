//! A shop with one active payer, ready to sell: what most tests begin with.

use std::path::PathBuf;

use chit_integration_tests::artefacts;
use chit_integration_tests::ask;
use chit_integration_tests::desk::{Desk, Journal, Refused, SUPERVISOR, new_id};
use chit_integration_tests::house::{House, Options, Place};
use chit_integration_tests::payer::{Payer, read_qr};
use chit_proto::checkout::v1::{
    Attention, OverrideEvidenceRequest, PayerState, PresentPayerRequest, ResolveReceiptRequest, Sale,
    SaleState,
};

/// Short clips: the length of a clip is media-capture's own test.
const POSTROLL_MS: i64 = 300;
pub const AMOUNT_MINOR: i64 = 1_250;

pub struct Shop {
    pub house: House,
    pub desk: Desk,
    pub payer: Payer,
    pub payer_id: String,
    pub code_png: PathBuf,
    /// The content of their QR code.
    pub code: String,
}

pub fn options() -> Options {
    Options::default().set("media-capture", "postroll_ms", POSTROLL_MS)
}

/// A house whose services all answer, by day.
pub async fn open_house(options: &Options) -> (House, Desk) {
    open_house_at(Place::temporary().unwrap(), options).await
}

async fn open_house_at(place: Place, options: &Options) -> (House, Desk) {
    let house = House::start(place, options).unwrap();
    house.ready().await.unwrap();
    let desk = Desk::at(&house).await.unwrap();
    desk.make_it_day().await.unwrap();
    (house, desk)
}

/// Somebody who may buy: they have answered their first challenge.
pub struct Customer {
    pub payer: Payer,
    pub payer_id: String,
    pub code_png: PathBuf,
    /// The content of their QR code.
    pub code: String,
}

impl Customer {
    pub async fn enrol(house: &House, desk: &Desk, name: &str) -> Self {
        let mut payer = Payer::with_phone(&house.simulators, ulid::Ulid::generate().0).await.unwrap();
        let enrolled = desk.enrol(name, payer.phone(), "en").await.unwrap();
        let mut journal = desk.journal(&enrolled.payer_id);
        let pending = journal.payer("PENDING", |payer| payer.state() == PayerState::Pending).await.unwrap();
        payer.take_card(&house.simulators.printer, &pending.card_serial).await.unwrap();
        payer.pay().await.unwrap();
        let active = journal.payer("ACTIVE", |payer| payer.state() == PayerState::Active).await.unwrap();
        let code_png = PathBuf::from(&active.code_png_path);
        let code = read_qr(&code_png).await.unwrap();
        Self { payer, payer_id: active.payer_id, code_png, code }
    }
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(&options()).await
    }

    /// With a payer who answered the first challenge yesterday: today they may get two messages.
    pub async fn open_with(options: &Options) -> Self {
        Self::open_at(Place::temporary().unwrap(), options).await
    }

    pub async fn open_at(place: Place, options: &Options) -> Self {
        let (house, desk) = open_house_at(place, options).await;
        let Customer { payer, payer_id, code_png, code } = Customer::enrol(&house, &desk, "Ada Li").await;
        desk.advance_hours(24).await.unwrap();
        Self { house, desk, payer, payer_id, code_png, code }
    }

    /// A sale as far as COMMITTED, and where its events are.
    pub async fn commit(&self) -> (Sale, Journal) {
        let sale = self.draft().await;
        let journal = self.desk.journal(&sale.sale_id);
        self.desk.confirm_person(&sale.sale_id).await.unwrap();
        (self.desk.commit(&sale.sale_id).await.unwrap(), journal)
    }

    /// A sale as far as PAYER_OK.
    pub async fn draft(&self) -> Sale {
        let sale = self.desk.start_sale().await.unwrap();
        self.desk.type_basket(&sale.sale_id, AMOUNT_MINOR).await.unwrap();
        self.present(&sale.sale_id, self.code.as_bytes()).await.unwrap()
    }

    pub async fn present(&self, sale_id: &str, code: &[u8]) -> anyhow::Result<Sale> {
        let request = PresentPayerRequest {
            request_id: new_id(),
            sale_id: sale_id.to_owned(),
            code: code.to_vec(),
            engine: "test".to_owned(),
        };
        Ok(ask!(self.desk.sales, present_payer, request)?.sale.unwrap())
    }

    /// A sale as far as QUEUED.
    pub async fn sell(&self) -> (Sale, Journal) {
        let (sale, mut journal) = self.commit().await;
        let queued = self.see_through(&sale.sale_id, &mut journal, SaleState::Queued).await;
        (queued, journal)
    }

    /// Does what a cashier does until the sale has come to `goal`: releases, looks at papers in doubt, calls the
    /// supervisor where evidence is missing.
    pub async fn see_through(&self, sale_id: &str, journal: &mut Journal, goal: SaleState) -> Sale {
        loop {
            let what = format!("{} or something to see to", goal.as_str_name());
            let due =
                |sale: &Sale| sale.state() as i32 >= goal as i32 || sale.attention().any(is_for_a_cashier);
            let sale = journal.sale(&what, due).await.unwrap();
            if sale.state() as i32 >= goal as i32 {
                return sale;
            }
            for attention in sale.attention() {
                if let Err(error) = self.see_to(&sale, attention).await {
                    // The event was old: it has been dealt with meanwhile.
                    let old =
                        ["WRONG_STATE", "RECEIPT_NOT_IN_DOUBT", "EVIDENCE_MISSING", "RECEIPT_NOT_PRINTED"];
                    let reason = Refused::reason_in(&error).unwrap_or_default().to_owned();
                    assert!(old.contains(&reason.as_str()), "sale {sale_id}: {error:#}");
                }
            }
        }
    }

    pub async fn see_to(&self, sale: &Sale, attention: Attention) -> anyhow::Result<()> {
        match attention {
            Attention::Release => {
                self.desk.release(&sale.sale_id).await?;
            }
            Attention::PrintUnknown => {
                let request = ResolveReceiptRequest {
                    request_id: new_id(),
                    sale_id: sale.sale_id.clone(),
                    printed_whole: self.came_out_whole(sale).await,
                };
                ask!(self.desk.sales, resolve_receipt, request)?;
            }
            Attention::EvidenceMissing => self.override_evidence(&sale.sale_id).await?,
            _ => {}
        }
        Ok(())
    }

    pub async fn override_evidence(&self, sale_id: &str) -> anyhow::Result<()> {
        let request = OverrideEvidenceRequest {
            request_id: new_id(),
            sale_id: sale_id.to_owned(),
            approval: Some(self.desk.pins.approval(SUPERVISOR)?),
        };
        ask!(self.desk.sales, override_evidence, request)?;
        Ok(())
    }

    /// Tears off what hangs out of the printer and looks for the end of this sale's receipt.
    async fn came_out_whole(&self, sale: &Sale) -> bool {
        self.house.simulators.printer.ask(serde_json::json!({ "cmd": "tear" })).await.unwrap();
        let (originals, _) = artefacts::receipts(&self.house.place.papers(), &sale.receipt_no).unwrap();
        let lookup_code = sale.receipt.as_ref().unwrap().lookup_code.clone();
        originals.iter().any(|paper| std::fs::read_to_string(paper).unwrap().contains(&lookup_code))
    }

    /// ORIGINALs and COPYs of the sale's receipt on paper.
    pub fn papers_of(&self, sale: &Sale) -> (usize, usize) {
        let (originals, copies) = artefacts::receipts(&self.house.place.papers(), &sale.receipt_no).unwrap();
        (originals.len(), copies.len())
    }

    /// RunSettlement, and the sale is SETTLED.
    pub async fn settle(&self, journal: &mut Journal) -> Sale {
        self.desk.run_settlement().await.unwrap();
        journal.sale_is(SaleState::Settled).await.unwrap()
    }

    pub async fn payer_now(&self) -> chit_proto::checkout::v1::Payer {
        let request = chit_proto::checkout::v1::GetPayerRequest { payer_id: self.payer_id.clone() };
        ask!(self.desk.payers, get_payer, request).unwrap().payer.unwrap()
    }
}

fn is_for_a_cashier(attention: Attention) -> bool {
    matches!(attention, Attention::Release | Attention::PrintUnknown | Attention::EvidenceMissing)
}
