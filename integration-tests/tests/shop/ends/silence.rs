//! The payer answers nothing, or cannot be asked.

use std::time::Duration;

use chit_integration_tests::ask;
use chit_integration_tests::desk::{Journal, Refused};
use chit_proto::checkout::v1::{Challenge, ChallengeState, PayerState, SaleState, SmsTrace};
use chit_proto::sms_gateway::v1::{ModemState, WatchModemRequest};
use serde_json::json;

use crate::open_shop::Shop;

const ROUNDS: u32 = 3;
/// A challenge runs 24 h from its submission, so each round ends at the hour it began at, far from the night.
const A_ROUND_H: i64 = 24;
const OBJECTION_H: i64 = 7 * 24;
/// Two messages a day that the payer did not ask for are the most.
const A_DAY_H: i64 = 24;
const MODEM_NOTICED_MAX: Duration = Duration::from_secs(60);

/// Three rounds pass without a word of the payer.
async fn three_silent_rounds(shop: &mut Shop, journal: &mut Journal, delivered: bool) {
    for round in 1..=ROUNDS {
        shop.payer.next_challenge().await.unwrap();
        let asked = journal.sale("asked once more", |sale| sale.rounds == round).await.unwrap();
        let mut challenge = shop.desk.journal(&asked.challenge_id);
        let open = |c: &Challenge| c.state() == ChallengeState::Open && (c.delivered || !delivered);
        challenge.challenge("OPEN", open).await.unwrap();
        shop.desk.advance_hours(A_ROUND_H).await.unwrap();
        challenge.challenge("EXPIRED", |c| c.state() == ChallengeState::Expired).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reply_in_three_rounds_leads_over_notice_and_objection_to_the_deny_list() {
    let mut shop = Shop::open().await;
    let (_, mut journal) = shop.sell().await;
    three_silent_rounds(&mut shop, &mut journal, true).await;
    let pending = journal.sale_is(SaleState::BadPending).await.unwrap();
    // Reminder and challenge may have been this day's messages.
    shop.desk.advance_hours(A_DAY_H).await.unwrap();
    let out = |sms: &SmsTrace| sms.purpose == "NOTICE" && sms.state == "DELIVERED";
    journal.sale("the notice is out", |sale| sale.sms.iter().any(out)).await.unwrap();
    shop.desk.advance_hours(OBJECTION_H + 1).await.unwrap();
    journal.sale_is(SaleState::BadListed).await.unwrap();
    assert_eq!(shop.payer_now().await.state(), PayerState::Denied);
    let draft = shop.desk.start_sale().await.unwrap();
    let refusal = shop.present(&draft.sale_id, shop.code.as_bytes()).await.unwrap_err();
    assert_eq!(Refused::reason_in(&refusal), Some("DENY_LISTED"));
    assert!(shop.desk.books().await.unwrap().balanced, "{pending:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_whom_no_challenge_reached_is_no_bad_record() {
    let mut shop = Shop::open().await;
    shop.house.simulators.modem.fault("auto_deliver", json!(false)).await.unwrap();
    let (_, mut journal) = shop.sell().await;
    three_silent_rounds(&mut shop, &mut journal, false).await;
    journal.sale_is(SaleState::Unreachable).await.unwrap();
    assert_eq!(shop.payer_now().await.state(), PayerState::Active);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_modem_a_sale_stays_queued_no_row_burns_and_no_clock_runs() {
    let mut shop = Shop::open().await;
    let modem = shop.house.simulators.modem.clone();
    modem.fault("off", json!(true)).await.unwrap();
    modem_is(&shop, |state| state != ModemState::Ready).await;
    let rows_before = shop.payer_now().await.rows_left;
    let (sale, mut journal) = shop.sell().await;
    shop.desk.advance_hours(4 * 24).await.unwrap();
    assert!(shop.desk.run_deductions().await.unwrap().is_empty());
    let waiting = shop.desk.sale(&sale.sale_id).await.unwrap();
    assert_eq!((waiting.state(), waiting.rounds), (SaleState::Queued, 0));
    assert_eq!(shop.payer_now().await.rows_left, rows_before);
    modem.fault("off", json!(false)).await.unwrap();
    modem_is(&shop, |state| state == ModemState::Ready).await;
    shop.payer.pay().await.unwrap();
    journal.sale_is(SaleState::Verified).await.unwrap();
    shop.settle(&mut journal).await;
}

async fn modem_is(shop: &Shop, wanted: impl Fn(ModemState) -> bool) {
    let seen = async {
        let mut states = shop.desk.sms.clone().watch_modem(WatchModemRequest {}).await.unwrap().into_inner();
        while let Some(state) = states.message().await.unwrap() {
            if wanted(state.modem.unwrap().state()) {
                return;
            }
        }
        panic!("the gateway ended");
    };
    tokio::time::timeout(MODEM_NOTICED_MAX, seen).await.expect("the gateway notices");
    // Checkout hears of it over the same stream; its own answer is asked until it has.
    let told = async {
        loop {
            let status =
                ask!(shop.desk.shop, get_status, chit_proto::checkout::v1::GetStatusRequest {}).unwrap();
            let modem = status.devices.iter().find(|device| device.name == "modem").unwrap();
            if wanted(if modem.ok { ModemState::Ready } else { ModemState::Absent }) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(MODEM_NOTICED_MAX, told).await.expect("checkout notices");
}
