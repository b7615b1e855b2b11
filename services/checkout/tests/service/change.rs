//! Another phone, another card: the calls as another program makes them, and what reaches the far sides.

use chit_proto::checkout::v1 as proto;
use chit_proto::ledger::v1::{Fact, FactKind, RecordFactRequest};
use chit_proto::printer::v1::document::Content;
use chit_proto::sms_gateway::v1::MessageClass;
use chit_runtime::error::reason_of;
use prost::Message as _;
use proto::PayerState;

use crate::house::{House, PHONE, PIN};
use crate::sale::{approval, commit, confirm, draft, enrol, no_secret_is_on_disk};

const NEW_PHONE: &str = "+8613800007777";
const DAY_H: i64 = 24;

fn second(actor: &str) -> Option<proto::Approval> {
    Some(proto::Approval { actor: actor.into(), pin: PIN.into() })
}

/// The text and class of the first SMS to this number that `wanted` takes.
async fn sms(house: &House, to: &str, wanted: impl Fn(&str) -> bool) -> (String, i32) {
    let found = house.world.until(|facts| {
        let all = facts.messages.iter().filter(|(message, _)| message.to == to);
        all.map(|(message, _)| (message.text.clone(), message.class)).find(|(text, _)| wanted(text))
    });
    tokio::time::timeout(crate::house::PATIENCE, found).await.expect("the SMS comes")
}

/// Reads the first challenge that `phone` got after `known` others, and answers it from there with that card.
async fn prove(house: &House, phone: &str, card_job_id: &str, known: usize) {
    let asked = house.world.until(|facts| {
        let to_him = facts.messages.iter().filter(|(message, _)| message.to == phone && message.class == 1);
        to_him.map(|(message, _)| message.text.clone()).nth(known)
    });
    let text = tokio::time::timeout(crate::house::PATIENCE, asked).await.expect("a challenge comes");
    let after = text.split_once("row ").unwrap().1;
    let row: usize = after.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
    let codes = codes_of(house, card_job_id);
    house.world.payer_writes(phone, &codes[row - 1]);
}

fn codes_of(house: &House, card_job_id: &str) -> Vec<String> {
    match &house.world.facts().jobs[card_job_id].content {
        Some(Content::CodeCard(card)) => card.row_codes.clone(),
        other => panic!("no card: {other:?}"),
    }
}

/// Until the ledger was told so many facts of this kind about this payer.
async fn witnessed(house: &House, payer_id: &str, kind: FactKind, count: usize) -> Vec<Fact> {
    let told = house.world.until(|facts| {
        let bodies = facts.bodies.iter().filter(|((what, _), _)| *what == "fact");
        let all = bodies.filter_map(|(_, body)| RecordFactRequest::decode(body.as_slice()).unwrap().fact);
        let of_him: Vec<Fact> =
            all.filter(|fact| fact.kind() == kind && fact.subject_id == payer_id).collect();
        (of_him.len() >= count).then_some(of_him)
    });
    tokio::time::timeout(crate::house::PATIENCE, told).await.expect("the ledger is told")
}

async fn presented(house: &House, payer: &proto::Payer) -> Result<(), tonic::Status> {
    let request =
        proto::StartSaleRequest { request_id: house.new_id(), ..proto::StartSaleRequest::default() };
    let sale = house.sales().start_sale(request).await.unwrap().into_inner().sale.unwrap();
    let request = proto::PresentPayerRequest {
        request_id: house.new_id(),
        sale_id: sale.sale_id,
        code: house.payer_code(payer),
        engine: "test".into(),
    };
    house.sales().present_payer(request).await.map(|_| ())
}

