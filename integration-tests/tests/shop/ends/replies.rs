//! What the payer answers.

use chit_integration_tests::ask;
use chit_integration_tests::desk::Refused;
use chit_integration_tests::payer::Answer;
use chit_proto::checkout::v1::{
    Challenge, ChallengeState, DisputeCause, DisputeState, GetDisputeRequest, PayerState, Sale, SaleState,
};

use crate::open_shop::Shop;

const TRIES: u32 = 3;

/// Three wrong answers to the next challenge; each one is counted before the next is sent.
async fn three_wrong(shop: &mut Shop, sale_id: &str, first: u32) -> u32 {
    let row = shop.payer.next_challenge().await.unwrap();
    let sale = shop.desk.sale(sale_id).await.unwrap();
    let mut journal = shop.desk.journal(&sale.challenge_id);
    for n in 1..=TRIES {
        shop.payer.answer(row, Answer::Wrong(first + n)).await.unwrap();
        journal.challenge("the wrong reply is counted", |c: &Challenge| c.wrong_replies == n).await.unwrap();
    }
    let challenge = ask!(
        shop.desk.deductions,
        get_challenge,
        chit_proto::checkout::v1::GetChallengeRequest { challenge_id: sale.challenge_id.clone() }
    );
    assert_eq!(challenge.unwrap().challenge.unwrap().state(), ChallengeState::Over);
    row
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_wrong_replies_end_the_challenge_and_a_new_row_comes_next_morning() {
    let mut shop = Shop::open().await;
    let (sale, mut journal) = shop.sell().await;
    let row = three_wrong(&mut shop, &sale.sale_id, 0).await;
    journal.sale("waits for its next round", |sale| sale.state() == SaleState::Queued).await.unwrap();
    shop.desk.advance_hours(24).await.unwrap();
    let next = shop.payer.next_challenge().await.unwrap();
    assert_ne!(next, row, "a row serves one challenge");
    shop.payer.answer(next, Answer::Right).await.unwrap();
    journal.sale_is(SaleState::Verified).await.unwrap();
    assert_eq!(shop.settle(&mut journal).await.rounds, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nine_wrong_replies_lock_the_card_until_it_is_reset_in_person() {
    let mut shop = Shop::open().await;
    let (sale, mut journal) = shop.sell().await;
    for round in 0..3 {
        three_wrong(&mut shop, &sale.sale_id, round * TRIES).await;
        shop.desk.advance_hours(24).await.unwrap();
    }
    let mut payer = shop.desk.journal(&shop.payer_id);
    let locked = payer.payer("LOCKED", |payer| payer.state() == PayerState::Locked).await.unwrap();
    let waiting = shop.desk.sale(&sale.sale_id).await.unwrap();
    assert_eq!(waiting.state(), SaleState::Queued, "a locked card is no bad record");
    let draft = shop.desk.start_sale().await.unwrap();
    let refusal = shop.present(&draft.sale_id, shop.code.as_bytes()).await.unwrap_err();
    assert_eq!(Refused::reason_in(&refusal), Some("CARD_LOCKED"));

    shop.desk.new_card(&shop.payer_id).await.unwrap();
    let again = |payer: &chit_proto::checkout::v1::Payer| {
        matches!(payer.state(), PayerState::Active | PayerState::Pending)
            && payer.card_serial != locked.card_serial
    };
    let reset = payer.payer("unlocked with a new card", again).await.unwrap();
    shop.payer.take_card(&shop.house.simulators.printer, &reset.card_serial).await.unwrap();
    shop.desk.advance_hours(24).await.unwrap();
    if reset.state() == PayerState::Pending {
        shop.payer.pay().await.unwrap();
    }
    shop.payer.pay().await.unwrap();
    journal.sale_is(SaleState::Verified).await.unwrap();
    shop.settle(&mut journal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reply_0_freezes_the_code_and_an_upheld_dispute_writes_the_sale_off() {
    let mut shop = Shop::open().await;
    let (_, mut journal) = shop.sell().await;
    let row = shop.payer.next_challenge().await.unwrap();
    shop.payer.answer(row, Answer::NotMe).await.unwrap();
    let rejected = journal.sale_is(SaleState::Rejected).await.unwrap();
    assert_eq!(shop.payer_now().await.state(), PayerState::Frozen);
    let dispute_id = the_open_dispute(&shop, &rejected, DisputeCause::NotMine).await;
    let resolved = shop.desk.resolve_dispute(&dispute_id, true).await.unwrap();
    assert_eq!(resolved.state(), DisputeState::Upheld);
    journal.sale_is(SaleState::WrittenOff).await.unwrap();
    let books = shop.desk.books().await.unwrap();
    assert!(books.balanced && books.balance.debits_posted_minor == 0, "nothing was deducted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reply_err_holds_the_deduction_until_the_dispute_is_resolved() {
    let mut shop = Shop::open().await;
    let (_, mut journal) = shop.sell().await;
    let row = shop.payer.next_challenge().await.unwrap();
    shop.payer.answer(row, Answer::WrongGoods).await.unwrap();
    let disputed = journal.sale("a dispute", |sale| !sale.dispute_ids.is_empty()).await.unwrap();
    assert_eq!(shop.payer_now().await.state(), PayerState::Active, "the code is not frozen");
    let refusal = shop.desk.run_settlement().await.unwrap_err();
    assert_eq!(Refused::reason_in(&refusal), Some("NOTHING_TO_SETTLE"));
    let dispute_id = the_open_dispute(&shop, &disputed, DisputeCause::WrongGoods).await;
    shop.desk.resolve_dispute(&dispute_id, false).await.unwrap();
    shop.desk.advance_hours(24).await.unwrap();
    shop.payer.pay().await.unwrap();
    journal.sale_is(SaleState::Verified).await.unwrap();
    shop.settle(&mut journal).await;
}

async fn the_open_dispute(shop: &Shop, sale: &Sale, cause: DisputeCause) -> String {
    let [dispute_id] = sale.dispute_ids.as_slice() else { panic!("{:?}", sale.dispute_ids) };
    let request = GetDisputeRequest { dispute_id: dispute_id.clone() };
    let dispute = ask!(shop.desk.disputes, get_dispute, request).unwrap().dispute.unwrap();
    assert_eq!((dispute.state(), dispute.cause()), (DisputeState::Open, cause));
    dispute.dispute_id
}
