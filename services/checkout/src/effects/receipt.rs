//! Photo 1, the receipt, photo 2. At most one ORIGINAL: the job's id and content are fixed before it is submitted,
//! and what a person has to decide is left to them (I10).

use std::sync::Arc;
use std::time::Duration;

use chit_proto::media_capture::v1::PhotoKind;
use chit_proto::printer::v1::{
    CancelJobRequest, Confidence, Document, GetJobRequest, Job, JobEventKind, JobState, ReprintJobRequest,
    SubmitJobRequest, WatchJobRequest,
};
use chit_runtime::error::reason_of;
use chit_runtime::failpoint;

use super::point::done;
use super::{papers, receipt_qr, recording};
use crate::context::Shop;
use crate::peers::{Fault, peer};
use crate::sale::{LaidOut, ReceiptState, Sale, Stage, Step};
use crate::store::Tx;
use crate::values::ids::{JobId, SaleId};
use crate::values::refusal::{Refusal, Result as Changed};

/// DESIGN step 3: photo 1 within 300 ms, else "no photo"; the payer does not wait for a camera.
const PHOTO_MAX: Duration = Duration::from_millis(300);
/// After the paper is out nobody waits any more, so a recorder that was restarted gets its chance.
const LATE_PHOTO_MAX: Duration = Duration::from_secs(3);

pub async fn print(shop: &Arc<Shop>, entry: u64, id: SaleId) -> Result<(), Fault> {
    let mut sale = sale_of(shop, id).await?;
    let laid_out = sale.sold().is_some_and(|sold| sold.receipt.laid_out.is_some());
    if !sale.is_voided() && !laid_out {
        let photo = recording::photo(shop, &sale, PhotoKind::PayerAndGoods, PHOTO_MAX).await;
        failpoint("checkout/print_receipt/photo_taken");
        sale = lay_out(shop, id, photo).await?;
        failpoint("checkout/print_receipt/laid_out");
    }
    let document = match &sale.stage {
        Stage::Sold(sold) => {
            let laid_out = sold.receipt.laid_out.as_ref();
            let laid_out = laid_out.ok_or_else(|| Refusal::internal("a receipt is not laid out"))?;
            papers::receipt(shop, &sale, sold, laid_out)
        }
        // Voided before a byte of it was laid out.
        _ => return Ok(shop.store.write(move |tx| done(tx, entry)).await?),
    };
    let job = sale.sold().map(|sold| sold.receipt.job).ok_or_else(not_sold)?;
    let job = submit(shop, job, document, id.to_string()).await?;
    failpoint("checkout/print_receipt/submitted");
    if sale_of(shop, id).await?.is_voided() {
        // The command to cancel may have come before the job.
        take_back(shop, id).await?;
    }
    let job = follow(shop, &job, |job, kind| note(shop, id, job, kind)).await?;
    if job.state() == JobState::Printed {
        photos_after_print(shop, id).await?;
    }
    Ok(shop.store.write(move |tx| done(tx, entry)).await?)
}

/// Fixes the receipt's content with what is known now: PRINTING begins, unless the sale was voided meanwhile.
async fn lay_out(shop: &Shop, id: SaleId, photo: Option<[u8; 32]>) -> Result<Sale, Fault> {
    let till = shop.keys.till.clone();
    let laid = move |tx: &mut Tx| {
        let mut sale = tx.sale(id)?;
        let Stage::Sold(mut sold) = sale.stage.clone() else { return Ok(sale) };
        if sold.step == Step::Committed {
            sold.step = Step::Printing;
        }
        sold.evidence.photo_1_sha256 = photo.or(sold.evidence.photo_1_sha256);
        let signed_qr = receipt_qr::sign(&sale, &sold, photo, &till)?;
        sold.receipt.laid_out = Some(LaidOut { signed_qr, photo_sha256: photo });
        sold.receipt.state = ReceiptState::Waiting;
        sale.stage = Stage::Sold(sold);
        tx.put_sale("system", &sale)?;
        Ok(sale)
    };
    Ok(shop.store.write(laid).await?)
}

pub async fn submit(shop: &Shop, job: JobId, document: Document, subject_id: String) -> Result<Job, Fault> {
    let request = SubmitJobRequest { job_id: job.to_string(), document: Some(document), subject_id };
    let job = match peer!(shop.printer.submit_job(request)).await {
        Ok(submitted) => submitted.job,
        // An earlier version of this program wrote this paper in other words before it was updated: that one counts.
        Err(status) if reason_of(&status).as_deref() == Some("JOB_EXISTS_WITH_DIFFERENT_BODY") => {
            peer!(shop.printer.get_job(GetJobRequest { job_id: job.to_string() })).await?.job
        }
        Err(status) => return Err(status.into()),
    };
    Ok(job.unwrap_or_default())
}

