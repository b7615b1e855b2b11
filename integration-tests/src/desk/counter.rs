//! The cashier's side of the desk: enrolling, selling, releasing.

use anyhow::Context as _;
use chit_proto::checkout::v1::{
    Attention, BasketLine, CommitSaleRequest, ConfirmPersonRequest, EnrolPayerRequest, GetSaleRequest, Payer,
    ReleaseSaleRequest, Sale, SaleState, ScanPayerRequest, SetBasketRequest, StartSaleRequest,
};
use chit_proto::money::v1::Money;

use super::{Desk, Journal, new_id};
use crate::ask;

/// Made by `chit init`.
pub const CASHIER: &str = "li";
pub const SUPERVISOR: &str = "wang";

impl Desk {
    /// The payer is ENROLLING; their papers come, then the first challenge.
    pub async fn enrol(&self, name: &str, phone: &str, language: &str) -> anyhow::Result<Payer> {
        self.enrol_with(name, phone, language, "").await
    }

    /// With a card that came in an issuer's envelope.
    pub async fn enrol_with(
        &self,
        name: &str,
        phone: &str,
        language: &str,
        card_serial: &str,
    ) -> anyhow::Result<Payer> {
        let request = EnrolPayerRequest {
            request_id: new_id(),
            name: name.to_owned(),
            phone: phone.to_owned(),
            language: language.to_owned(),
            consent: true,
            approval: Some(self.pins.approval(SUPERVISOR)?),
            card_serial: card_serial.to_owned(),
        };
        ask!(self.payers, enrol_payer, request)?.payer.context("the answer has no payer")
    }

    pub async fn start_sale(&self) -> anyhow::Result<Sale> {
        let request = StartSaleRequest { request_id: new_id(), ..Default::default() };
        ask!(self.sales, start_sale, request)?.sale.context("no sale")
    }

    /// One line of goods typed by hand.
    pub async fn type_basket(&self, sale_id: &str, amount_minor: i64) -> anyhow::Result<Sale> {
        let line = BasketLine {
            gtin: String::new(),
            description: "杂货 Sundries".to_owned(),
            quantity_milli: 1000,
            unit_price_minor: amount_minor,
            total_minor: amount_minor,
        };
        let total = Some(Money { amount_minor, currency_code: self.currency_code.clone() });
        let request = SetBasketRequest {
            request_id: new_id(),
            sale_id: sale_id.to_owned(),
            lines: vec![line],
            total,
            ..Default::default()
        };
        ask!(self.sales, set_basket, request)?.sale.context("no sale")
    }

    /// Looks for the payer's code through the camera.
    pub async fn scan_payer(&self, sale_id: &str) -> anyhow::Result<Sale> {
        let request = ScanPayerRequest { request_id: new_id(), sale_id: sale_id.to_owned(), timeout_ms: 0 };
        ask!(self.sales, scan_payer, request)?.sale.context("no sale")
    }

    pub async fn confirm_person(&self, sale_id: &str) -> anyhow::Result<Sale> {
        let request =
            ConfirmPersonRequest { request_id: new_id(), sale_id: sale_id.to_owned(), same_person: true };
        ask!(self.sales, confirm_person, request)?.sale.context("no sale")
    }

    pub async fn commit(&self, sale_id: &str) -> anyhow::Result<Sale> {
        let request =
            CommitSaleRequest { request_id: new_id(), sale_id: sale_id.to_owned(), ..Default::default() };
        ask!(self.sales, commit_sale, request)?.sale.context("no sale")
    }

    pub async fn release(&self, sale_id: &str) -> anyhow::Result<Sale> {
        let request = ReleaseSaleRequest { request_id: new_id(), sale_id: sale_id.to_owned() };
        ask!(self.sales, release_sale, request)?.sale.context("no sale")
    }

    pub async fn sale(&self, sale_id: &str) -> anyhow::Result<Sale> {
        let request = GetSaleRequest { sale_id: sale_id.to_owned() };
        ask!(self.sales, get_sale, request)?.sale.context("no sale")
    }

    /// From PAYER_OK on: same person, committed, receipt in hand, released.
    pub async fn finish_counter(&self, sale_id: &str, journal: &mut Journal) -> anyhow::Result<Sale> {
        self.confirm_person(sale_id).await?;
        self.commit(sale_id).await?;
        journal.sale_needs(Attention::Release).await?;
        self.release(sale_id).await?;
        journal.sale_is(SaleState::Queued).await
    }
}
