//! What the payer answers: right, wrong, late, in person.

use chit_proto::sms_gateway::v1::MessageState;

use sha2::{Digest, Sha256};

use super::fixture::{A_ROUND_H, DAY_H, PHONE, Till, every_state};
use crate::outbox::fact::FactKind;
use crate::outbox::message::Purpose;
use crate::payer::PayerState;
use crate::sale::state::SaleState;
use crate::values::ids::SaleId;
use crate::values::short_code::{self, ProofLength};
use crate::verification::challenge::{Asks, ChallengeState};

fn sales(sales: &[SaleId]) -> Asks {
    Asks::Sales(sales.to_vec())
}

#[tokio::test]
async fn three_wrong_replies_end_the_challenge_and_a_new_row_comes_next_morning_at_eight() {
    let till = Till::open().await;
    let (sale_id, first) = till.challenged().await;
    for n in 0..3 {
        till.reply(&till.wrong(n).await).await;
    }
    assert_eq!(till.challenge(first.id).await.state, ChallengeState::Over);
    assert_eq!(till.state(sale_id).await, SaleState::Queued);
    till.advance(21);
    till.tick().await;
    assert_eq!(till.payer().await.open_challenge, None, "07:00: not yet");
    till.advance(1);
    till.ask(MessageState::Delivered).await;
    let second = till.open_challenge().await;
    assert_ne!(second.row, first.row, "a row serves one challenge");
    assert_eq!(till.sale(sale_id).await.rounds, 2);
    till.reply(&till.right(&first).await).await;
    assert_eq!(till.state(sale_id).await, SaleState::Challenged, "the old row is over");
    till.reply(&till.right(&second).await).await;
    assert_eq!(till.state(sale_id).await, SaleState::Verified);
}

#[tokio::test]
async fn nine_wrong_replies_lock_the_card_and_the_sale_waits_for_a_reset() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    let mut codes = 0;
    for _ in 0..3 {
        till.ask(MessageState::Delivered).await;
        for _ in 0..3 {
            till.reply(&till.wrong(codes).await).await;
            codes += 1;
        }
        till.advance(DAY_H);
    }
    assert_eq!(till.payer().await.state, PayerState::Locked);
    assert_eq!(till.may_buy().await.unwrap_err().reason, "CARD_LOCKED");
    till.advance(10 * DAY_H);
    till.tick().await;
    assert_eq!(till.state(sale_id).await, SaleState::Queued, "a locked card is no bad record");

    let old = till.payer().await;
    let new = till.reset_card().await;
    assert!(new.card.serial != old.card.serial && new.code.serial != old.code.serial);
    till.ask(MessageState::Delivered).await;
    let first = till.open_challenge().await;
    assert_eq!(first.asks, Asks::Enrolment, "phone and card are proven together first");
    till.reply(&till.right(&first).await).await;
    assert_eq!(till.payer().await.state, PayerState::Active);
    till.ask(MessageState::Delivered).await;
    till.reply(&till.right(&till.open_challenge().await).await).await;
    let verified = till.sale(sale_id).await;
    assert_eq!((verified.state, verified.rounds), (SaleState::Verified, 1));
}

#[tokio::test]
async fn a_right_code_forgives_the_wrong_ones_before_it() {
    let till = Till::open().await;
    let (_, challenge) = till.challenged().await;
    till.reply(&till.wrong(0).await).await;
    till.reply(&till.wrong(1).await).await;
    assert_eq!(till.payer().await.wrong_since_right, 2);
    till.reply(&till.right(&challenge).await).await;
    assert_eq!(till.payer().await.wrong_since_right, 0);
}

#[tokio::test]
async fn a_late_but_right_reply_counts_and_frees_what_the_newer_challenge_asked_besides() {
    let till = Till::open().await;
    let (late, first) = till.challenged().await;
    till.advance(A_ROUND_H);
    let other = till.queued(300).await;
    till.ask(MessageState::Delivered).await;
    let second = till.open_challenge().await;
    assert_eq!(second.asks, sales(&[late, other]));
    till.reply(&till.right(&first).await).await;
    assert_eq!(till.state(late).await, SaleState::Verified);
    assert_eq!(till.challenge(second.id).await.state, ChallengeState::Cancelled);
    let freed = till.sale(other).await;
    assert_eq!((freed.state, freed.rounds), (SaleState::Queued, 0), "it is asked for anew");
    till.advance(DAY_H);
    till.ask(MessageState::Delivered).await;
    assert_eq!(till.open_challenge().await.asks, sales(&[other]));
}

#[tokio::test]
async fn a_right_reply_after_the_notice_still_pays() {
    let till = Till::open().await;
    let sale_id = till.bad_pending().await;
    let asked = till.challenge(till.sale(sale_id).await.challenge.unwrap()).await;
    till.reply(&till.right(&asked).await).await;
    assert_eq!(till.state(sale_id).await, SaleState::Verified);
}