async fn another_phone(restarts: bool) {
    let mut house = House::open(restarts).await;
    let payer = enrol(&mut house).await;
    let open = draft(&mut house, &payer).await;
    let request = |house: &House, second_approval| proto::ChangePhoneRequest {
        request_id: house.new_id(),
        payer_id: payer.payer_id.clone(),
        phone: NEW_PHONE.into(),
        approval: approval(),
        second_approval,
    };
    for (second, reason) in [(None, "SECOND_APPROVAL_REQUIRED"), (approval(), "SAME_PERSON")] {
        let refused = house.payers().change_phone(request(&house, second)).await.unwrap_err();
        assert_eq!(reason_of(&refused).as_deref(), Some(reason));
    }
    let change = request(&house, second("li"));
    let changed = house.payers_supervised().change_phone(change.clone()).await.unwrap().into_inner();
    house.step().await;
    assert_eq!(
        house.payers_supervised().change_phone(change).await.unwrap().into_inner(),
        changed,
        "once only"
    );
    let changed = changed.payer.unwrap();
    assert_eq!(changed.change_approved_by, ["wang", "li"]);
    assert_eq!((&changed.card_serial, changed.code_serial), (&payer.card_serial, payer.code_serial + 1));
    let (_, class) = sms(&house, PHONE, |text| text.contains("was changed")).await;
    assert_eq!(class, MessageClass::Notice as i32);
    house.step().await;
    prove(&house, NEW_PHONE, &payer.card_job_id, 0).await;
    house.step().await;
    let active = |found: &proto::Payer| {
        found.state() == PayerState::Active && found.code_serial == changed.code_serial
    };
    let now = house.payer_until(&payer.payer_id, active).await;

    let refused = presented(&house, &now).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("CHANGED_WITHIN_24_HOURS"));
    // Somebody looks after the open basket; left alone for half a day it would end by itself.
    for _ in 0..3 {
        house.advance_hours(DAY_H / 3);
        confirm(&house, &open.sale_id).await;
    }
    presented(&house, &now).await.unwrap();
    let old = presented(&house, &payer).await.unwrap_err();
    assert_eq!(reason_of(&old).as_deref(), Some("SERIAL_OLD"));
    let shown_before = commit(&house, &open.sale_id).await.unwrap_err();
    assert_eq!(reason_of(&shown_before).as_deref(), Some("SERIAL_OLD"));
    house.step().await;

    let mut people: Vec<String> = witnessed(&house, &payer.payer_id, FactKind::Approval, 3)
        .await
        .into_iter()
        .map(|fact| fact.actor)
        .collect();
    people.sort_unstable();
    assert_eq!(people, ["li", "wang", "wang"], "the enrolment's and the change's two");
    assert_eq!(witnessed(&house, &payer.payer_id, FactKind::Enrolment, 2).await.len(), 2);
    assert_eq!(house.world.facts().conflicts, [], "the same id never with another body");
    no_secret_is_on_disk(house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_phone_takes_two_people_and_the_old_number_is_told() {
    another_phone(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_between_all_steps_of_a_change_tells_everybody_once() {
    another_phone(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_card_is_printed_like_the_first_one_and_the_old_one_is_dead() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let request = |second_approval| proto::ResetPayerRequest {
        request_id: "reset".into(),
        payer_id: payer.payer_id.clone(),
        approval: approval(),
        second_approval,
        card_serial: String::new(),
    };
    let refused = house.payers().reset_payer(request(None)).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("SECOND_APPROVAL_REQUIRED"));
    house.payers().reset_payer(request(second("li"))).await.unwrap();
    let pending =
        |found: &proto::Payer| found.state() == PayerState::Pending && found.code_serial > payer.code_serial;
    let now = house.payer_until(&payer.payer_id, pending).await;
    assert_ne!((&now.card_serial, &now.card_job_id), (&payer.card_serial, &payer.card_job_id));
    assert_ne!(codes_of(&house, &now.card_job_id), codes_of(&house, &payer.card_job_id));
    sms(&house, PHONE, |text| text.contains("card was replaced")).await;
    prove(&house, PHONE, &now.card_job_id, 1).await;
    let active =
        |found: &proto::Payer| found.state() == PayerState::Active && found.card_serial == now.card_serial;
    let now = house.payer_until(&payer.payer_id, active).await;
    let refused = presented(&house, &now).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("CHANGED_WITHIN_24_HOURS"));
    assert_eq!(witnessed(&house, &payer.payer_id, FactKind::Approval, 3).await.len(), 3);
    assert_eq!(house.world.facts().conflicts, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_gives_nobody_more_tries_at_a_pin() {
    let mut house = House::open(true).await;
    let payer = enrol(&mut house).await;
    let mut reasons = Vec::new();
    for _ in 0..5 {
        let wrong = Some(proto::Approval { actor: "li".into(), pin: "111111".into() });
        let request = proto::ResetPayerRequest {
            request_id: house.new_id(),
            payer_id: payer.payer_id.clone(),
            approval: approval(),
            second_approval: wrong,
            card_serial: String::new(),
        };
        let refused = house.payers().reset_payer(request).await.unwrap_err();
        reasons.push(reason_of(&refused).unwrap());
        house.step().await;
    }
    assert_eq!(reasons, ["PIN_WRONG", "PIN_WRONG", "PIN_WRONG", "PIN_WRONG", "PIN_LOCKED_OUT"]);
    let sign_in = proto::ResetPayerRequest {
        request_id: house.new_id(),
        payer_id: payer.payer_id.clone(),
        approval: approval(),
        second_approval: second("li"),
        card_serial: String::new(),
    };
    let refused = house.payers().reset_payer(sign_in).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("PIN_LOCKED_OUT"), "even the right one");
}
