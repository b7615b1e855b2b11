//! What the issuer's people do with cards, and that it is they who do it.

use std::fmt::Write as _;

use proto::CustodyAct as Act;

use super::*;

pub const PIN: &str = "471199";
const WRONG_PIN: &str = "000000";
const PHONE: &str = "+8613800005678";

/// Two people with the same PIN.
pub fn staff() -> String {
    let hash = chit_pin::hash_pin(PIN, &[1; 16]).unwrap();
    let mut text = String::new();
    for name in ["chen", "sun"] {
        writeln!(text, "[[staff]]\nname = \"{name}\"\npin_hash = \"{hash}\"").unwrap();
    }
    text
}

pub fn approval(pin: &str) -> Option<proto::Approval> {
    of("chen", pin)
}

fn of(actor: &str, pin: &str) -> Option<proto::Approval> {
    Some(proto::Approval { actor: actor.into(), pin: pin.into() })
}

impl Issuer {
    async fn reset(
        &self,
        request_id: u128,
        card_serial: &str,
        new_card_serial: &str,
        approval: Option<proto::Approval>,
    ) -> Result<(), Status> {
        let (card_serial, new_card_serial) = (card_serial.to_owned(), new_card_serial.to_owned());
        let request =
            proto::ResetPayerRequest { request_id: id(request_id), card_serial, new_card_serial, approval };
        self.client.clone().reset_payer(request).await.map(|_| ())
    }

    async fn custody(&self) -> Vec<proto::CustodyEntry> {
        let request = proto::ListCustodyRequest { after_seq: 0 };
        self.client.clone().list_custody(request).await.unwrap().into_inner().entries
    }

