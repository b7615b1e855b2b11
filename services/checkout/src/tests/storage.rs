//! What is on disk: the chain of events, the outbox, what is forgotten, what is never written.

use std::time::Duration;

use chit_proto::checkout::v1::StartSaleResponse;
use chit_proto::sms_gateway::v1::MessageState;
use prost::Message as _;
use sha2::{Digest, Sha256};

use super::fixture::{DAY_H, PHONE, STRANGER, Till};
use crate::collection::State;
use crate::inbound::room;
use crate::outbox::Effect;
use crate::outbox::message::Purpose;
use crate::sale::state::SaleState;
use crate::schedule::prune;
use crate::store::records::event::Event;
use crate::store::requests::{Body, Caller, RequestKey};
use crate::store::{File, Tx};
use crate::values::ids::{PayerId, SaleId};
use crate::values::refusal::{Refusal, Result};

#[tokio::test]
async fn i8_every_change_has_actor_sequence_and_the_hash_of_the_one_before() {
    let till = Till::open().await;
    till.verified().await;
    till.reply("0").await;
    let events = till.read(|view| view.events_after(0, usize::MAX)).await;
    assert!(events.len() > 8);
    let mut previous = [0; 32];
    for (at, recorded) in events.iter().enumerate() {
        assert_eq!(recorded.revision, at as u64 + 1);
        assert!(!recorded.event.actor.is_empty());
        assert_eq!(recorded.previous_hash, previous, "event {}", recorded.revision);
        let said = Event { hash: Vec::new(), ..recorded.event.clone() }.encode_to_vec();
        previous = Sha256::new().chain_update(previous).chain_update(said).finalize().into();
        assert_eq!(recorded.event.hash, previous);
    }
    let newest = till.read(crate::store::View::newest_event).await;
    assert_eq!((newest.revision, newest.hash), (events.len() as u64, previous));
}

#[tokio::test]
async fn i6_a_refused_change_leaves_neither_state_nor_event_nor_outbox_entry() {
    let till = Till::open().await;
    let sale_id = till.queued(100).await;
    let before = till.read(crate::store::View::newest_event).await;
    let message = till.id();
    let change = move |tx: &mut Tx| -> Result<()> {
        let mut deduction = tx.deduction(sale_id)?;
        deduction.advance(State::Challenged)?;
        tx.put_deduction("system", &deduction)?;
        tx.push(&Effect::SendMessage { message })?;
        Err(Refusal::wrong_state("injected"))
    };
    assert!(till.write(change).await.is_err());
    assert_eq!(till.state(sale_id).await, SaleState::Queued);
    assert!(till.outbox().await.is_empty());
    assert_eq!(till.read(crate::store::View::newest_event).await, before);
}

/// What a power cut would leave: the file as it is, opened elsewhere.
fn foreign_codes_on_disk(till: &Till) -> u64 {
    let (shop, elsewhere) = (&till.shop, tempfile::tempdir().unwrap());
    let here = shop.codes_dir.parent().unwrap().join("checkout.redb");
    let copy = elsewhere.path().join("checkout.redb");
    std::fs::copy(here, &copy).unwrap();
    let left = File::open(&copy).unwrap().into_store(&shop.keys.data, shop.clock.clone()).unwrap();
    left.read_blocking(|view| view.foreign_codes(&shop.voice, shop.clock.now())).unwrap()
}

#[tokio::test]
async fn a_stranger_does_not_keep_the_disk_from_those_who_buy() {
    let till = Till::open().await;
    till.reply_from(STRANGER, "271828").await;
    let (voice, now) = (till.shop.voice.clone(), till.shop.clock.now());
    assert_eq!(till.read(move |view| view.foreign_codes(&voice, now)).await, 1);
    assert_eq!(foreign_codes_on_disk(&till), 0, "a stranger's message waited for the disk");
    till.queued(100).await;
    assert_eq!(foreign_codes_on_disk(&till), 1, "a payer's sale takes it along");
}

#[tokio::test]
async fn i6_a_change_and_its_outbox_entries_survive_together() {
    let till = Till::open().await;
    let sale_id = till.queued(100).await;
    till.tick().await;
    let till = till.restart_after(0).await;
    assert_eq!((till.sale(sale_id).await.rounds, till.outbox().await.len()), (1, 2));
}

#[tokio::test]
async fn an_outbox_that_nobody_empties_refuses_new_work_before_the_disk_is_full() {
    let till = Till::open().await;
    let effect = Effect::VoidPending { sale: till.id::<SaleId>() };
    let (first, one_more) = (effect.clone(), effect.clone());
    let fill = move |tx: &mut Tx| (0..10_000).try_for_each(|_| tx.push(&first));
    till.write(fill).await.unwrap();
    let refusal = till.write(move |tx| tx.push(&one_more)).await;
    assert_eq!(refusal.unwrap_err().reason, "QUEUE_FULL");
    let oldest = till.outbox().await[0].0;
    till.write(move |tx| tx.complete(oldest)).await.unwrap();
    till.write(move |tx| tx.push(&effect)).await.unwrap();
}