/// Follows a job to its end. An IN_DOUBT job ends only when a person has decided, so this may wait for hours.
pub async fn follow<F, Fut>(shop: &Shop, job: &Job, mut note: F) -> Result<Job, Fault>
where
    F: FnMut(Job, JobEventKind) -> Fut,
    Fut: Future<Output = Result<(), Fault>>,
{
    let mut printer = shop.peers.printer.clone();
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

async fn note(shop: &Shop, id: SaleId, job: Job, kind: JobEventKind) -> Result<(), Fault> {
    let sale = sale_of(shop, id).await?;
    let known = &sale.sold().ok_or_else(not_sold)?.receipt;
    let state = receipt_state(&job);
    let last_byte = kind == JobEventKind::LastByte && known.last_byte_at.is_none();
    // A stream that starts over begins with what is long past.
    let news = known.state != state || known.copies < job.copies || last_byte;
    if job.revision <= known.job_revision || !news {
        return Ok(());
    }
    if state == ReceiptState::Printed {
        failpoint("checkout/print_receipt/printed");
    }
    change(shop, id, move |sale, now| {
        let Some(sold) = sale.sold_mut() else { return };
        let receipt = &mut sold.receipt;
        receipt.state = state;
        receipt.job_revision = job.revision;
        receipt.original_may_exist = job.original_may_exist;
        // A copy's own answer may have come before this, which is older.
        receipt.copies = receipt.copies.max(job.copies);
        if last_byte {
            receipt.last_byte_at = Some(now);
        }
        if state == ReceiptState::Printed {
            receipt.confidence = confidence(job.confidence());
            receipt.fenced_at = Some(now);
        }
    })
    .await
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
async fn photos_after_print(shop: &Shop, id: SaleId) -> Result<(), Fault> {
    let sale = sale_of(shop, id).await?;
    let evidence = &sale.sold().ok_or_else(not_sold)?.evidence;
    let late = match evidence.photo_1_sha256 {
        None => recording::photo(shop, &sale, PhotoKind::PayerAndGoods, LATE_PHOTO_MAX).await,
        Some(_) => None,
    };
    let paper = match evidence.photo_2_sha256 {
        None => recording::photo(shop, &sale, PhotoKind::Paper, LATE_PHOTO_MAX).await,
        Some(_) => None,
    };
    if late.is_none() && paper.is_none() {
        return Ok(());
    }
    change(shop, id, move |sale, _| {
        let Some(sold) = sale.sold_mut() else { return };
        if late.is_some() {
            sold.evidence.photo_1_sha256 = late;
            sold.evidence.photo_1_late = true;
        }
        sold.evidence.photo_2_sha256 = paper.or(sold.evidence.photo_2_sha256);
    })
    .await
}

/// One more COPY n of a receipt that is on paper.
pub async fn copy(shop: &Arc<Shop>, entry: u64, id: SaleId, job: JobId) -> Result<(), Fault> {
    let sale = sale_of(shop, id).await?;
    let original = sale.sold().ok_or_else(not_sold)?.receipt.job;
    let request = ReprintJobRequest {
        job_id: job.to_string(),
        original_job_id: original.to_string(),
        reason: "cashier".into(),
        actor: sale.cashier,
    };
    match peer!(shop.printer.reprint_job(request)).await.map_err(Fault::from) {
        Ok(answer) => {
            let copy = answer.job.unwrap_or_default().copy_number;
            let copied = move |tx: &mut Tx| {
                let mut sale = tx.sale(id)?;
                if let Some(sold) = sale.sold_mut() {
                    sold.receipt.copies = sold.receipt.copies.max(copy);
                }
                tx.put_sale("system", &sale)?;
                done(tx, entry)
            };
            Ok(shop.store.write(copied).await?)
        }
        Err(Fault::Refused { reason, .. }) => {
            tracing::error!(sale = %id, reason, "the printer refuses a copy of this receipt");
            Ok(shop.store.write(move |tx| done(tx, entry)).await?)
        }
        Err(fault) => Err(fault),
    }
}

/// A refund on paper, for the payer to take along.
pub async fn notice(shop: &Arc<Shop>, entry: u64, id: SaleId, job: JobId) -> Result<(), Fault> {
    let (sale, deduction) = shop.store.read(move |view| Ok((view.sale(id)?, view.deduction(id)?))).await?;
    let refund = deduction.refunds.iter().find(|refund| refund.notice == Some(job));
    if let (Some(sold), Some(refund)) = (sale.sold(), refund) {
        submit(shop, job, papers::refund_notice(shop, &sale, sold, refund), id.to_string()).await?;
    }
    Ok(shop.store.write(move |tx| done(tx, entry)).await?)
}

/// A voided sale's receipt must not come out when the paper is refilled.
pub async fn cancel(shop: &Arc<Shop>, entry: u64, id: SaleId) -> Result<(), Fault> {
    take_back(shop, id).await?;
    Ok(shop.store.write(move |tx| done(tx, entry)).await?)
}

/// Where bytes of the receipt may have left, a void notice says on paper that it counts for nothing.
async fn take_back(shop: &Arc<Shop>, id: SaleId) -> Result<(), Fault> {
    let sale = sale_of(shop, id).await?;
    let Stage::Voided(voided) = &sale.stage else { return Ok(()) };
    let (Some(sold), Some(notice)) = (&voided.sold, voided.notice) else { return Ok(()) };
    let job_id = sold.receipt.job.to_string();
    let request = CancelJobRequest { request_id: format!("void-{job_id}"), job_id };
    match peer!(shop.printer.cancel_job(request)).await.map_err(Fault::from) {
        Ok(_) => Ok(()),
        // Not submitted yet: the one who submits it looks again.
        Err(Fault::Refused { reason, .. }) if reason == "JOB_NOT_FOUND" => Ok(()),
        Err(Fault::Refused { .. }) => {
            let document = papers::void_notice(shop, &sale, sold, voided);
            submit(shop, notice, document, id.to_string()).await.map(|_| ())
        }
        Err(fault) => Err(fault),
    }
}

async fn sale_of(shop: &Shop, id: SaleId) -> Changed<Sale> {
    shop.store.read(move |view| view.sale(id)).await
}

async fn change(
    shop: &Shop,
    id: SaleId,
    change: impl FnOnce(&mut Sale, jiff::Timestamp) + Send + 'static,
) -> Result<(), Fault> {
    let changed = move |tx: &mut Tx| {
        let mut sale = tx.sale(id)?;
        change(&mut sale, tx.now);
        tx.put_sale("system", &sale)
    };
    Ok(shop.store.write(changed).await?)
}

fn not_sold() -> Refusal {
    Refusal::internal("an effect of a sold sale runs on one that is not sold")
}
