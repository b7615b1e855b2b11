//! What happens in the shop, as it happens.

use std::sync::Arc;
use std::time::Duration;

use chit_proto::checkout::v1::event::Resource;
use chit_proto::checkout::v1::{Payer, WatchEventsRequest};
use tokio::time::sleep;

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
                    Some(Resource::Sale(sale)) => {
                        let is_theirs = desk
                            .scene()
                            .person
                            .as_ref()
                            .is_some_and(|person| person.payer_id == sale.payer_id);
                        let sale_id = sale.sale_id.clone();
                        desk.change(|scene| scene.see_sale(sale));
                        if is_theirs {
                            count(desk, &sale_id).await;
                        }
                    }
                    _ => {}
                }
            }
        }
        sleep(REOPEN_PAUSE).await;
    }
}

pub fn see_payer(desk: &VirtualDesk, payer: Payer) -> anyhow::Result<()> {
    if desk.scene().person.as_ref().is_none_or(|person| person.payer_id != payer.payer_id) {
        return Ok(());
    }
    desk.change(|scene| {
        scene.payer_state = payer.state();
        scene.steps.enrolled |= scene.is_active();
        scene.code_png = (!payer.code_png_path.is_empty()).then(|| payer.code_png_path.into());
        scene.card_serial = payer.card_serial;
    });
    look_at_papers(desk)
}

/// A ledger that is away is asked again at the next event.
async fn count(desk: &VirtualDesk, sale_id: &str) {
    if let Ok(Some(balance)) = money::balance_of(desk, sale_id).await {
        desk.change(|scene| scene.balance = balance);
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

fn look_at_papers(desk: &VirtualDesk) -> anyhow::Result<()> {
    let serial = desk.scene().card_serial.clone();
    let (shown, card) = papers::look(&desk.papers, &serial, magic_payer::NAME)?;
    desk.change(|scene| (scene.papers, scene.card) = (shown, card));
    Ok(())
}
