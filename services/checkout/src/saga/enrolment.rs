//! The papers of an enrolment: mandate, then the code card while the cameras are blind (I12).

use std::sync::Arc;

use chit_proto::media_capture::v1::{PauseCaptureRequest, ResumeCaptureRequest};
use chit_proto::printer::v1::JobState;

use super::{Fault, house, printing, stuck};
use crate::domain::code_card::{CardKey, CardSerial, RowBitmap};
use crate::domain::payer::PayerId;
use crate::domain::people::{EnrolStep, Payer, PayerState};
use crate::domain::refusal::Refusal;
use crate::papers;
use crate::shop::Shop;
use crate::store::Rows;

pub async fn papers(shop: &Arc<Shop>, row: u64, payer_id: &str) -> Result<(), Fault> {
    let payer = payer_of(shop, payer_id).await?;
    house::ensure(shop, &payer.account_id, house::CODE_RECEIVABLE).await?;
    if payer.enrol_step() == EnrolStep::Mandate {
        let job =
            printing::submit(shop, &payer.mandate_job_id, papers::mandate(shop, &payer), payer_id).await?;
        printing::follow(shop, &job, |_, _| async { Ok(()) }).await?;
        step_to(shop, payer_id, EnrolStep::Card).await?;
    }
    print_card(shop, payer_id).await?;
    let id = payer_id.to_owned();
    shop.store
        .write(move |tx| {
            let mut payer = tx.payer(&id)?;
            payer.enrol_step = EnrolStep::Done as i32;
            if payer.state() == PayerState::Enrolling {
                payer.state = PayerState::Pending as i32;
            }
            tx.put_payer("system", &payer)?;
            stuck::done(tx, row)
        })
        .await?;
    shop.wake.notify_one();
    Ok(())
}

/// A card job is never sent twice: when its content is lost or the paper is in doubt, a new card with a new serial
/// takes its place.
async fn print_card(shop: &Arc<Shop>, payer_id: &str) -> Result<(), Fault> {
    loop {
        let payer = payer_of(shop, payer_id).await?;
        let key = card_key(shop, &payer)?;
        let pause = PauseCaptureRequest { reason: "code_card".into() };
        crate::far!(shop.media.pause_capture(pause)).await?;
        let printed = print_this_card(shop, &payer, &key).await;
        crate::far!(shop.media.resume_capture(ResumeCaptureRequest {})).await?;
        if printed? {
            return Ok(());
        }
        reissue(shop, payer_id).await?;
    }
}

async fn print_this_card(shop: &Arc<Shop>, payer: &Payer, key: &CardKey) -> Result<bool, Fault> {
    let document = papers::code_card(shop, payer, key);
    let job = printing::submit(shop, &payer.card_job_id, document, &payer.payer_id).await?;
    let job = printing::follow(shop, &job, |_, _| async { Ok(()) }).await?;
    Ok(job.state() == JobState::Printed)
}

async fn reissue(shop: &Arc<Shop>, payer_id: &str) -> Result<(), Fault> {
    let (id, job_id, random) = (payer_id.to_owned(), shop.new_ulid()?, shop.random_u64()?);
    shop.store
        .write(move |tx| {
            let mut payer = tx.payer(&id)?;
            payer.card_serial = CardSerial::from_random(random).to_string();
            payer.card_job_id = job_id;
            payer.rows_burned = RowBitmap::default().to_bytes().to_vec();
            payer.used_code_hashes.clear();
            tx.put_payer("system", &payer)
        })
        .await?;
    Ok(())
}

async fn step_to(shop: &Shop, payer_id: &str, step: EnrolStep) -> Result<(), Fault> {
    let id = payer_id.to_owned();
    shop.store
        .write(move |tx| {
            let mut payer = tx.payer(&id)?;
            payer.enrol_step = step as i32;
            tx.put_payer("system", &payer)
        })
        .await?;
    Ok(())
}

async fn payer_of(shop: &Shop, payer_id: &str) -> Result<Payer, Fault> {
    let id = payer_id.to_owned();
    Ok(shop.store.read(move |rows| rows.payer(&id)).await?)
}

pub fn card_key(shop: &Shop, payer: &Payer) -> Result<CardKey, Refusal> {
    let damaged = |_| Refusal::internal("the payer's record is damaged");
    let id: PayerId = payer.payer_id.parse().map_err(|_| Refusal::internal("the payer's id is damaged"))?;
    let serial: CardSerial = payer.card_serial.parse().map_err(damaged)?;
    Ok(CardKey::derive(&shop.keys.card_master[..], id, serial))
}
