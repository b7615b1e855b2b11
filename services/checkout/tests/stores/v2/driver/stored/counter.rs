//! At the till, through the calls that a till makes: so their request ids are in the store, too.

use chit_proto::checkout::v1 as proto;
use proto::dispute_service_client::DisputeServiceClient;
use proto::payer_service_client::PayerServiceClient;
use proto::sale_service_client::SaleServiceClient;
use proto::settlement_service_client::SettlementServiceClient;

use super::*;
use crate::domain::payer::PayerId;
use crate::domain::payer_code::{DayNumber, PayerCode, SealedPhone};
use crate::domain::people::EnrolStep;

pub fn approval(actor: &str) -> Option<proto::Approval> {
    Some(proto::Approval { actor: actor.into(), pin: PIN.into() })
}

impl Scene {
    pub fn request_id(&mut self) -> String {
        self.requests += 1;
        format!("r-{}", self.requests)
    }

    pub fn at_sales(&self) -> SaleServiceClient<Channel> {
        SaleServiceClient::new(self.channel.clone())
    }

    pub fn at_payers(&self) -> PayerServiceClient<Channel> {
        PayerServiceClient::new(self.channel.clone())
    }

    pub fn at_disputes(&self) -> DisputeServiceClient<Channel> {
        DisputeServiceClient::new(self.channel.clone())
    }

    /// A payer as the papers of the enrolment leave them, but ACTIVE at once.
    pub async fn payer(&mut self, why: &'static str) -> String {
        self.payer_as(why, PayerState::Active).await
    }

    pub async fn payer_as(&mut self, why: &'static str, state: PayerState) -> String {
        let at = self.payers.len();
        let phone = PhoneE164::new(&format!("+86138{:08}", 10_000 + at)).unwrap();
        let (name, language) = [("Ada Li", "en"), ("王小明", "zh-CN")][at % 2];
        let new = NewPayer { name: format!("{name} {at}"), phone: phone.clone(), language: language.into() };
        let payer = Payer { state: state as i32, ..enrol::prepare(&self.till.shop, new).unwrap() };
        let id = payer.payer_id.clone();
        let grant = Grant::new(Act::EnrolPayer, SUPERVISOR);
        let photo = format!("a picture of payer {at}");
        let enrolled =
            self.till.shop.store.write(move |tx| enrol::enrol(tx, payer, photo.as_bytes(), grant)).await;
        enrolled.unwrap();
        self.phones.insert(id.clone(), phone.reveal().to_owned());
        self.payers.push((id.clone(), why));
        if self.saga.is_some() {
            self.quiet().await;
        } else if state != PayerState::Enrolling {
            self.papers_are_out(&id).await;
        }
        id
    }

    /// As if the printer had been there all the time.
    async fn papers_are_out(&self, payer_id: &str) {
        let id = payer_id.to_owned();
        let done = move |tx: &mut crate::store::Tx| {
            for (row, effect) in tx.outbox()? {
                if effect.kind() == EffectKind::Enrol && effect.subject_id == id {
                    tx.done(row)?;
                }
            }
            let payer = Payer { enrol_step: EnrolStep::Done as i32, ..tx.payer(&id)? };
            tx.put_payer("system", &payer)
        };
        self.till.shop.store.write(done).await.unwrap();
    }

    pub async fn draft(&mut self, why: &'static str) -> String {
        let request_id = self.request_id();
        let request = proto::StartSaleRequest { request_id: request_id.clone(), cashier: CASHIER.into() };
        let sale = self.at_sales().start_sale(request).await.unwrap().into_inner().sale.unwrap();
        self.sales.push(Story { sale_id: sale.sale_id.clone(), why, request_id });
        sale.sale_id
    }

    pub async fn basket(&mut self, why: &'static str) -> String {
        let sale_id = self.draft(why).await;
        // Each sale has a sum of its own, so that no two are taken for each other.
        let at = self.sales.len() as i64;
        let money = |amount_minor| chit_proto::money::v1::Money { amount_minor, currency_code: "CNY".into() };
        let line = |description: &str, quantity_milli, unit_price_minor, total_minor| proto::BasketLine {
            gtin: String::new(),
            description: description.into(),
            quantity_milli,
            unit_price_minor,
            total_minor,
        };
        let rice = line("大米 rice, loose", 1_500, 400, 600);
        let tea = line("tea", 1_000, 100 + at, 100 + at);
        let request = proto::SetBasketRequest {
            request_id: self.request_id(),
            sale_id: sale_id.clone(),
            lines: vec![rice, tea],
            total: Some(money(700 + at)),
            ..Default::default()
        };
        self.at_sales().set_basket(request).await.unwrap();
        sale_id
    }

    pub async fn payer_ok(&mut self, payer_id: &str, why: &'static str) -> String {
        let sale_id = self.basket(why).await;
        let request = proto::PresentPayerRequest {
            request_id: self.request_id(),
            sale_id: sale_id.clone(),
            code: self.code_of(payer_id).await.into_bytes(),
            engine: "handheld".into(),
        };
        self.at_sales().present_payer(request).await.unwrap();
        let request = proto::ConfirmPersonRequest {
            request_id: self.request_id(),
            sale_id: sale_id.clone(),
            same_person: true,
        };
        self.at_sales().confirm_person(request).await.unwrap();
        sale_id
    }

    pub async fn commit(&mut self, sale_id: &str) -> std::result::Result<(), tonic::Status> {
        let request = proto::CommitSaleRequest {
            request_id: self.request_id(),
            sale_id: sale_id.into(),
            approval: None,
        };
        self.at_sales().commit_sale(request).await.map(|_| ())
    }

