//! Every other service dies as soon as a sale has come to a state.

use chit_integration_tests::desk::Journal;
use chit_integration_tests::house::{READY_MAX, Signal};
use chit_proto::checkout::v1::{Sale, SaleState};

use super::stories::{self, Story, Told, at_rest};
use super::table::{Row, times};
use crate::open_shop::{AMOUNT_MINOR, Shop};

const EDGES: [SaleState; 8] = [
    SaleState::PayerOk,
    SaleState::Committed,
    SaleState::Printing,
    SaleState::Released,
    SaleState::Queued,
    SaleState::Challenged,
    SaleState::Verified,
    SaleState::Submitted,
];

macro_rules! dies {
    ($name:ident, $service:literal) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "takes minutes; `just crash-sale` runs it"]
        async fn $name() {
            let mut shop = stories::open_shop(Story::Settled).await;
            for edge in EDGES {
                for _ in 0..times() {
                    survives(&mut shop, $service, edge).await;
                }
            }
        }
    };
}

dies!(a_ledger_that_dies_at_any_state_costs_no_sale, "ledger");
dies!(a_printer_that_dies_at_any_state_costs_no_sale, "printer");
dies!(a_recorder_that_dies_at_any_state_costs_no_sale, "media-capture");
dies!(a_scanner_that_dies_at_any_state_costs_no_sale, "scanner");
dies!(a_gateway_that_dies_at_any_state_costs_no_sale, "sms-gateway");

async fn survives(shop: &mut Shop, service: &'static str, edge: SaleState) {
    eprintln!("{service} dies at {}", edge.as_str_name());
    let before = stories::look_at_rest(shop).await;
    let starts = shop.house.keeper(service).starts();
    let sale_id = sell(shop, service, edge).await;
    let told = Told::of_sale(&sale_id, SaleState::Settled);
    let outcome = at_rest(shop, &before, &told, None).await;
    let keeper = shop.house.keeper(service);
    assert!(keeper.wait_started_after(starts, READY_MAX), "{service} comes back");
    assert_eq!(keeper.starts(), starts + 1, "{service} died once");
    // Only a printer that was killed may have made a copy necessary, and only a gateway a challenge that is sent again.
    let copies = usize::from(service == "printer");
    let lost = outcome.state != SaleState::Settled.as_str_name()
        || outcome.debits_minor < AMOUNT_MINOR
        || outcome.originals + outcome.copies == 0;
    let doubled = outcome.debits_minor > AMOUNT_MINOR || outcome.originals > 1 || outcome.copies > copies;
    let point = format!("{service} at {}", edge.as_str_name().trim_start_matches("SALE_STATE_"));
    Row::new(&point, "Settled", 1, &outcome.words()).judged(lost, doubled).write();
    assert!(!lost && !doubled && outcome.reserved_minor == 0, "{point}: {outcome:?}");
    shop.desk.advance_hours(24).await.unwrap();
}

/// One sale to its settlement; the service dies when it has come to the edge.
async fn sell(shop: &mut Shop, service: &str, edge: SaleState) -> String {
    let dies = |shop: &Shop, state| {
        if state == edge {
            shop.house.kill(service, Signal::KILL).unwrap();
        }
    };
    let draft = shop.draft().await;
    let mut journal = shop.desk.journal(&draft.sale_id);
    shop.desk.confirm_person(&draft.sale_id).await.unwrap();
    dies(shop, SaleState::PayerOk);
    let (desk, id) = (shop.desk.clone(), draft.sale_id.clone());
    let commit = tokio::spawn(async move { desk.commit(&id).await });
    for state in [SaleState::Committed, SaleState::Printing] {
        comes_to(&mut journal, state).await;
        dies(shop, state);
    }
    commit.await.unwrap().unwrap();
    shop.see_through(&draft.sale_id, &mut journal, SaleState::Released).await;
    dies(shop, SaleState::Released);
    shop.see_through(&draft.sale_id, &mut journal, SaleState::Queued).await;
    dies(shop, SaleState::Queued);
    comes_to(&mut journal, SaleState::Challenged).await;
    dies(shop, SaleState::Challenged);
    shop.payer.pay().await.unwrap();
    journal.sale_is(SaleState::Verified).await.unwrap();
    dies(shop, SaleState::Verified);
    shop.desk.run_settlement().await.unwrap();
    dies(shop, SaleState::Submitted);
    journal.sale_is(SaleState::Settled).await.unwrap();
    draft.sale_id
}

/// This state or one after it: the events of a quick step come together.
async fn comes_to(journal: &mut Journal, state: SaleState) -> Sale {
    journal.sale(state.as_str_name(), |sale| sale.state() as i32 >= state as i32).await.unwrap()
}
