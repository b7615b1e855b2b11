//! `verifier = issuer`: nothing in this shop tells a right code from a wrong one, so nothing is VERIFIED but by the issuer's word.

use chit_checkout::Config;
use chit_checkout::config::VerifierKind;
use chit_proto::checkout::v1 as proto;
use chit_proto::ledger::v1::{FactKind, RecordFactRequest};
use chit_proto::printer::v1::document::Content;
use chit_verdict::Outcome;
use prost::Message as _;
use proto::{PayerState, SaleState};

use crate::far_issuer::{CARD_SERIAL, FarIssuer, SHOP};
use crate::house::{House, PHONE};
use crate::sale::{TOTAL_MINOR, approval, commit, draft, no_secret_is_on_disk};

/// Of a shop that has no secret of any card.
async fn open(restarts: bool) -> House {
    House::open_with(restarts, |world, dir| {
        std::fs::remove_file(dir.join("card-master.key")).unwrap();
        Config {
            verifier: VerifierKind::Issuer,
            issuer_shop: SHOP.into(),
            issuer_key: FarIssuer::key(),
            issuer_recipient: world.facts().issuer.recipient(),
            ..Config::default()
        }
    })
    .await
}

async fn enrol(house: &mut House, card_serial: &str) -> proto::Payer {
    let request = proto::EnrolPayerRequest {
        request_id: house.new_id(),
        name: "Ada Li".into(),
        phone: PHONE.into(),
        language: "en".into(),
        consent: true,
        approval: approval(),
        card_serial: card_serial.into(),
    };
    house.payers().enrol_payer(request).await.unwrap().into_inner().payer.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_envelope_s_card_is_given_to_one_payer_only() {
    let mut house = open(false).await;
    enrol(&mut house, CARD_SERIAL).await;
    let request = proto::EnrolPayerRequest {
        request_id: house.new_id(),
        name: "Bo Wu".into(),
        phone: "+8613800009999".into(),
        language: "en".into(),
        consent: true,
        approval: approval(),
        card_serial: CARD_SERIAL.into(),
    };
    let refused = house.payers().enrol_payer(request).await.unwrap_err();
    assert_eq!(chit_runtime::error::reason_of(&refused).as_deref(), Some("CARD_SERIAL_TAKEN"));
}

async fn active(house: &mut House) -> proto::Payer {
    let payer = enrol(house, CARD_SERIAL).await;
    house.step().await;
    house.payer_is(&payer.payer_id, PayerState::Pending).await;
    house.step().await;
    let row = asked(house, 1).await;
    house.world.payer_writes(PHONE, &FarIssuer::row_code(row));
    house.step().await;
    house.payer_is(&payer.payer_id, PayerState::Active).await
}

/// The row that the `nth` challenge asks for.
async fn asked(house: &House, nth: usize) -> usize {
    let row = |text: &str| {
        let (_, after) = text.split_once("row ")?;
        after.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok()
    };
    let rows = |facts: &crate::world::Facts| {
        facts.messages.iter().filter_map(|(message, _)| row(&message.text)).nth(nth - 1)
    };
    house.world.until(rows).await
}

/// A sale that was asked for; the row.
async fn challenged(house: &mut House, payer: &proto::Payer) -> (String, usize) {
    let sale = draft(house, payer).await;
    commit(house, &sale.sale_id).await.unwrap();
    let ready = |sale: &proto::Sale| sale.attention().any(|item| item == proto::Attention::Release);
    house.sale_until(&sale.sale_id, ready).await;
    house.step().await;
    let request = proto::ReleaseSaleRequest { request_id: house.new_id(), sale_id: sale.sale_id.clone() };
    house.sales().release_sale(request).await.unwrap();
    house.step().await;
    let row = asked(house, 2).await;
    house.sale_is(&sale.sale_id, SaleState::Challenged).await;
    house.step().await;
    (sale.sale_id, row)
}

async fn challenge_of(house: &House, sale_id: &str) -> proto::Challenge {
    let request = proto::GetSaleRequest { sale_id: sale_id.into() };
    let sale = house.sales().get_sale(request).await.unwrap().into_inner().sale.unwrap();
    let request = proto::GetChallengeRequest { challenge_id: sale.challenge_id };
    house.deductions().get_challenge(request).await.unwrap().into_inner().challenge.unwrap()
}

async fn sell_by_the_issuers_verdict(restarts: bool) {
    let mut house = open(restarts).await;
    let payer = active(&mut house).await;
    assert_eq!(payer.rows_left, 11, "of the twelve that were assigned");
    let (sale_id, row) = challenged(&mut house, &payer).await;
    house.world.payer_writes(PHONE, &FarIssuer::row_code(row));
    house.step().await;
    house.sale_is(&sale_id, SaleState::Verified).await;
    house.step().await;

    let signed = challenge_of(&house, &sale_id).await.issuer_verdict;
    let key = hex::decode(FarIssuer::key()).unwrap().try_into().unwrap();
    let verdict = chit_verdict::Verdict::verify(&signed, &key).unwrap();
    let [sale] = &verdict.claim.sales[..] else { panic!("one sale") };
    assert_eq!(ulid::Ulid::from_bytes(sale.sale_id).to_string(), sale_id);
    assert_eq!((sale.amount_minor, sale.manifest_sha256), (TOTAL_MINOR, [9; 32]));
    let witnessed = house.world.until(|facts| {
        let facts = facts.bodies.iter().filter(|((kind, _), _)| *kind == "fact");
        let mut facts = facts.filter_map(|(_, body)| RecordFactRequest::decode(&body[..]).unwrap().fact);
        facts.find(|fact| fact.kind() == FactKind::ChallengeVerdict)
    });
    let witnessed = witnessed.await;
    assert_eq!(witnessed.subject_id, sale_id);
    assert_eq!(witnessed.sha256, <sha2::Sha256 as sha2::Digest>::digest(&signed)[..]);
    {
        let facts = house.world.facts();
        assert_eq!(facts.conflicts, [], "the same id never with another body");
        assert_eq!((facts.ids("rows").len(), facts.ids("reply").len()), (1, 2));
        let cards = facts.jobs.values().filter(|job| matches!(job.content, Some(Content::CodeCard(_))));
        assert_eq!(cards.count(), 0, "the card came in an envelope");
    }
    no_secret_is_on_disk(house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_is_verified_by_the_issuers_verdict_and_the_ledger_witnesses_it() {
    sell_by_the_issuers_verdict(false).await;
}

/// A sale whose row was right, while the issuer asks the payer whether they agree to the sum.
async fn asked_by_the_issuer(house: &mut House) -> (String, proto::Payer) {
    let payer = active(house).await;
    let (sale_id, row) = challenged(house, &payer).await;
    house.world.change(|facts| facts.issuer.asks = Some(None));
    house.world.payer_writes(PHONE, &FarIssuer::row_code(row));
    let repeated = |facts: &crate::world::Facts| (facts.issuer.asked >= 2).then_some(());
    house.world.until(repeated).await;
    let challenge = challenge_of(house, &sale_id).await;
    assert!(challenge.forwarded && challenge.state() == proto::ChallengeState::Open);
    house.sale_is(&sale_id, SaleState::Challenged).await;
    (sale_id, payer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_row_verifies_nothing_until_the_payer_agrees_to_the_issuers_text() {
    let mut house = open(false).await;
    let (sale_id, _) = asked_by_the_issuer(&mut house).await;
    house.world.change(|facts| facts.issuer.asks = Some(Some(Outcome::Agreed)));
    house.sale_is(&sale_id, SaleState::Verified).await;
    let key = hex::decode(FarIssuer::key()).unwrap().try_into().unwrap();
    let signed = challenge_of(&house, &sale_id).await.issuer_verdict;
    assert_eq!(chit_verdict::Verdict::verify(&signed, &key).unwrap().outcome, Outcome::Agreed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_payer_refuses_at_the_issuer_is_rejected_as_if_they_had_refused_here() {
    let mut house = open(false).await;
    let (sale_id, payer) = asked_by_the_issuer(&mut house).await;
    house.world.change(|facts| facts.issuer.asks = Some(Some(Outcome::Refused)));
    let sale = house.sale_is(&sale_id, SaleState::Rejected).await;
    assert!(!sale.dispute_ids.is_empty(), "a dispute opens");
    house.payer_is(&payer.payer_id, PayerState::Frozen).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_who_does_not_agree_is_told_and_nothing_is_verified() {
    let mut house = open(false).await;
    let (sale_id, payer) = asked_by_the_issuer(&mut house).await;
    house.world.change(|facts| facts.issuer.asks = Some(Some(Outcome::NotAgreed)));
    let told = |facts: &crate::world::Facts| {
        facts.messages.iter().find(|(message, _)| message.text.contains("did not hear you agree")).map(|_| ())
    };
    house.world.until(told).await;
    house.sale_is(&sale_id, SaleState::Challenged).await;
    assert!(!challenge_of(&house, &sale_id).await.forwarded, "its hours run again");
    house.payer_is(&payer.payer_id, PayerState::Active).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_between_all_steps_forward_each_reply_once() {
    sell_by_the_issuers_verdict(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verdict_that_the_issuer_did_not_sign_verifies_nothing_and_stands_on_the_sale() {
    let mut house = open(false).await;
    let payer = active(&mut house).await;
    let (sale_id, row) = challenged(&mut house, &payer).await;
    house.world.change(|facts| facts.issuer.forges = true);
    house.world.payer_writes(PHONE, &FarIssuer::row_code(row));
    let stuck = |sale: &proto::Sale| sale.attention().any(|item| item == proto::Attention::Stuck);
    let sale = house.sale_until(&sale_id, stuck).await;
    assert_eq!(sale.state(), SaleState::Challenged);
    house.world.change(|facts| (facts.issuer.forges, facts.issuer.says_more) = (false, true));
    house.restart().await;
    let sale = house.sale_until(&sale_id, stuck).await;
    assert_eq!(sale.state(), SaleState::Challenged, "signed, but of another amount than was claimed");
    house.world.change(|facts| facts.issuer.says_more = false);
    house.restart().await;
    house.sale_is(&sale_id, SaleState::Verified).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_waits_for_an_issuer_that_is_away_and_the_payers_hours_stand_still() {
    let mut house = open(false).await;
    let payer = active(&mut house).await;
    let (sale_id, row) = challenged(&mut house, &payer).await;
    house.world.change(|facts| facts.issuer.away = true);
    house.world.payer_writes(PHONE, &FarIssuer::row_code(row));
    house.world.until(|facts| (facts.ids("reply").len() == 2).then_some(())).await;
    assert!(challenge_of(&house, &sale_id).await.forwarded);
    let asked_before = house.world.facts().messages.len();
    house.advance_hours(60);
    house.restart().await;
    let challenge = challenge_of(&house, &sale_id).await;
    assert_eq!((challenge.state(), challenge.forwarded), (proto::ChallengeState::Open, true));
    assert_eq!(house.world.facts().messages.len(), asked_before, "who has answered is not reminded");
    house.world.change(|facts| facts.issuer.away = false);
    house.sale_is(&sale_id, SaleState::Verified).await;
    let challenge = challenge_of(&house, &sale_id).await;
    assert_eq!((challenge.state(), challenge.forwarded), (proto::ChallengeState::Answered, false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_code_is_a_try_when_the_issuer_says_so_and_a_typed_row_goes_to_it_too() {
    let mut house = open(false).await;
    let payer = active(&mut house).await;
    let (sale_id, row) = challenged(&mut house, &payer).await;
    house.world.payer_writes(PHONE, "999999");
    let tried = |event: proto::Event| match event.resource {
        Some(proto::event::Resource::Challenge(challenge)) if challenge.wrong_replies == 1 => Some(()),
        _ => None,
    };
    let challenge = challenge_of(&house, &sale_id).await;
    house.until(&challenge.challenge_id, tried).await;
    let request = proto::AnswerInPersonRequest {
        request_id: house.new_id(),
        payer_id: payer.payer_id.clone(),
        row_code: FarIssuer::row_code(row),
    };
    let answer = house.payers().answer_in_person(request).await.unwrap().into_inner();
    assert!(answer.forwarded);
    house.sale_is(&sale_id, SaleState::Verified).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_card_is_reported_to_the_issuer() {
    let mut house = open(false).await;
    let payer = active(&mut house).await;
    house.world.payer_writes("+8613900001111", &format!("LOST {CARD_SERIAL}"));
    house.payer_is(&payer.payer_id, PayerState::Frozen).await;
    house.world.until(|facts| (facts.ids("lost") == [CARD_SERIAL]).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_envelope_that_the_issuer_does_not_know_makes_nobody_a_payer() {
    let mut house = open(false).await;
    let payer = enrol(&mut house, "00000001").await;
    house.payer_is(&payer.payer_id, PayerState::Frozen).await;
    let request = proto::EnrolPayerRequest {
        request_id: house.new_id(),
        name: "Bo Li".into(),
        phone: "+8613800009999".into(),
        language: "en".into(),
        consent: true,
        approval: approval(),
        card_serial: String::new(),
    };
    let refused = house.payers().enrol_payer(request).await.unwrap_err();
    let reason = chit_runtime::error::reason_of(&refused);
    assert_eq!(reason.as_deref(), Some("CARD_SERIAL_INVALID"), "without an envelope there is no card");
}