    /// Committed, and as far as the paper goes.
    pub async fn printing(&mut self, payer_id: &str, why: &'static str, state: ReceiptState) -> String {
        let sale_id = self.payer_ok(payer_id, why).await;
        self.commit(&sale_id).await.unwrap();
        let (id, world) = (sale_id.clone(), self.world.clone());
        self.until(move |rows| {
            let receipt = rows.sale(&id)?.receipt;
            let there = receipt.state() == state && world.knobs().watched.contains(&receipt.job_id);
            Ok(there.then_some(()))
        })
        .await;
        sale_id
    }

    pub async fn queued(&mut self, payer_id: &str, why: &'static str) -> String {
        let sale_id = self.printing(payer_id, why, ReceiptState::Printed).await;
        self.release(&sale_id).await;
        self.quiet().await;
        self.sale_is(&sale_id, SaleState::Queued).await;
        sale_id
    }

    pub async fn release(&mut self, sale_id: &str) {
        let request = proto::ReleaseSaleRequest { request_id: self.request_id(), sale_id: sale_id.into() };
        self.at_sales().release_sale(request).await.unwrap();
    }

    pub async fn override_evidence(&mut self, sale_id: &str) {
        let request = proto::OverrideEvidenceRequest {
            request_id: self.request_id(),
            sale_id: sale_id.into(),
            approval: approval(SUPERVISOR),
        };
        self.at_sales().override_evidence(request).await.unwrap();
    }

    pub async fn void(&mut self, sale_id: &str, approver: Option<&str>) {
        let request = proto::VoidSaleRequest {
            request_id: self.request_id(),
            sale_id: sale_id.into(),
            approval: approver.and_then(approval),
            original_returned: approver.is_some(),
            ..Default::default()
        };
        self.at_sales().void_sale(request).await.unwrap();
    }

    pub async fn pays_cash(&mut self, sale_id: &str) {
        let request = proto::RecordOtherPaymentRequest {
            request_id: self.request_id(),
            sale_id: sale_id.into(),
            actor: CASHIER.into(),
        };
        self.at_sales().record_other_payment(request).await.unwrap();
    }

    pub async fn settle(&mut self) {
        let request = proto::RunSettlementRequest { request_id: self.request_id(), actor: SUPERVISOR.into() };
        let mut settlement = SettlementServiceClient::new(self.channel.clone());
        settlement.run_settlement(request).await.unwrap();
    }

    pub async fn objects_in_person(&mut self, sale_id: &str) {
        let request = proto::OpenDisputeRequest {
            request_id: self.request_id(),
            sale_id: sale_id.into(),
            cause: proto::DisputeCause::InPerson as i32,
            actor: CASHIER.into(),
        };
        self.at_disputes().open_dispute(request).await.unwrap();
    }

    pub async fn resolve(&mut self, sale_id: &str, uphold: bool) {
        let dispute_id = self.till.dispute_of(sale_id).await.dispute_id;
        let request = proto::ResolveDisputeRequest {
            request_id: self.request_id(),
            dispute_id,
            uphold,
            approval: approval(SUPERVISOR),
        };
        self.at_disputes().resolve_dispute(request).await.unwrap();
    }

    pub async fn answers_in_person(&mut self, payer_id: &str, row_code: String) {
        let request = proto::AnswerInPersonRequest {
            request_id: self.request_id(),
            payer_id: payer_id.into(),
            row_code,
        };
        self.at_payers().answer_in_person(request).await.unwrap();
    }

    pub async fn changes_phone(&mut self, payer_id: &str, phone: &str) {
        let request = proto::ChangePhoneRequest {
            request_id: self.request_id(),
            payer_id: payer_id.into(),
            phone: phone.into(),
            approval: approval(SUPERVISOR),
            second_approval: approval(CASHIER),
        };
        self.at_payers().change_phone(request).await.unwrap();
        self.phones.insert(payer_id.into(), phone.into());
    }

    pub async fn gets_another_card(&mut self, payer_id: &str) {
        let request = proto::ResetPayerRequest {
            request_id: self.request_id(),
            payer_id: payer_id.into(),
            approval: approval(SUPERVISOR),
            second_approval: approval(CASHIER),
        };
        self.at_payers().reset_payer(request).await.unwrap();
    }

    async fn code_of(&self, payer_id: &str) -> String {
        let id = payer_id.to_owned();
        let payer = self.until(move |rows| rows.payer(&id).map(Some)).await;
        code_of(&payer, &self.till.shop.keys)
    }
}

/// What the payer's QR code says: signed anew, for the till keeps only its picture.
pub fn code_of(payer: &Payer, keys: &crate::keys::Keys) -> String {
    let payer_id: PayerId = payer.payer_id.parse().unwrap();
    let (serial, to_day) = (u16::try_from(payer.code_serial).unwrap(), payer.valid_to.parse().unwrap());
    let phone = PhoneE164::new(&payer.phone).unwrap();
    let to_day = DayNumber::of(to_day).unwrap();
    let code = PayerCode {
        issuer: 1,
        key_id: 1,
        payer_id,
        from_day: DayNumber(to_day.0 - Config::default().code_validity_days),
        to_day,
        serial,
        limit_class: 0,
        flags: 0,
        currency: iso_currency::Currency::CNY,
        consent_hash: payer.consent_hash.to_be_bytes(),
        sealed_phone: SealedPhone::seal(&phone, &keys.payer_group[..], payer_id, serial),
    };
    code.sign(&keys.payer_code).as_str().to_owned()
}
