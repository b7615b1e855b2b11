//! Checkout dies inside each of its outside effects, at named points that only a debug build has (`chit_runtime::failpoint`).
//! `begin`: the state is durable and nothing has happened outside. `done`: it has happened, and nothing of it is stored.

use chit_integration_tests::house::READY_MAX;

use super::stories::{self, Outcome, Story, at_rest};
use super::table::{Row, times};
use crate::open_shop::Shop;

const SERVICE: &str = "checkout";

/// Each point, and a story that passes it.
const SALE: [&str; 6] = [
    "commit_sale/reserved",
    "reserve/begin",
    "reserve/done",
    "hold_recording/begin",
    "hold_recording/started",
    "hold_recording/sealed",
];
const PAPER: [&str; 6] = [
    "print_receipt/begin",
    "print_receipt/photo_taken",
    "print_receipt/laid_out",
    "print_receipt/submitted",
    "print_receipt/printed",
    "print_receipt/done",
];
const EVIDENCE: [&str; 5] = [
    "hold_recording/done",
    "stop_recording/begin",
    "stop_recording/done",
    "record_fact/begin",
    "record_fact/done",
];
const DIALOGUE: [&str; 5] = [
    "send_message/begin",
    "send_message/done",
    "message_state/noted",
    "inbound/decided",
    "inbound/committed",
];
const MONEY: [&str; 3] = ["settle/submitted", "post_batch/begin", "post_batch/done"];
const REFUND: [&str; 4] =
    ["post_refund/begin", "post_refund/done", "print_notice/begin", "print_notice/done"];
const VOID: [&str; 4] =
    ["void_pending/begin", "void_pending/done", "cancel_receipt/begin", "cancel_receipt/done"];
const CASH: [&str; 4] =
    ["post_payment/begin", "post_payment/done", "cancel_message/begin", "cancel_message/done"];
const PAY_IN: [&str; 2] = ["post_house_cash/begin", "post_house_cash/done"];
const COPY: [&str; 2] = ["print_copy/begin", "print_copy/done"];
const ENROL: [&str; 4] = [
    "print_enrolment/begin",
    "print_enrolment/mandate_printed",
    "print_enrolment/card_submitted",
    "print_enrolment/done",
];
const BAD_DEBT: [&str; 4] =
    ["move_to_bad_debt/begin", "move_to_bad_debt/done", "post_recovery/begin", "post_recovery/done"];

const CUSTODY: [&str; 2] = ["note_sale/begin", "note_sale/done"];
const HOLD: [&str; 5] = [
    "hold_evidence/begin",
    "hold_evidence/done",
    "release_hold/begin",
    "release_hold/done",
    "evidence_log/taken",
];

const AT_THE_BANK: [&str; 6] = [
    "settle/submitted",
    "hold_flight/begin",
    "hold_flight/done",
    "write_file/begin",
    "write_file/renamed",
    "write_file/done",
];
const CARRIED: [&str; 4] =
    ["hand_over_file/begin", "hand_over_file/begun", "hand_over_file/ended", "hand_over_file/done"];
const FROM_THE_BANK: [&str; 4] =
    ["import/begun", "import/applied", "book_posting/begin", "book_posting/done"];

macro_rules! dies {
    ($name:ident, $story:ident, $points:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            dies_at(Story::$story, &$points).await;
        }
    };
}

dies!(a_sale_that_is_being_committed_survives_any_death, Settled, SALE);
dies!(a_receipt_that_is_being_printed_survives_any_death, Settled, PAPER);
dies!(evidence_that_is_being_sealed_survives_any_death, Settled, EVIDENCE);
dies!(a_dialogue_by_sms_survives_any_death, Settled, DIALOGUE);
dies!(a_settlement_survives_any_death, Settled, MONEY);
dies!(a_refund_survives_any_death, Refunded, REFUND);
dies!(what_the_keeper_of_the_film_is_told_survives_any_death, Settled, CUSTODY);
dies!(a_hold_on_the_film_and_its_record_survive_any_death, Refunded, HOLD);
dies!(a_void_survives_any_death, Voided, VOID);
dies!(a_payment_in_cash_survives_any_death, Cash, CASH);
dies!(cash_for_an_account_in_the_shop_survives_any_death, PaidIn, PAY_IN);
dies!(a_copy_of_a_receipt_survives_any_death, Copied, COPY);
dies!(an_enrolment_survives_any_death, Enrolled, ENROL);
dies!(a_bad_record_and_its_payment_survive_any_death, Recovered, BAD_DEBT);
dies!(a_file_for_the_bank_survives_any_death, Collected, AT_THE_BANK);
dies!(a_file_on_its_way_to_the_bank_survives_any_death, Collected, CARRIED);
dies!(what_the_bank_reports_survives_any_death, Collected, FROM_THE_BANK);

/// Points that the next life does not pass again: what follows from them is another call's.
const ONCE_A_STORY: [&str; 5] = [
    "inbound/committed",
    "print_receipt/laid_out",
    "hand_over_file/begun",
    "hand_over_file/ended",
    "hand_over_file/done",
];

/// The story once undisturbed, then once for each point. A shop of its own for each set: a card has 60 rows.
async fn dies_at(story: Story, points: &[&str]) {
    let mut shop = stories::open_shop(story).await;
    let control = told(&mut shop, story, None).await;
    for point in points {
        let lives = if ONCE_A_STORY.contains(point) { 1 } else { times() };
        for _ in 0..times() / lives {
            survives(&mut shop, story, point, lives, &control).await;
        }
    }
}

/// So many lives in a row end at the point.
async fn survives(shop: &mut Shop, story: Story, point: &str, lives: u32, control: &Outcome) {
    eprintln!("{story:?} with {lives} deaths at {point}");
    let starts = shop.house.keeper(SERVICE).starts();
    let point = format!("{SERVICE}/{point}");
    shop.house.order_death(SERVICE, &point, lives).unwrap();
    let outcome = told(shop, story, Some(control)).await;
    let died = lives - shop.house.deaths_left(SERVICE).unwrap();
    let (lost, doubled) = outcome.compared(control);
    Row::new(&point, &format!("{story:?}"), died, &outcome.words()).judged(lost, doubled).write();
    assert_eq!(died, lives, "{point} was passed less often than that");
    assert_eq!(outcome, *control, "{point}");
    let keeper = shop.house.keeper(SERVICE);
    assert!(keeper.wait_started_after(starts + lives - 1, READY_MAX), "it comes back");
    assert_eq!(keeper.starts(), starts + lives, "no other death");
}

/// Tells the story, and lets a day pass: a payer is asked twice a day at most.
async fn told(shop: &mut Shop, story: Story, control: Option<&Outcome>) -> Outcome {
    let before = stories::look_at_rest(shop).await;
    let end = story.tell(shop).await;
    let outcome = at_rest(shop, &before, &end, control).await;
    shop.desk.advance_hours(24).await.unwrap();
    outcome
}
