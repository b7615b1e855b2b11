//! The payer gets another phone or another card.

use std::path::Path;
use std::time::Duration;

use checkout::{ChangePhoneRequest, PayerState, SaleState};
use chit_integration_tests::ask;
use chit_integration_tests::desk::{Journal, Refused, SUPERVISOR, new_id};
use chit_integration_tests::payer::{Answer, Payer, read_qr};
use chit_proto::checkout::v1 as checkout;
use chit_proto::ledger::v1::{FactKind, ListFactsRequest};

use crate::open_shop::Shop;

const DAY_H: i64 = 24;
const WITNESSED_MAX: Duration = Duration::from_secs(30);

/// Active again with the code that the change made; the till reads it from now on.
async fn proven(shop: &mut Shop, journal: &mut Journal, code_serial: u32) -> checkout::Payer {
    let active =
        |payer: &checkout::Payer| payer.state() == PayerState::Active && payer.code_serial == code_serial;
    let payer = journal.payer("ACTIVE again", active).await.unwrap();
    shop.code = read_qr(Path::new(&payer.code_png_path)).await.unwrap();
    payer
}

async fn nothing_is_sold(shop: &Shop) {
    let draft = shop.desk.start_sale().await.unwrap();
    let refusal = shop.present(&draft.sale_id, shop.code.as_bytes()).await.unwrap_err();
    assert_eq!(Refused::reason_in(&refusal), Some("CHANGED_WITHIN_24_HOURS"));
}

/// Until the ledger has this many Approvals of the payer and changes of their enrolment: who approved, sorted. Facts reach
/// it beside each other, in any order.
async fn witnessed(shop: &Shop, approvals: usize, enrolments: usize) -> Vec<String> {
    let both = async {
        loop {
            let request = ListFactsRequest { subject_id: shop.payer_id.clone() };
            let facts = ask!(shop.desk.ledger, list_facts, request).unwrap().facts;
            let of = |kind: FactKind| facts.iter().filter(move |fact| fact.kind() == kind);
            let mut people: Vec<String> = of(FactKind::Approval).map(|fact| fact.actor.clone()).collect();
            if people.len() >= approvals && of(FactKind::Enrolment).count() == enrolments {
                people.sort_unstable();
                return people;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WITNESSED_MAX, both).await.expect("the ledger hears of it")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_old_number_is_told_of_another_phone_and_nothing_is_sold_for_24_hours() {
    let mut shop = Shop::open().await;
    let mut phone = Payer::with_phone(&shop.house.simulators, ulid::Ulid::generate().0).await.unwrap();
    let request = ChangePhoneRequest {
        request_id: new_id(),
        payer_id: shop.payer_id.clone(),
        phone: phone.phone().to_owned(),
        approval: Some(shop.desk.pins.approval(SUPERVISOR).unwrap()),
        second_approval: Some(shop.desk.pins.approval(SUPERVISOR).unwrap()),
    };
    let refusal = ask!(shop.desk.payers, change_phone, request).unwrap_err();
    assert_eq!(Refused::reason_in(&refusal), Some("SAME_PERSON"));

    let changed = shop.desk.change_phone(&shop.payer_id, phone.phone()).await.unwrap();
    while !shop.payer.next_sms().await.unwrap().text.contains("phone of your payer code was changed") {}
    phone.take_card(&shop.house.simulators.printer, &changed.card_serial).await.unwrap();
    phone.pay().await.unwrap();
    let mut journal = shop.desk.journal(&shop.payer_id);
    let now = proven(&mut shop, &mut journal, changed.code_serial).await;
    assert_eq!(now.change_approved_by, ["wang", "li"]);
    nothing_is_sold(&shop).await;
    assert_eq!(witnessed(&shop, 3, 2).await, ["li", "wang", "wang"], "the enrolment's and the change's two");

    shop.desk.advance_hours(DAY_H).await.unwrap();
    let (_, mut journal) = shop.sell().await;
    phone.pay().await.unwrap();
    journal.sale_is(SaleState::Verified).await.unwrap();
    shop.settle(&mut journal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_phone_is_told_of_another_card_and_only_that_card_answers() {
    let mut shop = Shop::open().await;
    let old_card: Vec<String> = shop.payer.row_codes().map(str::to_owned).collect();
    let changed = shop.desk.new_card(&shop.payer_id).await.unwrap();
    while !shop.payer.next_sms().await.unwrap().text.contains("card was replaced") {}
    shop.payer.take_card(&shop.house.simulators.printer, &changed.card_serial).await.unwrap();
    let row = shop.payer.next_challenge().await.unwrap();
    shop.payer.write(&old_card[row as usize - 1]).await.unwrap();
    let mut journal = shop.desk.journal(&shop.payer_id);
    let refused =
        |payer: &checkout::Payer| payer.code_serial == changed.code_serial && payer.wrong_replies == 1;
    let pending = journal.payer("the old card's row is a wrong code", refused).await.unwrap();
    assert_eq!(pending.state(), PayerState::Pending);
    shop.payer.answer(row, Answer::Right).await.unwrap();
    proven(&mut shop, &mut journal, changed.code_serial).await;
    nothing_is_sold(&shop).await;
    shop.desk.advance_hours(DAY_H).await.unwrap();
    let (_, mut journal) = shop.sell().await;
    shop.payer.pay().await.unwrap();
    journal.sale_is(SaleState::Verified).await.unwrap();
}
