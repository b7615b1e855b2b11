//! What happens in the shop, as it happens.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chit_proto::checkout::v1::event::Resource;
use chit_proto::checkout::v1::{Payer, Sale, WatchEventsRequest};
use tokio::time::sleep;

use super::scene::Scene;
use super::{VirtualDesk, money, papers};
use crate::magic_payer;

const REOPEN_PAUSE: Duration = Duration::from_millis(100);

/// Checkout's events, over its restarts.
pub async fn events(desk: &Arc<VirtualDesk>) -> anyhow::Result<()> {
    let mut revision = 0;
    loop {
        let request = WatchEventsRequest { after_revision: revision, subject_id: String::new() };
        if let Ok(answer) = desk.desk.events.clone().watch_events(request).await {
            let mut events = answer.into_inner();
            while let Ok(Some(answer)) = events.message().await {
                let Some(event) = answer.event else { continue };
                revision = event.revision;
                match event.resource {
                    Some(Resource::Payer(payer)) => see_payer(desk, payer)?,
                    Some(Resource::Sale(sale)) => see_sale(desk, sale).await,
                    _ => {}
                }
            }
        }
        sleep(REOPEN_PAUSE).await;
    }
}

pub fn see_payer(desk: &VirtualDesk, payer: Payer) -> anyhow::Result<()> {
    desk.change(|scene| {
        let person = scene.seat(&payer.payer_id);
        person.state = payer.state();
        person.steps.enrolled |= person.is_active();
        person.code_png = (!payer.code_png_path.is_empty()).then(|| payer.code_png_path.into());
        person.card_serial = payer.card_serial;
    });
    look_at_papers(desk)
}

/// A ledger that is away is asked again at the next event.
async fn see_sale(desk: &VirtualDesk, sale: Sale) {
    let (sale_id, payer_id) = (sale.sale_id.clone(), sale.payer_id.clone());
    desk.change(|scene| scene.see_sale(sale));
    let is_here = desk.scene().people().any(|person| person.payer_id == payer_id);
    if is_here && let Ok(Some(balance)) = money::balance_of(desk, &sale_id).await {
        desk.change(|scene| {
            if let Some(person) = scene.of_payer(&payer_id) {
                person.balance = balance;
            }
        });
    }
}

pub async fn papers(desk: &Arc<VirtualDesk>) -> anyhow::Result<()> {
    let mut printed = desk.printer.watch(0).await?;
    look_at_papers(desk)?;
    loop {
        printed.until("a paper", Duration::MAX, |event| event["event"] == "paper").await?;
        look_at_papers(desk)?;
    }
}

/// Papers to show, each payer's card, and whose phone is whose.
pub fn look_at_papers(desk: &VirtualDesk) -> anyhow::Result<()> {
    let shown = papers::look(&desk.papers, magic_payer::NAME)?;
    let mut met = false;
    desk.change(|scene| {
        scene.papers = shown;
        for person in scene.everybody().filter(|person| !person.card_serial.is_empty()) {
            person.card = papers::card_of(&desk.papers, &person.card_serial, person.card);
        }
        met = meet(scene, &desk.papers);
    });
    if met {
        desk.keep();
    }
    Ok(())
}

/// A mandate names its payer and masks their number; the first SMS to them shows the rest of it. True if somebody was met.
fn meet(scene: &mut Scene, folder: &Path) -> bool {
    let mut met = false;
    let strangers = scene.everybody().filter(|person| person.phone.is_empty());
    let cards: Vec<(String, u32)> =
        strangers.filter_map(|person| Some((person.payer_id.clone(), person.card?))).collect();
    for (payer_id, card) in cards {
        let Some((name, masked)) = papers::signed_before(folder, card) else { continue };
        if name == magic_payer::NAME {
            continue;
        }
        let Some(phone) = scene.number_behind(&masked) else { continue };
        if scene.person().is_none() {
            scene.show(&payer_id);
        }
        if let Some(person) = scene.of_payer(&payer_id) {
            (person.name, person.phone) = (name, phone);
            met = true;
        }
    }
    met
}
