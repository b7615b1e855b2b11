//! A payer who wants to be forgotten: what must have ended before, and what is left of them.

use jiff::ToSpan as _;

use super::disputes;
use super::fixture::{CASHIER, DAY_H, PHONE, SUPERVISOR, Till};
use crate::collection::house::{self, HouseAccount};
use crate::collection::mandate::{BankAccount, Mandate};
use crate::erasure;
use crate::outbox::fact::FactKind;
use crate::payer::{Payer, PayerState};
use crate::sale::state::SaleState;
use crate::staff::approval::Act;
use crate::staff::{Grant, JointGrant};
use crate::values::phone::PhoneE164;
use crate::values::refusal::Result;

const NEW_PHONE: &str = "+8613800007777";

async fn erase(till: &Till) -> Result<Payer> {
    let (id, moment) = (till.payer_id, till.shop.moment()?);
    let people = JointGrant {
        approver: Grant::new(Act::ErasePayer, SUPERVISOR),
        witness: Grant::new(Act::ErasePayer, CASHIER),
    };
    till.write(move |tx| erasure::erase(tx, id, people, moment)).await
}

/// Why they cannot be erased yet.
async fn tie(till: &Till) -> String {
    let refusal = erase(till).await.unwrap_err();
    assert_eq!(refusal.reason, "PAYER_STILL_NEEDED");
    assert_eq!(till.payer().await.state, PayerState::Active, "nothing has changed");
    refusal.message
}

#[tokio::test]
async fn who_a_payer_was_is_gone_and_their_sales_stay() {
    let till = Till::open().await;
    let sale = till.queued(1_250).await;
    till.pays_in_cash(sale, None).await.unwrap();
    let card = till.payer().await.card.serial;
    let erased = erase(&till).await.unwrap();
    assert_eq!((erased.state, erased.name.as_str(), erased.phone), (PayerState::Erased, "", None));
    let id = till.payer_id;
    let left = till
        .read(move |view| {
            let phone = PhoneE164::new(PHONE).unwrap();
            Ok((
                view.photo(id)?,
                view.payers_by_phone(&phone)?,
                view.payer_by_card(card)?,
                view.payers_in_need(9)?.len(),
            ))
        })
        .await;
    assert_eq!(left, (Vec::new(), Vec::new(), None, 0));
    assert_eq!(till.state(sale).await, SaleState::PaidOtherwise);
    let witnessed = till.facts(FactKind::Approval).await;
    assert_eq!(
        witnessed.iter().filter(|fact| fact.subject == id.to_string()).count(),
        2,
        "two people answer for it"
    );

    // Neither their words nor their code nor staff bring them back.
    let lost = format!("LOST {card}");
    for text in ["0", "000000", &lost] {
        assert!(till.reply_from(PHONE, text).await.is_empty(), "{text}");
    }
    assert!(till.may_buy().await.is_err());
    for refused in [till.change_phone(NEW_PHONE).await, till.replace_card().await, erase(&till).await] {
        assert_eq!(refused.unwrap_err().reason, "WRONG_STATE");
    }
    let till = till.restart_after(30 * DAY_H).await;
    till.tick().await;
    assert_eq!(till.payer().await.state, PayerState::Erased);
    assert!(till.effects().await.is_empty(), "nothing is left to do about them");
    let again = till.enrol(PHONE, PayerState::Active).await;
    assert_ne!(again, id, "somebody new");
}

#[tokio::test]
async fn who_waits_for_their_first_challenge_may_leave_too_and_it_is_called_off() {
    let till = Till::open().await;
    till.change_payer(|payer| payer.state = PayerState::Pending).await;
    till.tick().await;
    let challenge = till.open_challenge().await;
    erase(&till).await.unwrap();
    assert!(!till.challenge(challenge.id).await.state.is_running());
    assert_eq!(till.payer().await.open_challenge, None);
}

#[tokio::test]
async fn nobody_is_erased_while_something_is_open_between_them_and_the_shop() {
    let till = Till::open().await;
    let sale = till.queued(1_250).await;
    assert!(tie(&till).await.contains("not paid: 1"));
    till.pays_in_cash(sale, None).await.unwrap();

    let id = till.payer_id;
    let pay_in = |minor| {
        let transfer = till.id();
        let today = till.shop.voice.quiet.local_day(till.shop.clock.now());
        till.write(move |tx| house::pay_in(tx, id, minor, CASHIER, transfer, today))
    };
    let account: HouseAccount = pay_in(100).await.unwrap();
    assert_eq!(account.credit_minor, 100);
    assert!(tie(&till).await.contains("money on their account"));
    let pay_out = |minor| {
        let (transfer, today) = (till.id(), till.shop.voice.quiet.local_day(till.shop.clock.now()));
        till.write(move |tx| house::pay_out(tx, id, minor, CASHIER, transfer, today))
    };
    assert_eq!(pay_out(101).await.unwrap_err().reason, "OVER_CREDIT");
    assert_eq!(pay_out(100).await.unwrap().credit_minor, 0);
    erase(&till).await.unwrap();
}

#[tokio::test]
async fn a_dispute_a_bad_record_and_a_change_of_yesterday_keep_a_payer_known() {
    let till = Till::open().await;
    let sale = till.put(SaleState::Settled, 100, |_| {}).await;
    disputes::open(&till, sale).await.unwrap();
    assert!(tie(&till).await.contains("dispute"));

    let till = Till::open().await;
    till.bad_listed().await;
    let refusal = erase(&till).await.unwrap_err();
    assert!(refusal.message.contains("bad record"), "{refusal}");

    let till = Till::open().await;
    till.change_phone(NEW_PHONE).await.unwrap();
    let refusal = erase(&till).await.unwrap_err();
    assert!(refusal.message.contains("24 hours"), "{refusal}");
    till.advance(DAY_H);
    erase(&till).await.unwrap();
}

#[tokio::test]
async fn a_debit_that_the_bank_may_still_return_keeps_a_payer_known_for_13_months_and_their_account_goes_with_them()
 {
    let till = Till::open().await;
    let (payer, today) = (till.payer().await, till.shop.moment().unwrap().today.date());
    let used = |months: i32| {
        let account =
            BankAccount { holder: "Ada Li".into(), iban: "DE89370400440532013000".into(), bic: None };
        let mandate = Mandate {
            id: payer.mandate,
            payer: payer.id,
            signed_on: today,
            account,
            notice_days: 1,
            first: None,
            used_on: Some(today.saturating_sub(months.months())),
            blocked: None,
        };
        till.write(move |tx| tx.put_mandate(&mandate))
    };
    used(13).await.unwrap();
    assert!(tie(&till).await.contains("return a debit"));
    used(14).await.unwrap();
    erase(&till).await.unwrap();
    let mandate = payer.mandate;
    assert!(till.read(move |view| view.find_mandate(mandate)).await.is_none());
}

#[tokio::test]
async fn nobody_is_erased_while_their_papers_are_being_printed() {
    let till = Till::open().await;
    till.change_payer(|payer| payer.state = PayerState::Enrolling).await;
    assert!(erase(&till).await.unwrap_err().message.contains("papers"));
}
