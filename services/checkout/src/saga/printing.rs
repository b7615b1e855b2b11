//! Photo 1, the receipt, photo 2. At most one ORIGINAL: the job's id and content are fixed before it is submitted,
//! and what a person has to decide is left to him (I10).

use std::sync::Arc;
use std::time::Duration;

use chit_proto::media_capture::v1::PhotoKind;
use chit_proto::printer::v1::{
    CancelJobRequest, Confidence, Document, Job, JobEventKind, JobState, ReprintJobRequest, SubmitJobRequest,
    WatchJobRequest,
};

use super::{Fault, recording, stuck};
use crate::domain::sale::{ReceiptState, Sale, SaleState};
use crate::shop::Shop;
use crate::store::Rows;
use crate::{papers, receipt_qr};

/// DESIGN step 3: photo 1 within 300 ms, else "no photo"; the payer does not wait for a camera.
const PHOTO_MAX: Duration = Duration::from_millis(300);
/// After the paper is out nobody waits any more, so a recorder that was restarted gets its chance.
const LATE_PHOTO_MAX: Duration = Duration::from_secs(3);

pub async fn receipt(shop: &Arc<Shop>, row: u64, sale_id: &str) -> Result<(), Fault> {
    let mut sale = shop.sale(sale_id).await?;
    if sale.state() == SaleState::Voided {
        return Ok(shop.store.write(move |tx| stuck::done(tx, row)).await?);
    }
    if !sale.receipt.laid_out {
        let photo = recording::photo(shop, &sale, PhotoKind::PayerAndGoods, PHOTO_MAX).await;
        sale = lay_out(shop, sale_id, photo).await?;
    }
    if sale.state() == SaleState::Voided {
        return Ok(shop.store.write(move |tx| stuck::done(tx, row)).await?);
    }
    let document = papers::receipt(shop, &sale);
    let job = submit(shop, &sale.receipt.job_id, document, sale_id).await?;
    if shop.sale(sale_id).await?.state() == SaleState::Voided {
        // The order to cancel may have come before the job.
        take_back(shop, sale_id).await?;
    }
    let job = follow(shop, &job, |job, kind| note(shop, sale_id, job, kind)).await?;
    if job.state() == JobState::Printed {
        photos_after_print(shop, sale_id).await?;
    }
    Ok(shop.store.write(move |tx| stuck::done(tx, row)).await?)
}

/// Fixes the receipt's content with what is known now: PRINTING begins, unless the sale was voided meanwhile.
async fn lay_out(shop: &Shop, sale_id: &str, photo: Option<Vec<u8>>) -> Result<Sale, Fault> {
    let id = sale_id.to_owned();
    let till = shop.keys.till.clone();
    let sale = shop
        .store
        .write(move |tx| {
            let mut sale = tx.sale(&id)?;
            match sale.state() {
                SaleState::Voided => return Ok(sale),
                SaleState::Committed => sale.advance(SaleState::Printing)?,
                _ => {}
            }
            if let Some(sha256) = photo {
                sale.receipt.photo_sha256.clone_from(&sha256);
                sale.evidence.photo_1_sha256 = sha256;
            }
            sale.receipt.signed_qr = receipt_qr::sign(&sale, &till)?;
            sale.receipt.laid_out = true;
            sale.receipt.state = ReceiptState::Waiting as i32;
            tx.put_sale("system", &sale)?;
            Ok(sale)
        })
        .await?;
    Ok(sale)
}

pub async fn submit(shop: &Shop, job_id: &str, document: Document, subject_id: &str) -> Result<Job, Fault> {
    let request = SubmitJobRequest {
        job_id: job_id.to_owned(),
        document: Some(document),
        subject_id: subject_id.to_owned(),
    };
    Ok(crate::far!(shop.printer.submit_job(request)).await?.job.unwrap_or_default())
}

/// Follows a job to its end. An IN_DOUBT job ends only when a person has decided, so this may wait for hours.
pub async fn follow<F, Fut>(shop: &Shop, job: &Job, mut note: F) -> Result<Job, Fault>
where
    F: FnMut(Job, JobEventKind) -> Fut,
    Fut: Future<Output = Result<(), Fault>>,
{
    let mut printer = shop.far.printer.clone();
    let request = WatchJobRequest { job_id: job.job_id.clone(), after_revision: 0 };
    let mut events = printer.watch_job(request).await?.into_inner();
    while let Some(event) = events.message().await? {
        let Some(event) = event.event else { continue };
        let job = event.job.clone().unwrap_or_default();
        note(job.clone(), event.kind()).await?;
        if matches!(job.state(), JobState::Printed | JobState::Failed | JobState::Cancelled) {
            return Ok(job);
        }
    }
    Err(Fault::Away(tonic::Status::unavailable("the job's stream ended")))
}