#[tokio::test]
async fn one_challenge_asks_for_three_sales_at_most_and_states_every_amount() {
    let till = Till::open().await;
    let mut bought = Vec::new();
    for amount in [101, 202, 303, 404] {
        bought.push(till.queued(amount).await);
    }
    let sent = till.ask(MessageState::Delivered).await;
    for amount in ["1.01", "2.02", "3.03"] {
        assert!(sent[0].text.as_str().contains(amount), "{amount}");
    }
    assert!(!sent[0].text.as_str().contains("4.04"));
    assert_eq!(till.open_challenge().await.asks, sales(&bought[..3]));
    let later = till.queued(505).await;
    till.tick().await;
    assert_eq!(till.state(later).await, SaleState::Queued, "one open challenge a payer");
    till.reply("0 2").await;
    let states = [till.state(bought[0]).await, till.state(bought[1]).await];
    assert_eq!(states, [SaleState::Challenged, SaleState::Rejected]);
    till.reply(&till.right(&till.open_challenge().await).await).await;
    assert_eq!(till.state(bought[0]).await, SaleState::Verified);
    assert_eq!(till.state(bought[1]).await, SaleState::Rejected);
}

#[tokio::test]
async fn i4_a_row_burns_when_it_is_assigned_and_never_serves_again() {
    let till = Till::open().await;
    let mut rows = Vec::new();
    for _ in 0..60 {
        let sale_id = till.queued(100).await;
        till.ask(MessageState::Delivered).await;
        rows.push(till.open_challenge().await.row.get());
        till.reply(&till.right(&till.open_challenge().await).await).await;
        assert_eq!(till.state(sale_id).await, SaleState::Verified);
        till.advance(DAY_H);
    }
    let in_order: Vec<u8> = (1..=60).collect();
    assert_ne!(rows, in_order, "in random order");
    rows.sort_unstable();
    assert_eq!(rows, in_order);
    let sale_id = till.queued(100).await;
    till.tick().await;
    assert_eq!(till.sale(sale_id).await.rounds, 0, "the card is used up; the sale waits for a new one");
}

#[tokio::test]
async fn cash_ends_the_challenge_and_its_other_sales_are_asked_anew() {
    let till = Till::open().await;
    let (paid, other) = (till.queued(100).await, till.queued(200).await);
    till.tick().await;
    let challenge = till.open_challenge().await;
    till.drain().await;
    till.pays_in_cash(paid, None).await.unwrap();
    assert_eq!(till.state(paid).await, SaleState::PaidOtherwise);
    assert_eq!(till.challenge(challenge.id).await.state, ChallengeState::Cancelled);
    let waiting = till.sale(other).await;
    assert_eq!((waiting.state, waiting.rounds), (SaleState::Queued, 0), "the round does not count");
    assert_eq!(till.effects().await, ["POST_PAYMENT", "CANCEL_MESSAGE"]);
    till.reply(&till.right(&challenge).await).await;
    assert_eq!(till.state(other).await, SaleState::Queued, "its text no longer states what is owed");
}

#[tokio::test]
async fn i9_a_batch_takes_verified_sales_that_no_dispute_holds_and_nothing_else() {
    let till = Till::open().await;
    let nothing = till.settle().await.unwrap_err();
    assert_eq!(nothing.reason, "NOTHING_TO_SETTLE");
    for state in every_state() {
        if state != SaleState::Verified {
            till.put(state, 100, |_| {}).await;
        }
    }
    let held = till.put(SaleState::Verified, 100, |put| put.owed().held = true).await;
    assert_eq!(till.settle().await.unwrap_err().reason, "NOTHING_TO_SETTLE");
    let free = till.put(SaleState::Verified, 700, |_| {}).await;
    let batch = till.settle().await.unwrap();
    assert_eq!((batch.sales, batch.total_minor), (vec![free], 700));
    assert_eq!(till.state(free).await, SaleState::Submitted);
    assert_eq!(till.state(held).await, SaleState::Verified);
}