    /// Nine wrong codes, three a row.
    async fn lock(&self, assigned: &proto::AssignRowsResponse, card: &proto::PrintedCard) {
        let wrong: Vec<String> = (100_000..)
            .map(|code: u32| code.to_string())
            .filter(|code| !card.row_codes.contains(code))
            .take(9)
            .collect();
        for (n, code) in wrong.iter().enumerate() {
            let reply = self.reply(100 + n as u128, &[claim(assigned, n / 3)], code);
            let outcome = self.judge(&reply).await.unwrap().outcome;
            assert_eq!(outcome == Outcome::Locked, n == 8, "try {n}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_card_is_reopened_by_somebody_who_proves_it_and_pays_again() {
    let issuer = Issuer::open().await;
    let card = issuer.card(1).await.unwrap();
    let assigned = issuer.rows(2, &card.card_serial).await.unwrap();
    let serial = card.card_serial.as_str();
    let not_locked = issuer.reset(3, serial, "", approval(PIN)).await;
    assert_eq!(reason(not_locked).as_deref(), Some("CARD_NOT_LOCKED"));
    issuer.lock(&assigned, &card).await;
    assert_eq!(reason(issuer.reset(4, serial, "", None).await).as_deref(), Some("APPROVAL_REQUIRED"));
    let wrong = issuer.reset(4, serial, "", approval(WRONG_PIN)).await;
    assert_eq!(reason(wrong).as_deref(), Some("PIN_WRONG"));
    let stranger = issuer.reset(4, serial, "", of("nobody", PIN)).await;
    assert_eq!(reason(stranger).as_deref(), Some("PIN_WRONG"));
    issuer.reset(4, serial, "", approval(PIN)).await.unwrap();
    let issuer = issuer.restarted().await;
    issuer.reset(4, serial, "", approval(PIN)).await.expect("a retry gets the first answer");
    let reply = issuer.reply(5, &[claim(&assigned, 3)], &code_of(&card, &claim(&assigned, 3)));
    assert_eq!(issuer.judge(&reply).await.unwrap().outcome, Outcome::Right);
    let over = issuer.reply(6, &[claim(&assigned, 0)], &code_of(&card, &claim(&assigned, 0)));
    assert_eq!(issuer.judge(&over).await.unwrap().outcome, Outcome::Over, "what was guessed at stays over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_who_lost_a_card_gets_another_and_the_record_names_who_gave_it() {
    let issuer = Issuer::open().await;
    let (old, new) = (issuer.card(1).await.unwrap(), issuer.card(2).await.unwrap());
    let request = proto::RegisterHolderRequest {
        request_id: id(3),
        card_serial: old.card_serial.clone(),
        phone: PHONE.into(),
        language: "en".into(),
        approval: approval(PIN),
    };
    issuer.client.clone().register_holder(request).await.unwrap();
    let assigned = issuer.rows(4, &old.card_serial).await.unwrap();
    let itself = issuer.reset(5, &old.card_serial, &old.card_serial, approval(PIN)).await;
    assert_eq!(reason(itself).as_deref(), Some("CARD_IN_USE"));
    let unknown = issuer.reset(5, &old.card_serial, "00000001", approval(PIN)).await;
    assert_eq!(reason(unknown).as_deref(), Some("CARD_UNKNOWN"));
    issuer.reset(5, &old.card_serial, &new.card_serial, of("sun", PIN)).await.unwrap();
    let reply = issuer.reply(6, &[claim(&assigned, 0)], &code_of(&old, &claim(&assigned, 0)));
    assert_eq!(issuer.judge(&reply).await.unwrap().outcome, Outcome::Lost);
    let fresh = issuer.rows(7, &new.card_serial).await.unwrap();
    let reply = issuer.reply(8, &[claim(&fresh, 0)], &code_of(&new, &claim(&fresh, 0)));
    assert_eq!(issuer.judge(&reply).await.unwrap().outcome, Outcome::Right);

    let custody = issuer.custody().await;
    let said: Vec<_> = custody.iter().map(|entry| (entry.seq, entry.actor.as_str(), entry.act())).collect();
    let chen = |seq, act| (seq, "chen", act);
    let expected =
        [chen(1, Act::Made), chen(2, Act::Made), chen(3, Act::HandedOver), (4, "sun", Act::Replaced)];
    assert_eq!(said, expected, "nothing of what was refused");
    assert_eq!((&custody[3].card_id, &custody[3].new_card_id), (&assigned.card_id, &fresh.card_id));
    assert_eq!(custody[0].previous_sha256, [0; 32]);
    assert!(custody.windows(2).all(|pair| pair[1].previous_sha256 == pair[0].sha256));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_card_is_made_handed_over_or_closed_by_a_name_that_nobody_proved() {
    let issuer = Issuer::open().await;
    let card_serial = issuer.card(1).await.unwrap().card_serial;
    for (request, approval, expected) in [
        (10, None, "APPROVAL_REQUIRED"),
        (20, approval(WRONG_PIN), "PIN_WRONG"),
        (30, of("", PIN), "APPROVAL_REQUIRED"),
    ] {
        let make = proto::MakeCardsRequest { request_id: id(request), count: 1, approval: approval.clone() };
        let hand = proto::RegisterHolderRequest {
            request_id: id(request + 1),
            card_serial: card_serial.clone(),
            phone: PHONE.into(),
            language: "en".into(),
            approval: approval.clone(),
        };
        let close = proto::ReportLostRequest {
            request_id: id(request + 2),
            card_serial: card_serial.clone(),
            approval,
            ..Default::default()
        };
        assert_eq!(reason(issuer.client.clone().make_cards(make).await).as_deref(), Some(expected));
        assert_eq!(reason(issuer.client.clone().register_holder(hand).await).as_deref(), Some(expected));
        assert_eq!(reason(issuer.client.clone().report_lost(close).await).as_deref(), Some(expected));
    }
    assert_eq!(issuer.custody().await.len(), 1);
    assert!(issuer.rows(2, &card_serial).await.is_ok(), "the card is not closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_pins_close_the_door_under_one_name_over_a_restart() {
    let issuer = Issuer::open().await;
    for told in ["PIN_WRONG", "PIN_WRONG", "PIN_WRONG", "PIN_WRONG", "PIN_LOCKED_OUT"] {
        let wrong = issuer.reset(1, "00000001", "", approval(WRONG_PIN)).await;
        assert_eq!(reason(wrong).as_deref(), Some(told));
    }
    let issuer = issuer.restarted().await;
    let right = issuer.reset(1, "00000001", "", approval(PIN)).await;
    assert_eq!(reason(right).as_deref(), Some("PIN_LOCKED_OUT"));
    let other = issuer.reset(1, "00000001", "", of("sun", PIN)).await;
    assert_eq!(reason(other).as_deref(), Some("CARD_UNKNOWN"), "nobody locks another out");
}
