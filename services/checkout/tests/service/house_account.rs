//! A payer's account in the shop: charged, reminded, paid off; the ledger has the same sums.

use chit_proto::checkout::v1 as proto;
use chit_proto::money::v1::Money;
use proto::shop_service_client::ShopServiceClient;
use proto::{HouseEntryKind, SaleState};

use crate::custody::sell;
use crate::house::House;
use crate::sale::{TOTAL_MINOR, answer, approval, enrol};

const DAY_H: i64 = 24;
/// Three days before the 30 that are usual.
const REMINDED_AFTER_DAYS: i64 = 27;

async fn shown(house: &House, payer_id: &str) -> proto::GetHouseAccountResponse {
    let request = proto::GetHouseAccountRequest { payer_id: payer_id.to_owned(), ..Default::default() };
    house.accounts().get_house_account(request).await.unwrap().into_inner()
}

fn minor(money: &Option<Money>) -> i64 {
    money.as_ref().unwrap().amount_minor
}

fn cash(house: &House, payer_id: &str, amount_minor: i64) -> proto::PayInRequest {
    proto::PayInRequest {
        request_id: house.new_id(),
        payer_id: payer_id.to_owned(),
        amount: Some(Money { amount_minor, currency_code: "CNY".into() }),
        approval: approval(),
    }
}

/// A sale that was confirmed and charged.
async fn charged(house: &mut House, payer: &proto::Payer, nth: usize) -> String {
    let sale_id = sell(house, payer).await;
    house.step().await;
    answer(house, nth).await;
    house.sale_is(&sale_id, SaleState::Verified).await;
    let request = proto::RunSettlementRequest { request_id: house.new_id() };
    house.settlement().run_settlement(request).await.unwrap();
    house.sale_is(&sale_id, SaleState::Settled).await;
    house.step().await;
    sale_id
}

/// Once the ledger has what was paid in.
async fn cash_in_ledger(house: &House, amounts: &[i64]) {
    let wanted = |facts: &crate::world::Facts| {
        let posted = facts.transfers("posted");
        let mut paid: Vec<i64> = posted.iter().map(|transfer| minor(&transfer.amount)).collect();
        paid.sort_unstable();
        (paid == amounts).then_some(())
    };
    house.world.until(wanted).await;
}

