//! An issuer with an SMS gateway of its own: a right row collects nothing before the payer agrees to the sum in the issuer's text.

use chit_proto::issuer::v1 as proto;
use chit_verdict::{Claim, Outcome, SaleClaim, Verdict};
use jiff::SignedDuration;

use super::far_gateway::FarGateway;
use super::{Issuer, PATIENCE, claim, code_of, custody, id, reason};

const PHONE: &str = "+8613800005678";
const STRANGER: &str = "+8613900009999";

struct Desk {
    issuer: Issuer,
    gateway: FarGateway,
    card: proto::PrintedCard,
    claim: Claim,
}

impl Desk {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("gateway.sock");
        let gateway = FarGateway::at(&socket);
        let settings = format!("sms_socket = {:?}\nname = \"BANK\"", socket.to_str().unwrap());
        let issuer = Issuer::open_with(dir, settings).await;
        let card = issuer.card(1).await.unwrap();
        let assigned = issuer.rows(2, &card.card_serial).await.unwrap();
        let claim = claim(&assigned, 0);
        Self { issuer, gateway, card, claim }
    }

    /// With a payer whose phone the issuer's people know.
    async fn with_holder() -> Self {
        let desk = Self::open().await;
        desk.hand_over(50, PHONE).await.unwrap();
        desk
    }

    async fn hand_over(&self, request: u128, phone: &str) -> Result<(), tonic::Status> {
        let request = proto::RegisterHolderRequest {
            request_id: id(request),
            card_serial: self.card.card_serial.clone(),
            phone: phone.into(),
            language: "en".into(),
            approval: custody::approval(custody::PIN),
        };
        self.issuer.client.clone().register_holder(request).await.map(|_| ())
    }

    /// The right code, forwarded under request id 3.
    fn right(&self) -> proto::JudgeReplyRequest {
        self.issuer.reply(3, std::slice::from_ref(&self.claim), &code_of(&self.card, &self.claim))
    }

    async fn ask(
        &self,
        request: &proto::JudgeReplyRequest,
    ) -> Result<proto::JudgeReplyResponse, tonic::Status> {
        Ok(self.issuer.client.clone().judge_reply(request.clone()).await?.into_inner())
    }

    async fn waits(&self, request: &proto::JudgeReplyRequest) {
        let answer = self.ask(request).await.unwrap();
        assert!(answer.asks_payer && answer.verdict.is_empty(), "nothing is decided");
    }

    /// As a shop does: again and again.
    async fn verdict(&self, request: &proto::JudgeReplyRequest) -> Verdict {
        let signed = async {
            loop {
                let answer = self.ask(request).await.unwrap();
                if !answer.asks_payer {
                    return answer.verdict;
                }
                tokio::task::yield_now().await;
            }
        };
        let signed = tokio::time::timeout(PATIENCE, signed).await.expect("a verdict");
        Verdict::verify(&signed, &self.issuer.key).unwrap()
    }

    fn hours_pass(&self, hours: i64) {
        self.issuer.ctx.clock.advance(SignedDuration::from_hours(hours)).unwrap();
    }

    fn now_ms(&self) -> i64 {
        self.issuer.ctx.clock.now().as_millisecond()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_payer_agrees_to_the_sum_that_the_shop_claims_and_not_to_another() {
    let desk = Desk::with_holder().await;
    let right = desk.right();
    desk.waits(&right).await;
    let (text, number) = desk.gateway.asked(1).await;
    assert!(text.starts_with("BANK: corner asks you for CNY 12.50."), "{text}");
    assert_eq!(desk.gateway.facts().sent[0].to, PHONE);
    // Nothing is heard from another phone, and a word is no number.
    desk.gateway.payer_writes(STRANGER, "0");
    desk.gateway.payer_writes(PHONE, "what is this?");
    desk.waits(&right).await;
    desk.gateway.payer_writes(PHONE, &number);
    let verdict = desk.verdict(&right).await;
    assert_eq!((verdict.outcome, &verdict.claim), (Outcome::Agreed, &desk.claim));
    assert_eq!(desk.verdict(&right).await, verdict, "a retry gets the first verdict");
    assert_eq!(desk.gateway.facts().sent.len(), 1, "one text for all retries");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_that_claims_more_than_it_asked_for_is_found_out_by_the_payer() {
    let desk = Desk::with_holder().await;
    let sale = SaleClaim { amount_minor: 125_000, ..desk.claim.sales[0].clone() };
    let dearer = Claim { sales: vec![sale], ..desk.claim.clone() };
    let greedy = desk.issuer.reply(3, std::slice::from_ref(&dearer), &code_of(&desk.card, &desk.claim));
    desk.waits(&greedy).await;
    let (text, _) = desk.gateway.asked(1).await;
    assert!(text.contains("CNY 1250.00"), "{text}");
    desk.gateway.payer_writes(PHONE, "0");
    assert_eq!(desk.verdict(&greedy).await.outcome, Outcome::Refused);
    // The row is used: the shop has no second try with another sum.
    let again = desk.issuer.reply(4, std::slice::from_ref(&desk.claim), &code_of(&desk.card, &desk.claim));
    assert_eq!(desk.verdict(&again).await.outcome, Outcome::Used);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_wrong_numbers_or_a_day_without_one_end_it() {
    let desk = Desk::with_holder().await;
    let right = desk.right();
    desk.waits(&right).await;
    let (_, number) = desk.gateway.asked(1).await;
    let wrong = |add: u32| format!("{:05}", (number.parse::<u32>().unwrap() + add) % 100_000);
    desk.gateway.payer_writes(PHONE, &wrong(1));
    desk.gateway.payer_writes(PHONE, &wrong(2));
    assert_eq!(desk.verdict(&right).await.outcome, Outcome::NotAgreed);

    let desk = Desk::with_holder().await;
    let right = desk.right();
    desk.waits(&right).await;
    desk.hours_pass(23);
    // It waited for the network nearly a day: the payer's hours begin when it leaves.
    let left_ms = desk.now_ms();
    desk.gateway.change(|facts| facts.left_ms = Some(left_ms));
    desk.hours_pass(23);
    desk.waits(&right).await;
    desk.hours_pass(2);
    assert_eq!(desk.verdict(&right).await.outcome, Outcome::NotAgreed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ask_survives_a_gateway_that_is_away_and_a_restart_and_is_sent_once() {
    let desk = Desk::with_holder().await;
    desk.gateway.change(|facts| facts.away = true);
    let right = desk.right();
    desk.waits(&right).await;
    let Desk { issuer, gateway, card, claim } = desk;
    let desk = Desk { issuer: issuer.restarted().await, gateway, card, claim };
    desk.gateway.change(|facts| facts.away = false);
    desk.waits(&right).await;
    desk.waits(&right).await;
    let (_, number) = desk.gateway.asked(1).await;
    desk.gateway.payer_writes(PHONE, &number);
    assert_eq!(desk.verdict(&right).await.outcome, Outcome::Agreed);
    assert_eq!(desk.gateway.facts().sent.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_who_cannot_be_asked_or_lost_the_card_agrees_to_nothing() {
    let desk = Desk::with_holder().await;
    desk.gateway.change(|facts| facts.refuses = true);
    assert_eq!(desk.verdict(&desk.right()).await.outcome, Outcome::NotAgreed);

    let desk = Desk::with_holder().await;
    let right = desk.right();
    desk.waits(&right).await;
    let (_, number) = desk.gateway.asked(1).await;
    let card_serial = desk.card.card_serial.clone();
    let approval = custody::approval(custody::PIN);
    let lost = proto::ReportLostRequest { request_id: id(60), card_serial, approval, ..Default::default() };
    desk.issuer.client.clone().report_lost(lost).await.unwrap();
    desk.gateway.payer_writes(PHONE, &number);
    assert_eq!(desk.verdict(&right).await.outcome, Outcome::Lost);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_has_one_phone_and_without_one_nothing_is_judged_and_no_row_is_used() {
    let desk = Desk::open().await;
    let right = desk.right();
    assert_eq!(reason(desk.ask(&right).await).as_deref(), Some("HOLDER_WITHOUT_PHONE"));
    assert_eq!(reason(desk.hand_over(50, "13800005678").await).as_deref(), Some("PHONE_INVALID"));
    desk.hand_over(51, PHONE).await.unwrap();
    desk.hand_over(52, PHONE).await.unwrap();
    assert_eq!(reason(desk.hand_over(53, STRANGER).await).as_deref(), Some("HOLDER_HAS_ANOTHER_PHONE"));
    desk.waits(&right).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_pays_nothing_is_judged_at_once_and_a_sum_that_cannot_be_named_not_at_all() {
    let desk = Desk::with_holder().await;
    let free = Claim { sales: Vec::new(), currency: *b"XXX", ..desk.claim.clone() };
    let first = desk.issuer.reply(3, &[free], &code_of(&desk.card, &desk.claim));
    assert_eq!(desk.issuer.judge(&first).await.unwrap().outcome, Outcome::Right);
    assert_eq!(desk.gateway.facts().sent.len(), 0);

    let desk = Desk::with_holder().await;
    let sale = SaleClaim { amount_minor: -1_250, ..desk.claim.sales[0].clone() };
    let negative = Claim { sales: vec![sale], ..desk.claim.clone() };
    let odd = desk.issuer.reply(3, &[negative], &code_of(&desk.card, &desk.claim));
    assert_eq!(reason(desk.ask(&odd).await).as_deref(), Some("CLAIM_INVALID"));
    desk.waits(&desk.right()).await;
}