async fn note(shop: &Shop, sale_id: &str, job: Job, kind: JobEventKind) -> Result<(), Fault> {
    let known = shop.sale(sale_id).await?.receipt;
    let state = receipt_state(&job);
    let last_byte = kind == JobEventKind::LastByte && known.last_byte_ms == 0;
    // A stream that starts over begins with what is long past.
    if job.revision <= known.job_revision {
        return Ok(());
    }
    if known.state() == state && known.copies == job.copies && !last_byte {
        return Ok(());
    }
    let id = sale_id.to_owned();
    shop.store
        .write(move |tx| {
            let mut sale = tx.sale(&id)?;
            sale.receipt.state = state as i32;
            sale.receipt.job_revision = job.revision;
            sale.receipt.originals = u32::from(job.original_may_exist);
            sale.receipt.copies = job.copies;
            if last_byte {
                sale.receipt.last_byte_ms = tx.now_ms;
            }
            if state == ReceiptState::Printed {
                sale.receipt.confidence = confidence(job.confidence());
                sale.receipt.fence_ms = tx.now_ms;
            }
            tx.put_sale("system", &sale)
        })
        .await?;
    shop.wake.notify_one();
    Ok(())
}

fn receipt_state(job: &Job) -> ReceiptState {
    match job.state() {
        JobState::Unspecified | JobState::Queued => ReceiptState::Waiting,
        JobState::Blocked => ReceiptState::Blocked,
        JobState::Sending | JobState::AwaitingFence => ReceiptState::Printing,
        JobState::Printed => ReceiptState::Printed,
        JobState::InDoubt => ReceiptState::InDoubt,
        JobState::Failed | JobState::Cancelled => ReceiptState::Failed,
    }
}

fn confidence(confidence: Confidence) -> String {
    confidence.as_str_name().trim_start_matches("CONFIDENCE_").to_owned()
}

/// Photo 2 shows the paper. Photo 1 that could not be taken in time is taken now: the payer still stands there.
async fn photos_after_print(shop: &Shop, sale_id: &str) -> Result<(), Fault> {
    let sale = shop.sale(sale_id).await?;
    let late = match sale.evidence.photo_1_sha256.is_empty() {
        true => recording::photo(shop, &sale, PhotoKind::PayerAndGoods, LATE_PHOTO_MAX).await,
        false => None,
    };
    let paper = match sale.evidence.photo_2_sha256.is_empty() {
        true => recording::photo(shop, &sale, PhotoKind::Paper, LATE_PHOTO_MAX).await,
        false => None,
    };
    if late.is_none() && paper.is_none() {
        return Ok(());
    }
    let id = sale_id.to_owned();
    shop.store
        .write(move |tx| {
            let mut sale = tx.sale(&id)?;
            if let Some(sha256) = late {
                sale.evidence.photo_1_sha256 = sha256;
                sale.evidence.photo_1_late = true;
            }
            if let Some(sha256) = paper {
                sale.evidence.photo_2_sha256 = sha256;
            }
            tx.put_sale("system", &sale)
        })
        .await?;
    Ok(())
}

/// One more COPY n of a receipt that is on paper.
pub async fn copy(shop: &Arc<Shop>, row: u64, sale_id: &str, job_id: &str) -> Result<(), Fault> {
    let sale = shop.sale(sale_id).await?;
    let request = ReprintJobRequest {
        job_id: job_id.to_owned(),
        original_job_id: sale.receipt.job_id,
        reason: "cashier".into(),
        actor: sale.cashier,
    };
    match crate::far!(shop.printer.reprint_job(request)).await.map_err(Fault::from) {
        Ok(answer) => {
            let job = answer.job.unwrap_or_default();
            let id = sale_id.to_owned();
            shop.store
                .write(move |tx| {
                    let mut sale = tx.sale(&id)?;
                    sale.receipt.copies = sale.receipt.copies.max(job.copy_number);
                    tx.put_sale("system", &sale)?;
                    stuck::done(tx, row)
                })
                .await?;
            Ok(())
        }
        Err(Fault::Refused { reason, .. }) => {
            tracing::warn!(sale = sale_id, reason, "no copy");
            Ok(shop.store.write(move |tx| stuck::done(tx, row)).await?)
        }
        Err(fault) => Err(fault),
    }
}

/// A refund on paper, for the payer to take along.
pub async fn notice(shop: &Arc<Shop>, row: u64, sale_id: &str, job_id: &str) -> Result<(), Fault> {
    let sale = shop.sale(sale_id).await?;
    submit(shop, job_id, papers::notice(shop, &sale), sale_id).await?;
    Ok(shop.store.write(move |tx| stuck::done(tx, row)).await?)
}

/// A voided sale's receipt must not come out when the paper is refilled.
pub async fn cancel(shop: &Arc<Shop>, row: u64, sale_id: &str) -> Result<(), Fault> {
    take_back(shop, sale_id).await?;
    Ok(shop.store.write(move |tx| stuck::done(tx, row)).await?)
}

/// Where bytes of the receipt may have left, a void notice says on paper that it counts for nothing.
async fn take_back(shop: &Arc<Shop>, sale_id: &str) -> Result<(), Fault> {
    let sale = shop.sale(sale_id).await?;
    let job_id = sale.receipt.job_id.clone();
    let request = CancelJobRequest { request_id: format!("void-{job_id}"), job_id };
    match crate::far!(shop.printer.cancel_job(request)).await.map_err(Fault::from) {
        Ok(_) => Ok(()),
        // Not submitted yet: whoever submits it looks again.
        Err(Fault::Refused { reason, .. }) if reason == "JOB_NOT_FOUND" => Ok(()),
        Err(Fault::Refused { .. }) => {
            submit(shop, &sale.undo_job_id, papers::notice(shop, &sale), sale_id).await.map(|_| ())
        }
        Err(fault) => Err(fault),
    }
}