async fn paid_off(restarts: bool) {
    let mut house = House::open(restarts).await;
    let payer = enrol(&mut house).await;
    let sale_id = charged(&mut house, &payer, 2).await;
    let account = shown(&house, &payer.payer_id).await;
    assert_eq!(minor(&account.ledger_owed), TOTAL_MINOR);
    let [line] = &account.entries[..] else { panic!("{account:?}") };
    assert_eq!((line.kind(), line.sale_id.as_str()), (HouseEntryKind::Charged, sale_id.as_str()));
    let account = account.account.unwrap();
    assert_eq!((minor(&account.owed), minor(&account.overdue)), (TOTAL_MINOR, 0));
    assert_eq!(account.open[0].due_on, line.due_on);

    let said = |facts: &crate::world::Facts| {
        facts.messages.iter().filter(|(sms, _)| sms.text.contains("due by")).count()
    };
    assert_eq!(said(&house.world.facts()), 0);
    house.advance_hours(REMINDED_AFTER_DAYS * DAY_H);
    house.world.until(|facts| (said(facts) == 1).then_some(())).await;
    house.step().await;
    house.advance_hours(4 * DAY_H);
    let overdue = proto::ListHouseAccountsRequest { overdue_only: true, ..Default::default() };
    let listed = house.accounts().list_house_accounts(overdue.clone()).await.unwrap().into_inner().accounts;
    assert_eq!(listed.len(), 1);
    assert_eq!(minor(&listed[0].overdue), TOTAL_MINOR);

    let request = cash(&house, &payer.payer_id, TOTAL_MINOR + 100);
    let first = house.accounts().pay_in(request.clone()).await.unwrap().into_inner();
    assert_eq!(house.accounts().pay_in(request).await.unwrap().into_inner(), first, "a retry");
    house.step().await;
    cash_in_ledger(&house, &[TOTAL_MINOR + 100]).await;
    let account = shown(&house, &payer.payer_id).await;
    assert_eq!(minor(&account.ledger_owed), -100);
    assert_eq!((minor(&account.account.as_ref().unwrap().credit), account.entries.len()), (100, 2));
    assert!(house.accounts().list_house_accounts(overdue).await.unwrap().into_inner().accounts.is_empty());
    let back = |house: &House, amount_minor| proto::PayOutRequest {
        request_id: house.new_id(),
        payer_id: payer.payer_id.clone(),
        amount: Some(Money { amount_minor, currency_code: "CNY".into() }),
        approval: approval(),
    };
    let request = back(&house, 40);
    let first = house.accounts().pay_out(request.clone()).await.unwrap().into_inner();
    assert_eq!(house.accounts().pay_out(request).await.unwrap().into_inner(), first, "a retry");
    house.step().await;
    cash_in_ledger(&house, &[40, TOTAL_MINOR + 100]).await;
    let account = shown(&house, &payer.payer_id).await;
    assert_eq!((minor(&account.ledger_owed), minor(&account.account.unwrap().credit)), (-60, 60));
    assert_eq!(account.entries[0].kind(), HouseEntryKind::PaidOut);
    let mut shop = ShopServiceClient::new(house.signed_in("wang").await);
    let report = shop.get_z_report(proto::GetZReportRequest::default()).await.unwrap().into_inner();
    assert_eq!(
        (report.paid_in_minor, report.gross_minor),
        (TOTAL_MINOR + 60, 0),
        "cash of today, and no sale"
    );
    assert_eq!(said(&house.world.facts()), 1, "once is enough");
    assert_eq!(house.world.facts().conflicts, [], "the same id never with another body");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_charged_is_reminded_of_once_and_paid_off_and_the_ledger_has_the_same_sums() {
    paid_off(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_between_all_steps_of_an_account_ends_in_the_same_place() {
    paid_off(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cash_that_is_refused_by_the_ledger_comes_with_another_id_and_once() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    house.world.change(|facts| facts.refuse = 1);
    house.accounts().pay_in(cash(&house, &payer.payer_id, 500)).await.unwrap();
    house.world.until(|facts| (facts.refuse == 0).then_some(())).await;
    house.restart().await;
    cash_in_ledger(&house, &[500]).await;
    let account = shown(&house, &payer.payer_id).await;
    assert_eq!((minor(&account.ledger_owed), minor(&account.account.unwrap().credit)), (-500, 500));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_amount_or_lacks_a_second_person_is_refused() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let reason = |refusal: tonic::Status| chit_runtime::error::reason_of(&refusal).unwrap();
    let back = proto::PayOutRequest {
        request_id: house.new_id(),
        payer_id: payer.payer_id.clone(),
        amount: Some(Money { amount_minor: 1, currency_code: "CNY".into() }),
        approval: approval(),
    };
    assert_eq!(
        reason(house.accounts().pay_out(back).await.unwrap_err()),
        "OVER_CREDIT",
        "nothing was paid in"
    );
    for (amount_minor, currency, wanted) in
        [(0, "CNY", "AMOUNT_NEGATIVE"), (-5, "CNY", "AMOUNT_NEGATIVE"), (500, "USD", "CURRENCY_UNKNOWN")]
    {
        let amount = Some(Money { amount_minor, currency_code: currency.into() });
        let request = proto::PayInRequest { amount, ..cash(&house, &payer.payer_id, 1) };
        assert_eq!(reason(house.accounts().pay_in(request).await.unwrap_err()), wanted);
    }
    let alone = proto::PayInRequest { approval: None, ..cash(&house, &payer.payer_id, 500) };
    assert_eq!(reason(house.accounts().pay_in(alone).await.unwrap_err()), "APPROVAL_REQUIRED");
}
