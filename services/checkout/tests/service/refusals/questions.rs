//! What is not there, and lists that nobody can have.

use chit_proto::checkout::v1 as proto;
use proto::sandbox_service_client::SandboxServiceClient;
use proto::shop_service_client::ShopServiceClient;

use super::{NOTHING, reason};
use crate::house::House;
use crate::sale::enrol;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_not_found_by_its_kind() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let get = proto::GetSaleRequest { sale_id: NOTHING.into() };
    assert_eq!(reason(house.sales().get_sale(get)).await, "SALE_NOT_FOUND");
    for payer_id in ["0102030405060708", "no id"] {
        let get = proto::GetPayerRequest { payer_id: payer_id.into() };
        assert_eq!(reason(house.payers().get_payer(get)).await, "PAYER_NOT_FOUND", "{payer_id}");
    }
    let get = proto::GetChallengeRequest { challenge_id: NOTHING.into() };
    assert_eq!(reason(house.deductions().get_challenge(get)).await, "CHALLENGE_NOT_FOUND");
    let get = proto::GetSettlementBatchRequest { batch_id: NOTHING.into() };
    assert_eq!(reason(house.settlement().get_settlement_batch(get)).await, "BATCH_NOT_FOUND");
    let get = proto::GetDisputeRequest { dispute_id: NOTHING.into() };
    assert_eq!(reason(house.disputes().get_dispute(get)).await, "DISPUTE_NOT_FOUND");
    let take = proto::TakeExceptionRequest { request_id: house.new_id(), exception_id: NOTHING.into() };
    assert_eq!(reason(house.bank().take_exception(take)).await, "EXCEPTION_NOT_FOUND");
    let get = proto::GetMandateRequest { payer_id: payer.payer_id };
    assert_eq!(reason(house.bank().get_mandate(get)).await, "MANDATE_NOT_FOUND");
    let mut shop = ShopServiceClient::new(house.signed_in("wang").await);
    let report = proto::GetZReportRequest { shift: 99, ..Default::default() };
    assert_eq!(reason(shop.get_z_report(report)).await, "SHIFT_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_outside_its_limits_is_told_them() {
    let house = House::open(false).await;
    for (page_size, page_token, expected) in
        [(1001, "", "PAGE_SIZE_INVALID"), (10, "the second page", "PAGE_TOKEN_INVALID")]
    {
        let list = proto::ListPayersRequest { page_size, page_token: page_token.into() };
        assert_eq!(reason(house.payers().list_payers(list)).await, expected);
    }
    let mut shop = ShopServiceClient::new(house.signed_in("wang").await);
    let report = proto::GetZReportRequest { day: "tomorrow".into(), ..Default::default() };
    assert_eq!(reason(shop.get_z_report(report)).await, "DAY_INVALID");
    let search = proto::SearchGoodsRequest { query: "a".repeat(65), limit: 0 };
    assert_eq!(reason(shop.search_goods(search)).await, "QUERY_TOO_LONG");
    let search = proto::SearchGoodsRequest { query: "a".repeat(64), limit: 51 };
    assert_eq!(reason(shop.search_goods(search)).await, "LIMIT_INVALID");
    let search = proto::SearchGoodsRequest { query: "a".repeat(64), limit: 50 };
    shop.search_goods(search).await.unwrap();
    let mut sandbox = SandboxServiceClient::new(house.nobody());
    for seconds in [0, 3_660 * 86_400 + 1] {
        let advance = proto::AdvanceClockRequest { by: Some(prost_types::Duration { seconds, nanos: 0 }) };
        assert_eq!(reason(sandbox.advance_clock(advance)).await, "DURATION_INVALID", "{seconds} s");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_an_id_that_it_could_be_repeated_under_does_nothing() {
    let house = House::open(false).await;
    for request_id in ["", "no id!", &"x".repeat(65)] {
        let start = proto::StartSaleRequest { request_id: request_id.into(), ..Default::default() };
        assert_eq!(reason(house.sales().start_sale(start)).await, "REQUEST_ID_INVALID", "{request_id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_moves_the_clock_of_a_real_shop() {
    let house = House::open_real().await;
    let mut sandbox = SandboxServiceClient::new(house.nobody());
    let hour = Some(prost_types::Duration { seconds: 3_600, nanos: 0 });
    let before = house.now();
    let advance = proto::AdvanceClockRequest { by: hour };
    assert_eq!(reason(sandbox.advance_clock(advance)).await, "NOT_A_SANDBOX");
    assert!(house.now().duration_since(before) < jiff::SignedDuration::from_mins(30));
}