#[tokio::test]
async fn a_text_that_asks_holds_neither_the_payers_name_nor_their_code() {
    let till = Till::open().await;
    till.queued(1_250).await;
    let sent = till.ask(MessageState::Delivered).await;
    let (payer, challenge) = (till.payer().await, till.open_challenge().await);
    let text = sent[0].text.as_str();
    assert!(text.contains("12.50"), "{text}");
    for secret in ["Ada", &till.right(&challenge).await, payer.card.serial.to_string().as_str(), PHONE] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn i9_the_ledger_knows_the_text_before_it_leaves_in_one_lane() {
    let till = Till::open().await;
    till.queued(1_250).await;
    till.tick().await;
    let outbox = till.outbox().await;
    assert_eq!(till.effects().await, ["RECORD_FACT", "SEND_MESSAGE"]);
    assert_eq!(outbox[0].1.lane(), outbox[1].1.lane());
    let challenge = till.open_challenge().await;
    let [fact] = &till.facts(FactKind::ChallengeText).await[..] else { panic!("one fact") };
    let [message] = &till.waiting(Purpose::Challenge).await[..] else { panic!("one message") };
    let expected = Sha256::new().chain_update(challenge.text_salt).chain_update(message.text.as_str());
    assert_eq!(fact.sha256[..], expected.finalize()[..]);
}

#[tokio::test]
async fn an_incoming_message_that_comes_twice_is_applied_once() {
    let till = Till::open().await;
    let (_, challenge) = till.challenged().await;
    till.hear(7, &till.wrong(0).await).await;
    till.hear(7, &till.wrong(1).await).await;
    till.hear(6, &till.wrong(2).await).await;
    assert_eq!(till.challenge(challenge.id).await.wrong_tries, 1);
}

#[tokio::test]
async fn only_a_reply_to_the_challenge_proves_that_it_arrived() {
    let till = Till::open().await;
    let sale_id = till.queued(1_250).await;
    till.ask(MessageState::Submitted).await;
    let challenge = till.open_challenge().await;
    assert_eq!(till.hear(1, "HELP").await, None);
    assert_eq!(till.hear(2, "who are you").await, None);
    assert!(!till.challenge(challenge.id).await.delivered);
    assert_eq!(till.hear(3, &till.wrong(0).await).await, Some(challenge.message));
    assert!(till.challenge(challenge.id).await.delivered);
    assert_eq!(till.state(sale_id).await, SaleState::Challenged);
}

#[tokio::test]
async fn a_first_challenge_answered_makes_the_code_active_and_its_objection_ends_the_enrolment() {
    let till = Till::open().await;
    till.change_payer(|payer| payer.state = PayerState::Pending).await;
    assert_eq!(till.may_buy().await.unwrap_err().reason, "PAYER_NOT_ACTIVE");
    till.ask(MessageState::Delivered).await;
    let challenge = till.open_challenge().await;
    let answers = till.reply(&till.right(&challenge).await).await;
    assert_eq!(till.payer().await.state, PayerState::Active);
    assert!(answers[0].text.as_str().contains("active"), "not \"accepted\": nothing was bought");

    till.change_payer(|payer| payer.state = PayerState::Pending).await;
    till.advance(DAY_H);
    till.ask(MessageState::Delivered).await;
    till.reply_from(PHONE, "0").await;
    assert_eq!(till.payer().await.state, PayerState::Frozen);
}

#[tokio::test]
async fn a_first_challenge_is_sent_three_times_at_most() {
    let till = Till::open().await;
    till.change_payer(|payer| payer.state = PayerState::Pending).await;
    for _ in 0..3 {
        assert_eq!(till.ask(MessageState::Delivered).await.len(), 1);
        till.advance(A_ROUND_H);
        till.tick().await;
    }
    till.advance(DAY_H);
    assert_eq!(till.ask(MessageState::Delivered).await.len(), 0);
    let payer = till.payer_id;
    let challenges = till.read(move |view| view.challenges_of(payer)).await;
    let right = till.right(challenges.last().unwrap()).await;
    assert_eq!(till.answer_in_person(&right).await.unwrap_err().reason, "ANSWER_BY_SMS");
    till.reset_card().await;
    assert_eq!(
        till.ask(MessageState::Delivered).await.len(),
        2,
        "warned, and asked for a row of another card"
    );
}

#[tokio::test]
async fn a_right_code_that_comes_too_late_is_told_so_and_is_no_try() {
    let till = Till::open().await;
    let (_, challenge) = till.challenged().await;
    for n in 0..3 {
        till.reply(&till.wrong(n).await).await;
    }
    let answers = till.reply(&till.right(&challenge).await).await;
    assert!(!answers[0].text.as_str().contains("already used"), "{}", answers[0].text.as_str());
    assert!(answers[0].text.as_str().contains("right but too late"), "{}", answers[0].text.as_str());
    assert_eq!(till.payer().await.wrong_since_right, 3);
}

#[tokio::test]
async fn a_sale_is_found_by_the_number_and_the_proof_in_its_sms() {
    let till = Till::open().await;
    let (sale, challenge) = till.challenged().await;
    let proof = short_code::proof(&challenge.evidence_sha256, ProofLength::Ten);
    let number = till.sale(sale).await.sold.unwrap().number.to_string();
    for reference in [proof.to_lowercase(), proof[..8].to_owned(), number] {
        assert_eq!(till.read(move |view| view.sale_by_reference(&reference)).await, sale);
    }
}

#[tokio::test]
async fn err_to_a_first_challenge_cancels_nothing() {
    let till = Till::open().await;
    till.change_payer(|payer| payer.state = PayerState::Pending).await;
    till.ask(MessageState::Delivered).await;
    let first = till.open_challenge().await;
    assert_eq!(first.asks, Asks::Enrolment);
    let answers = till.reply("ERR").await;
    let text = answers[0].text.as_str();
    assert!(text.contains("To activate") && !text.contains("pay"), "nothing is being bought: {text}");
    assert_eq!(till.open_challenge().await, first);
    till.reply(&till.right(&first).await).await;
    assert_eq!(till.payer().await.state, PayerState::Active);
}