#[tokio::test]
async fn work_in_bulk_leaves_half_of_the_outbox_to_the_counter() {
    let till = Till::open().await;
    till.queued(100).await;
    let effect = Effect::VoidPending { sale: till.id::<SaleId>() };
    till.write(move |tx| (0..5_000).try_for_each(|_| tx.push(&effect))).await.unwrap();
    let refusal = room::for_bulk(&till.shop.store, Duration::ZERO).await;
    assert_eq!(refusal.unwrap_err().reason, "QUEUE_FULL");
    till.tick().await;
    assert_eq!(till.effects().await.iter().find(|name| **name == "SEND_MESSAGE"), None);

    let (store, oldest) = (till.shop.store.clone(), till.outbox().await[0].0);
    let waiting = tokio::spawn(async move { room::for_bulk(&store, Duration::from_secs(60)).await });
    till.write(move |tx| tx.complete(oldest)).await.unwrap();
    waiting.await.unwrap().unwrap();
    till.tick().await;
    assert!(till.effects().await.contains(&"SEND_MESSAGE"));
}

#[tokio::test]
async fn old_answers_messages_and_events_are_forgotten_and_newer_ones_kept() {
    let till = Till::open().await;
    till.verified().await;
    let payer = till.payer_id;
    let message = till.read(move |view| Ok(view.challenges_of(payer)?[0].message)).await;
    let key = RequestKey::new(&Caller("uid-1000".into()), "r-1");
    let body = || Body { name: "StartSaleRequest", bytes: vec![7; 3] };
    let remembered = key.clone();
    let remember = move |tx: &mut Tx| {
        tx.remember(&remembered, &body(), &StartSaleResponse::default());
        Ok(())
    };
    till.write(remember).await.unwrap();
    let newest = till.read(crate::store::View::newest_event).await;
    for (days, requests, messages, events) in [
        (29, true, true, true),
        (2, false, true, true),
        (160, false, false, true),
        (240, false, false, false),
    ] {
        till.advance(days * DAY_H);
        prune::now_and_then(&till.shop, &mut 0).await.unwrap();
        let key = key.clone();
        let left = move |view: &crate::store::View| {
            let answer = view.remembered::<StartSaleResponse>(&key, &body())?;
            let first = view.events_after(0, 1)?[0].revision;
            Ok((answer.is_some(), view.message(message)?.is_some(), first == 1))
        };
        assert_eq!(till.read(left).await, (requests, messages, events), "after {days} more days");
    }
    assert_eq!(till.read(crate::store::View::newest_event).await, newest, "the chain has its end");
}

#[tokio::test]
async fn the_challenges_of_another_payer_are_not_mixed_in() {
    let till = Till::open().await;
    till.challenged().await;
    assert_eq!(till.read(|view| view.challenges_of(PayerId([0; 8]))).await, []);
    let mut next = till.payer_id.0;
    next[7] = next[7].wrapping_add(1);
    assert_eq!(till.read(move |view| view.challenges_of(PayerId(next))).await, []);
}

#[tokio::test]
async fn no_row_code_is_ever_written_to_disk() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    let codes = [till.wrong(4_321).await, till.right(&challenge).await];
    till.reply_from(STRANGER, &codes[0]).await;
    for code in &codes {
        till.reply(code).await;
    }
    till.network(MessageState::Delivered).await;
    assert_eq!(till.state(sale_id).await, SaleState::Verified);
    let bytes = on_disk(&till);
    for code in &codes {
        assert!(!stands_alone_in(&bytes, code.as_bytes()), "a row code is on disk");
    }
}

#[tokio::test]
async fn who_has_the_file_alone_reads_no_name_number_serial_or_text() {
    let till = Till::open().await;
    till.queued(1_250).await;
    till.tick().await;
    let mut texts = till.waiting(Purpose::Challenge).await;
    till.network(MessageState::Delivered).await;
    texts.extend(till.reply("HELP").await);
    till.change_phone("+8613800007777").await.unwrap();
    texts.extend(till.waiting(Purpose::Warning).await);
    assert_eq!(texts.len(), 3);
    let bytes = on_disk(&till);
    let found = |secret: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
    for text in &texts {
        let tail = &text.text.as_str().as_bytes()[14..34];
        assert!(!found(text.text.as_str().as_bytes()) && !found(tail), "a text is on disk");
    }
    let serial = till.serial().await;
    for secret in ["Ada Li", PHONE, &PHONE[3..], "13800007777", &serial.to_string()] {
        assert!(!found(secret.as_bytes()), "{secret} is on disk");
    }
    assert!(!found(b"jpeg-of-the-payer"), "nor their photo");
    assert!(found("tea".as_bytes()), "what is not personal is not sealed");
}

fn on_disk(till: &Till) -> Vec<u8> {
    std::fs::read(till.dir.path().join("state/checkout/checkout.redb")).unwrap()
}

/// Not inside a longer word: six hexadecimal digits of a hash may look like a code.
fn stands_alone_in(bytes: &[u8], code: &[u8]) -> bool {
    let ends = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    bytes.windows(code.len()).enumerate().any(|(at, window)| {
        window == code
            && ends(at.checked_sub(1).and_then(|at| bytes.get(at)))
            && ends(bytes.get(at + code.len()))
    })
}
