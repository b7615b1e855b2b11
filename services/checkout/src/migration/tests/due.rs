//! What the schedule does right after an import: what it would have done without one.

use std::collections::BTreeSet;
use std::sync::Arc;

use chit_runtime::Context;
use jiff::SignedDuration;
use serde_json::Value;

use super::{CREDENTIAL, STORES, Shop, holds};
use crate::config::Config;
use crate::context::Shop as Running;
use crate::inbound::modem;
use crate::outbox::Effect;
use crate::outbox::message::Purpose;
use crate::sale::state::SaleState;
use crate::schedule::do_due;
use crate::values::ids::SaleId;

/// A running shop with the imported store, its modem ready.
async fn running(shop: &Shop) -> Arc<Running> {
    let keys = shop.dir.path().join("keys");
    std::fs::create_dir_all(&keys).unwrap();
    for file in std::fs::read_dir(format!("{STORES}/keys")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), keys.join(file.file_name())).unwrap();
    }
    std::fs::write(keys.join("checkout-data.key"), CREDENTIAL).unwrap();
    let ctx = Context::sandbox_in("checkout", shop.dir.path());
    let running = Running::open(&ctx, Config::default()).await.unwrap();
    modem::note(&running, true).await.unwrap();
    running
}

fn ids<'a>(records: &'a Value, id: &str, wanted: impl Fn(&Value) -> bool) -> BTreeSet<&'a str> {
    let wanted = records.as_array().unwrap().iter().filter(|record| wanted(record));
    wanted.map(|record| record[id].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_first_look_asks_and_notifies_whom_the_older_program_would_have_and_nobody_else() {
    let shop = Shop::of_schema_2();
    let running = running(&shop).await;
    let before = running.store.read(|view| view.outbox_after(0, usize::MAX)).await.unwrap();
    let asked = do_due(&running).await.unwrap();
    let holds = holds();
    let waiting = ids(&holds["payers"], "payer_id", |payer| {
        payer["state"] == "PENDING" && payer["open_challenge_id"].is_null() && payer["rows_left"].is_u64()
    });
    let unannounced = ids(&holds["sales"], "sale_id", |sale| sale["why"] == "BAD_PENDING, no notice yet");
    let last = before.last().map_or(0, |(entry, _)| *entry);
    let (payers, noticed) = running
        .store
        .read(move |view| {
            let mut payers = BTreeSet::new();
            for id in asked {
                payers.insert(view.challenge(id)?.payer.to_string());
            }
            let mut noticed = BTreeSet::new();
            for (_, effect) in view.outbox_after(last, usize::MAX)? {
                let Effect::SendMessage { message } = effect else { continue };
                let message = view.message(message)?.unwrap();
                if message.purpose != Purpose::Challenge {
                    assert_eq!(message.purpose, Purpose::Notice);
                    noticed.extend(message.sales.iter().map(ToString::to_string));
                }
            }
            Ok((payers, noticed))
        })
        .await
        .unwrap();
    assert!(payers.iter().map(String::as_str).eq(waiting), "{payers:?}");
    assert!(noticed.iter().map(String::as_str).eq(unannounced), "{noticed:?}");
    let states = unchanged(&running, &holds).await;
    assert!(states.is_empty(), "{states:?}");
    assert!(do_due(&running).await.unwrap().is_empty(), "what was done is done");
}

/// Sales in another state than they were left in.
async fn unchanged(running: &Arc<Running>, holds: &Value) -> Vec<String> {
    let sales = holds["sales"].as_array().unwrap().clone();
    let differing = move |view: &crate::store::View| {
        let mut differing = Vec::new();
        for known in &sales {
            let sale = view.sale(known["sale_id"].as_str().unwrap().parse()?)?;
            let state = crate::values::name::Named::name(&sale.state(view.find_deduction(sale.id)?.as_ref()));
            if known["state"] != state.as_str() {
                differing.push(format!("{}: {state}", known["why"]));
            }
        }
        Ok(differing)
    };
    running.store.read(differing).await.unwrap()
}

#[tokio::test]
async fn a_payer_who_stood_at_the_counter_leaves_a_minute_later() {
    let shop = Shop::of_schema_2();
    let running = running(&shop).await;
    let holds = holds();
    let waits =
        ids(&holds["sales"], "sale_id", |sale| sale["why"] == "PRINTING, on paper, waits for the release");
    let id: SaleId = waits.first().unwrap().parse().unwrap();
    let state = |running: &Arc<Running>| {
        let running = running.clone();
        async move { running.store.read(move |view| Ok(view.sale(id)?.state(None))).await.unwrap() }
    };
    do_due(&running).await.unwrap();
    assert_eq!(state(&running).await, SaleState::Printing);
    running.clock.advance(SignedDuration::from_secs(61)).unwrap();
    do_due(&running).await.unwrap();
    assert_eq!(state(&running).await, SaleState::Released);
}
