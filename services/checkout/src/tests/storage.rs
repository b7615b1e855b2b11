//! What is on disk: the chain of events, the outbox, what is forgotten, what is never written.

use chit_proto::sms_gateway::v1::MessageState;
use prost::Message as _;
use sha2::{Digest, Sha256};

use super::fixture::{DAY_H, Till};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::refusal::{Refusal, Result};
use crate::domain::sale::SaleState;
use crate::store::{Rows, Store, Tx};

const RECORD_VERSION: u8 = 1;

#[tokio::test]
async fn i8_every_change_has_actor_sequence_and_the_hash_of_the_one_before() {
    let till = Till::open().await;
    till.verified().await;
    till.reply("0").await;
    let events = till.shop.store.read(|rows| rows.events_after(0, usize::MAX)).await.unwrap();
    assert!(events.len() > 8);
    let mut previous = vec![0; 32];
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event.revision, at as u64 + 1);
        assert!(!event.actor.is_empty());
        assert_eq!(event.previous_hash, previous, "event {}", event.revision);
        let stored = [&[RECORD_VERSION][..], &event.encode_to_vec()].concat();
        previous = Sha256::digest(stored).to_vec();
    }
}

#[tokio::test]
async fn i6_a_refused_change_leaves_neither_state_nor_event_nor_outbox_row() {
    let till = Till::open().await;
    let sale_id = till.queued(100).await;
    let before = till.shop.store.read(|rows| rows.newest_revision()).await.unwrap();
    let id = sale_id.clone();
    let refused: Result<()> = till
        .shop
        .store
        .write(move |tx| {
            let mut sale = tx.sale(&id)?;
            sale.advance(SaleState::Challenged)?;
            tx.put_sale("system", &sale)?;
            tx.push(&Effect::new(EffectKind::SendMessage, "m"))?;
            Err(Refusal::wrong_state("injected"))
        })
        .await;
    assert!(refused.is_err());
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Queued);
    assert!(till.outbox().await.is_empty());
    assert_eq!(till.shop.store.read(|rows| rows.newest_revision()).await.unwrap(), before);
}

#[tokio::test]
async fn i6_a_change_and_its_outbox_rows_survive_together() {
    let till = Till::open().await;
    let sale_id = till.queued(100).await;
    till.tick().await;
    let (path, clock) = (till.dir.path().join("state/checkout/checkout.redb"), till.shop.clock.clone());
    drop(till.shop);
    let store = Store::open(&path, clock).unwrap();
    let (rounds, outbox) =
        store.read(move |rows| Ok((rows.sale(&sale_id)?.rounds, rows.outbox()?))).await.unwrap();
    assert_eq!((rounds, outbox.len()), (1, 2));
}

#[tokio::test]
async fn an_outbox_that_nobody_empties_refuses_new_work_before_the_disk_is_full() {
    let till = Till::open().await;
    let fill = |tx: &mut Tx| -> Result<()> {
        for _ in 0..10_000 {
            tx.push(&Effect::new(EffectKind::None, "x"))?;
        }
        Ok(())
    };
    till.shop.store.write(fill).await.unwrap();
    let refusal = till.shop.store.write(|tx| tx.push(&Effect::new(EffectKind::None, "x"))).await;
    assert_eq!(refusal.unwrap_err().reason, "QUEUE_FULL");
    let oldest = till.shop.store.read(|rows| Ok(rows.outbox()?[0].0)).await.unwrap();
    till.shop.store.write(move |tx| tx.done(oldest)).await.unwrap();
    till.shop.store.write(|tx| tx.push(&Effect::new(EffectKind::None, "x"))).await.unwrap();
}

#[tokio::test]
async fn old_answers_and_messages_are_forgotten_and_newer_ones_kept() {
    let till = Till::open().await;
    let sent = till.shop.store.clone();
    till.verified().await;
    let challenge = till.shop.store.read(|rows| Ok(rows.payers()?[0].payer_id.clone())).await.unwrap();
    let message_id = sent.read(move |rows| Ok(rows.challenges_of(&challenge)?[0].message_id.clone()));
    let message_id = message_id.await.unwrap();
    let print = [7; 32];
    let remember = move |tx: &mut Tx| tx.remember("r-1", &print, &Effect::default());
    till.shop.store.write(remember).await.unwrap();
    for (days, requests, messages) in [(29, true, true), (2, false, true), (160, false, false)] {
        till.advance(days * DAY_H);
        crate::schedule::prune::now_and_then(&till.shop, &mut 0).await.unwrap();
        let id = message_id.clone();
        let (request, message) = till
            .shop
            .store
            .write(move |tx| {
                Ok((tx.remembered::<Effect>("r-1", &print)?.is_some(), tx.message(&id)?.is_some()))
            })
            .await
            .unwrap();
        assert_eq!((request, message), (requests, messages), "after {days} more days");
    }
}

#[tokio::test]
async fn the_ids_of_challenges_of_another_payer_are_not_mixed_in() {
    let till = Till::open().await;
    till.challenged().await;
    let none = till.shop.store.read(|rows| rows.challenges_of("0000000000000000")).await.unwrap();
    assert!(none.is_empty());
    let prefix = till.payer_id[..8].to_owned();
    assert!(till.shop.store.read(move |rows| rows.challenges_of(&prefix)).await.unwrap().is_empty());
}

#[tokio::test]
async fn no_row_code_is_ever_written_to_disk() {
    let till = Till::open().await;
    let (sale_id, challenge) = till.challenged().await;
    let codes = [till.wrong(4_321).await, till.right(&challenge).await];
    for code in &codes {
        till.reply(code).await;
    }
    till.network(MessageState::Delivered).await;
    assert_eq!(till.sale(&sale_id).await.state(), SaleState::Verified);
    let bytes = std::fs::read(till.dir.path().join("state/checkout/checkout.redb")).unwrap();
    for code in &codes {
        assert!(!stands_alone_in(&bytes, code.as_bytes()), "a row code is on disk");
    }
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
