//! The papers of an enrolment: mandate, then the code card while the cameras are blind (I12).

use std::sync::Arc;

use chit_proto::media_capture::v1::{PauseCaptureRequest, ResumeCaptureRequest};
use chit_proto::printer::v1::JobState;
use chit_runtime::failpoint;

use super::point::done;
use super::{accounts, issuer, papers as documents, receipt};
use crate::context::Shop;
use crate::payer::code_card::{CardKey, CardSerial};
use crate::payer::record::{Card, Papers};
use crate::payer::{Payer, PayerState};
use crate::peers::{Fault, peer};
use crate::values::ids::PayerId;
use crate::values::refusal::Result as Found;
use crate::verification::verifier::Judge;

pub async fn papers(shop: &Arc<Shop>, entry: u64, id: PayerId) -> Result<(), Fault> {
    let payer = payer_of(shop, id).await?;
    accounts::ensure(shop, &payer.account.to_string(), accounts::CODE_RECEIVABLE).await?;
    if payer.papers == Papers::Mandate {
        let document = documents::mandate(shop, &payer);
        let job = receipt::submit(shop, payer.mandate_job, document, id.to_string()).await?;
        receipt::follow(shop, &job, |_, _| async { Ok(()) }).await?;
        failpoint("checkout/print_enrolment/mandate_printed");
        change(shop, id, |payer| payer.papers = Papers::Card).await?;
    }
    match shop.verifier.judge(&payer) {
        Judge::Here(_) => print_card(shop, id).await?,
        // It came in an envelope.
        Judge::Issuer { .. } => issuer::register(shop, id).await?,
    }
    shop.store
        .write(move |tx| {
            let mut payer = tx.payer(id)?;
            payer.papers = Papers::Done;
            if payer.state == PayerState::Enrolling {
                payer.state = PayerState::Pending;
            }
            tx.put_payer("system", &payer)?;
            done(tx, entry)
        })
        .await?;
    Ok(())
}

/// A card job is never sent twice: when its content is lost or the paper is in doubt, a new card with a new serial
/// takes its place.
async fn print_card(shop: &Arc<Shop>, id: PayerId) -> Result<(), Fault> {
    loop {
        let payer = payer_of(shop, id).await?;
        let Judge::Here(key) = shop.verifier.judge(&payer) else { return Ok(()) };
        let pause = PauseCaptureRequest { reason: "code_card".into() };
        peer!(shop.media.pause_capture(pause)).await?;
        let printed = print_this_card(shop, &payer, &key).await;
        peer!(shop.media.resume_capture(ResumeCaptureRequest {})).await?;
        if printed? {
            return Ok(());
        }
        reissue(shop, id).await?;
    }
}

async fn print_this_card(shop: &Arc<Shop>, payer: &Payer, key: &CardKey) -> Result<bool, Fault> {
    let document = documents::code_card(shop, payer, key);
    let job = receipt::submit(shop, payer.card.job, document, payer.id.to_string()).await?;
    failpoint("checkout/print_enrolment/card_submitted");
    let job = receipt::follow(shop, &job, |_, _| async { Ok(()) }).await?;
    Ok(job.state() == JobState::Printed)
}

async fn reissue(shop: &Arc<Shop>, id: PayerId) -> Result<(), Fault> {
    let (job, random) = (shop.new_id()?, shop.random_u64()?);
    let card = Card::new(CardSerial::from_random(random), job);
    change(shop, id, move |payer| payer.card = card).await
}

async fn change(
    shop: &Shop,
    id: PayerId,
    change: impl FnOnce(&mut Payer) + Send + 'static,
) -> Result<(), Fault> {
    shop.store
        .write(move |tx| {
            let mut payer = tx.payer(id)?;
            change(&mut payer);
            tx.put_payer("system", &payer)
        })
        .await?;
    Ok(())
}

async fn payer_of(shop: &Shop, id: PayerId) -> Found<Payer> {
    shop.store.read(move |view| view.payer(id)).await
}
