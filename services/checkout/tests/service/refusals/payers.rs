//! Who becomes a payer, who is asked, and who answers.

use chit_proto::checkout::v1 as proto;
use tonic::Status;

use super::reason;
use crate::custody::sell;
use crate::house::{House, PATIENCE, PHONE, PIN};
use crate::sale::{self, approval, enrol};

const OTHER_PHONE: &str = "+8613800009999";

fn enrolment(house: &House) -> proto::EnrolPayerRequest {
    proto::EnrolPayerRequest { phone: OTHER_PHONE.into(), ..sale::enrolment(house) }
}

async fn presented(house: &House, payer: &proto::Payer) -> Result<(), Status> {
    let start = proto::StartSaleRequest { request_id: house.new_id(), ..Default::default() };
    let sale = house.sales().start_sale(start).await.unwrap().into_inner().sale.unwrap();
    let present = proto::PresentPayerRequest {
        request_id: house.new_id(),
        sale_id: sale.sale_id,
        code: house.payer_code(payer),
        engine: "test".into(),
    };
    house.sales().present_payer(present).await.map(|_| ())
}

/// The payer has got so many challenges.
async fn are_asked(house: &House, times: usize) {
    let asked = house.world.until(|facts| {
        let challenges = facts.messages.iter().filter(|(sms, _)| sms.class == 1).count();
        (challenges >= times).then_some(())
    });
    tokio::time::timeout(PATIENCE, asked).await.expect("they are asked");
}

async fn answered(house: &House, payer: &proto::Payer, row_code: &str) -> Result<(), Status> {
    let answer = proto::AnswerInPersonRequest {
        request_id: house.new_id(),
        payer_id: payer.payer_id.clone(),
        row_code: row_code.into(),
    };
    house.payers().answer_in_person(answer).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_enrolled_without_name_language_consent_number_card_and_photo() {
    let mut house = House::open(false).await;
    enrol(&mut house).await;
    let ask = || enrolment(&house);
    let cases = [
        (proto::EnrolPayerRequest { name: " ".into(), ..ask() }, "NAME_INVALID"),
        (proto::EnrolPayerRequest { language: "fr".into(), ..ask() }, "LANGUAGE_INVALID"),
        (proto::EnrolPayerRequest { consent: false, ..ask() }, "CONSENT_MISSING"),
        (proto::EnrolPayerRequest { phone: "12".into(), ..ask() }, "NUMBER_INVALID"),
        (proto::EnrolPayerRequest { phone: PHONE.into(), ..ask() }, "NUMBER_TAKEN"),
        (proto::EnrolPayerRequest { approval: None, ..ask() }, "APPROVAL_REQUIRED"),
        (proto::EnrolPayerRequest { card_serial: "48151623".into(), ..ask() }, "CARD_SERIAL_INVALID"),
    ];
    for (request, expected) in cases {
        assert_eq!(reason(house.payers().enrol_payer(request)).await, expected);
    }
    house.world.change(|facts| facts.camera_away = true);
    assert_eq!(reason(house.payers().enrol_payer(ask())).await, "PHOTO_UNAVAILABLE");
    assert_eq!(house.world.facts().ids("job").len(), 2, "the papers of the first payer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_not_proved_their_phone_neither_buys_nor_answers_at_the_counter() {
    let house = House::open(false).await;
    let pending = house.payers().enrol_payer(enrolment(&house)).await.unwrap().into_inner().payer.unwrap();
    let pending = house.payer_is(&pending.payer_id, proto::PayerState::Pending).await;
    assert_eq!(reason(presented(&house, &pending)).await, "PAYER_NOT_ACTIVE");
    are_asked(&house, 1).await;
    assert_eq!(reason(answered(&house, &pending, "123456")).await, "ANSWER_BY_SMS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_is_typed_at_the_counter_only_while_it_is_asked_for() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    assert_eq!(reason(answered(&house, &payer, "123456")).await, "NO_OPEN_CHALLENGE");
    sell(&mut house, &payer).await;
    are_asked(&house, 2).await;
    for wrong in ["000000", "12", ""] {
        assert_eq!(reason(answered(&house, &payer, wrong)).await, "ROW_CODE_WRONG", "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_payer_buys_nothing_and_a_change_needs_another_number_and_two_people() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let change = |phone: &str, second| proto::ChangePhoneRequest {
        request_id: house.new_id(),
        payer_id: payer.payer_id.clone(),
        phone: phone.into(),
        approval: approval(),
        second_approval: second,
    };
    let li = || Some(proto::Approval { actor: "li".into(), pin: PIN.into() });
    for (phone, second, expected) in [
        ("12", li(), "NUMBER_INVALID"),
        (PHONE, li(), "NUMBER_UNCHANGED"),
        (OTHER_PHONE, None, "SECOND_APPROVAL_REQUIRED"),
        (OTHER_PHONE, approval(), "SAME_PERSON"),
    ] {
        assert_eq!(reason(house.payers().change_phone(change(phone, second))).await, expected);
    }
    let freeze = proto::FreezePayerRequest { request_id: house.new_id(), payer_id: payer.payer_id.clone() };
    house.payers().freeze_payer(freeze).await.unwrap();
    assert_eq!(reason(presented(&house, &payer)).await, "PAYER_FROZEN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_row_of_a_card_that_was_reported_lost_is_taken_at_the_counter() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    sell(&mut house, &payer).await;
    are_asked(&house, 2).await;
    let get = proto::GetPayerRequest { payer_id: payer.payer_id.clone() };
    let seen = house.payers_supervised().get_payer(get).await.unwrap().into_inner().payer.unwrap();
    house.world.payer_writes(OTHER_PHONE, &format!("LOST {}", seen.card_serial));
    house.payer_is(&payer.payer_id, proto::PayerState::Frozen).await;
    assert_eq!(reason(answered(&house, &payer, "123456")).await, "CARD_LOST");
}
