//! Magic amounts: the refusal, and two of the table from the far ends of the wires.

use chit_integration_tests::desk::{Journal, Refused};
use chit_integration_tests::magic::{self, Devices};
use chit_proto::checkout::v1::{Attention, SaleState};

use crate::open_shop::Shop;

const REFUSED_MINOR: i64 = 9_001;
const PAPER_OUT_MINOR: i64 = 9_002;
const WRONG_ONCE_MINOR: i64 = 19_003;

async fn until_commit(shop: &Shop, amount_minor: i64) -> String {
    let sale_id = shop.desk.start_sale().await.unwrap().sale_id;
    shop.desk.type_basket(&sale_id, amount_minor).await.unwrap();
    shop.present(&sale_id, shop.code.as_bytes()).await.unwrap();
    shop.desk.confirm_person(&sale_id).await.unwrap();
    sale_id
}

async fn commit(shop: &Shop, amount_minor: i64) -> (String, Journal) {
    let sale_id = until_commit(shop, amount_minor).await;
    shop.desk.commit(&sale_id).await.unwrap();
    let journal = shop.desk.journal(&sale_id);
    (sale_id, journal)
}

/// Bit 4 of RiskResult (docs/api.md).
const OVER_TILL_LIMIT: u32 = 1 << 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_total_of_90_01_is_refused_and_the_same_sale_goes_on_with_another_total() {
    let shop = Shop::open().await;
    let sale_id = until_commit(&shop, REFUSED_MINOR).await;
    let sale = shop.desk.sale(&sale_id).await.unwrap();
    assert_eq!(sale.risk_result & OVER_TILL_LIMIT, OVER_TILL_LIMIT, "shown before the commit");
    let refused = shop.desk.commit(&sale_id).await.unwrap_err();
    assert_eq!(Refused::reason_in(&refused), Some("OVER_TILL_LIMIT"));
    let sale = shop.desk.sale(&sale_id).await.unwrap();
    assert_eq!((sale.state(), sale.receipt_no.as_str()), (SaleState::PayerOk, ""), "nothing has happened");
    shop.desk.type_basket(&sale_id, REFUSED_MINOR - 1).await.unwrap();
    shop.desk.commit(&sale_id).await.unwrap();
    shop.see_through(&sale_id, &mut shop.desk.journal(&sale_id), SaleState::Queued).await;
    shop.house.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_total_of_90_02_finds_no_paper_and_one_of_190_03_a_payer_who_errs_once() {
    let shop = Shop::open().await;
    let devices = tokio::spawn(Devices::of(&shop.house).await.unwrap().play());
    let (without_paper, mut first) = commit(&shop, PAPER_OUT_MINOR).await;
    first.sale_needs(Attention::PrintBlocked).await.unwrap();
    let sale = shop.see_through(&without_paper, &mut first, SaleState::Queued).await;
    assert_eq!(shop.papers_of(&sale), (1, 0), "refilled by itself, one ORIGINAL");

    let (erring, mut second) = commit(&shop, WRONG_ONCE_MINOR).await;
    shop.see_through(&erring, &mut second, SaleState::Queued).await;
    let Shop { house, desk, payer, .. } = shop;
    let answers = tokio::spawn(magic::answer_for_ever(payer));
    first.sale_is(SaleState::Verified).await.unwrap();
    second.sale_is(SaleState::Verified).await.unwrap();
    let replies = |sale: &chit_proto::checkout::v1::Sale| sale.sms.iter().filter(|sms| sms.inbound).count();
    assert_eq!(replies(&desk.sale(&without_paper).await.unwrap()), 1);
    assert_eq!(replies(&desk.sale(&erring).await.unwrap()), 2, "a wrong reply and a right one");
    devices.abort();
    answers.abort();
    house.stop().unwrap();
}
