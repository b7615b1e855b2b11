//! The steps, in the order in which they happen in a shop.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use checkout::{
    Attention, Challenge, ChallengeState, Dispute, DisputeCause, DisputeState, PayerState, Sale, SaleState,
    SettlementBatch, SettlementBatchState,
};
use chit_proto::checkout::v1 as checkout;
use serde_json::json;

use super::report::{DisputeLine, Ledger, Outcome, PayerScan, Refusal, Report, Settlement, Sms, Timings};
use super::{Script, evidence};
use crate::artefacts;
use crate::desk::{Desk, Refused};
use crate::house::{House, ISSUER};
use crate::payer::{Payer, read_qr};

/// What sale 1's goods are: two of the first, one of the second in the house's catalogue.
const SCANNED: [&str; 3] = ["6901234567892", "6901234567892", "6911111111117"];
const SALE_1_MINOR: i64 = 1_680;
const SALE_2_MINOR: i64 = 2_350;
/// What the clip shows at least before photo 1, with the camera's next key frame.
const PREROLL_MS_MIN: u32 = 4_000;

struct Run<'a> {
    house: &'a House,
    script: &'a Script,
    desk: Desk,
    payer: Payer,
    /// The payer's code as a picture, as the shop gave it out.
    code_png: PathBuf,
}

/// Plays the script in a house that is ready.
pub async fn run(house: &House, script: &Script) -> anyhow::Result<Outcome> {
    fs::create_dir_all(&script.artefacts)?;
    let desk = Desk::at(house).await?;
    if let Some(by) = desk.make_it_day().await? {
        let minutes = by.as_secs() / 60;
        script.progress.say(format!(
            "no texts are sent at night: the sandbox's clock is advanced by {minutes} min to 10:00"
        ));
    }
    let mut payer = Payer::with_phone(&house.simulators, ulid::Ulid::generate().0).await?;
    let code_png = enrol(house, script, &desk, &mut payer).await?;
    let mut run = Run { house, script, desk, payer, code_png };
    let sale_1 = match run.sell_before_the_camera().await? {
        Ok(sale) => sale,
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    };
    let (sale_1, batch_1) = run.deduct(&sale_1).await?;
    let sale_2 = run.sell_by_the_handheld().await?;
    run.say("one SMS a day is left to the payer's peace: the sandbox's clock is advanced by 24 h");
    run.desk.advance_hours(24).await?;
    let (sale_2, _) = run.deduct(&sale_2).await?;
    let dismissed = run.dispute(&sale_1, false).await?;
    let upheld = run.dispute(&sale_2, true).await?;
    let report = run.report(&sale_1.sale_id, &batch_1, &[dismissed, upheld]).await?;
    Ok(Outcome::Settled(Box::new(report)))
}

/// Papers, first challenge, ACTIVE. Returns the picture of the code.
async fn enrol(house: &House, script: &Script, desk: &Desk, payer: &mut Payer) -> anyhow::Result<PathBuf> {
    let enrolled = match &house.issuer {
        None => {
            script.progress.say("enrolling a payer: mandate and code card go to the printer");
            desk.enrol("王小明", payer.phone(), "zh-CN").await?
        }
        Some(issuer) => {
            script
                .progress
                .say("enrolling a payer: mandate to the printer, the issuer's envelope to the payer");
            let (serial, rows) = issuer.envelope(payer.phone(), "zh-CN")?;
            payer.open_envelope(&serial, &rows);
            payer.hear_issuer(issuer.modem()).await?;
            desk.enrol_with("王小明", payer.phone(), "zh-CN", &serial).await?
        }
    };
    let mut journal = desk.journal(&enrolled.payer_id);
    let pending = journal.payer("PENDING", |payer| payer.state() == PayerState::Pending).await?;
    if house.issuer.is_none() {
        payer.take_card(&house.simulators.printer, &pending.card_serial).await?;
    }
    script.progress.say("the payer holds the card and answers the first challenge");
    payer.pay().await?;
    let active = journal.payer("ACTIVE", |payer| payer.state() == PayerState::Active).await?;
    let code_png = script.artefacts.join("payer-code.png");
    fs::copy(&active.code_png_path, &code_png).context("picture of the payer's code")?;
    Ok(code_png)
}

impl Run<'_> {
    fn say(&self, text: &str) {
        self.script.progress.say(text);
    }

    /// Sale 1: goods by the handheld, the payer's code before the camera.
    async fn sell_before_the_camera(&self) -> anyhow::Result<Result<Sale, Refusal>> {
        let simulators = &self.house.simulators;
        let sale = self.desk.start_sale().await?;
        let mut journal = self.desk.journal(&sale.sale_id);
        self.say("sale 1: goods by the handheld");
        for gtin in SCANNED {
            simulators.handheld.ask(json!({ "cmd": "scan", "data": gtin, "aim": "]E0" })).await?;
        }
        journal.sale("three goods in the basket", |sale| total_of(sale) == SALE_1_MINOR).await?;
        let png = self.script.payer_qr.as_ref().unwrap_or(&self.code_png);
        self.say(&format!("sale 1: {} is held before the camera", png.display()));
        simulators.camera.ask(json!({ "cmd": "hold", "png": png })).await?;
        let scanned = self.desk.scan_payer(&sale.sale_id).await;
        simulators.camera.ask(json!({ "cmd": "hold", "png": null })).await?;
        if let Err(error) = scanned {
            let refused = error.downcast::<Refused>()?;
            let Refused { reason, message, .. } = refused;
            return Ok(Err(Refusal { sale_id: sale.sale_id, state: "REFUSED", reason, message }));
        }
        // The card's print job blinded the camera; the clip shall show what was before photo 1.
        self.desk.until_preroll(PREROLL_MS_MIN).await?;
        self.say("sale 1: committed, printed, released");
        self.desk.confirm_person(&sale.sale_id).await?;
        self.desk.commit(&sale.sale_id).await?;
        journal.sale_needs(checkout::Attention::Release).await?;
        self.desk.release(&sale.sale_id).await?;
        let queued = journal.sale_is(checkout::SaleState::Queued).await?;
        self.say("sale 1: evidence is sealed");
        Ok(Ok(queued))
    }

    /// Sale 2: goods typed, the payer's code by the handheld; checkout takes it to the open sale by itself.
    async fn sell_by_the_handheld(&self) -> anyhow::Result<Sale> {
        self.say("sale 2: the payer's code by the handheld");
        let sale = self.desk.start_sale().await?;
        let mut journal = self.desk.journal(&sale.sale_id);
        self.desk.type_basket(&sale.sale_id, SALE_2_MINOR).await?;
        let code = read_qr(&self.code_png).await?;
        self.house.simulators.handheld.ask(json!({ "cmd": "scan", "data": code, "aim": "]Q1" })).await?;
        journal.sale_is(SaleState::PayerOk).await?;
        let queued = self.desk.finish_counter(&sale.sale_id, &mut journal).await?;
        self.say("sale 2: released, evidence is sealed");
        Ok(queued)
    }

    /// Challenge, right reply, settlement.
    async fn deduct(&mut self, sale: &Sale) -> anyhow::Result<(Sale, SettlementBatch)> {
        let mut journal = self.desk.journal(&sale.sale_id);
        let sum = total_of(sale);
        self.desk.run_deductions().await?;
        self.say("the SMS terminal asks the payer, who answers with the row of the card");
        if self.house.issuer.is_some() {
            // At the worst moment: it has judged, and nobody knows.
            self.house.order_death(ISSUER, "issuer/judge_reply/committed", 1)?;
        }
        self.payer.pay().await?;
        if self.house.issuer.is_some() {
            self.say("the issuer, killed and back, asks the payer itself, who agrees to the sum");
            self.payer.agree_to(&format!("CNY {}.{:02}", sum / 100, sum % 100)).await?;
            ensure!(self.house.deaths_left(ISSUER)? == 0, "the issuer did not die");
        }
        let verified = journal.sale_is(SaleState::Verified).await?;
        let answered = |challenge: &Challenge| challenge.state() == ChallengeState::Answered;
        self.desk.journal(&verified.challenge_id).challenge("ANSWERED", answered).await?;
        let batch = self.desk.run_settlement().await?;
        let settled = |batch: &SettlementBatch| batch.state() == SettlementBatchState::Settled;
        let batch = self.desk.journal(&batch.batch_id).batch("SETTLED", settled).await?;
        let sale = journal.sale_is(SaleState::Settled).await?;
        self.say("verified and settled");
        Ok((sale, batch))
    }

    async fn dispute(&self, sale: &Sale, uphold: bool) -> anyhow::Result<Dispute> {
        let opened = self.desk.open_dispute(&sale.sale_id, DisputeCause::InPerson).await?;
        let resolved = self.desk.resolve_dispute(&opened.dispute_id, uphold).await?;
        let wanted = if uphold { DisputeState::Upheld } else { DisputeState::Dismissed };
        ensure!(resolved.state() == wanted, "the dispute is {}", resolved.state().as_str_name());
        if uphold {
            let refunded = |sale: &Sale| !sale.refund_transfer_id.is_empty();
            self.desk.journal(&sale.sale_id).sale("a linked refund", refunded).await?;
            self.say("sale 2: dispute upheld, refunded");
        } else {
            self.say("sale 1: dispute dismissed");
        }
        Ok(resolved)
    }

    async fn report(
        &self,
        sale_id: &str,
        batch: &SettlementBatch,
        disputes: &[Dispute],
    ) -> anyhow::Result<Report> {
        let sale = self.desk.sale(sale_id).await?;
        ensure!(sale.state() == SaleState::Settled, "sale 1 is {}", sale.state().as_str_name());
        ensure!(
            !sale.attention().any(|needed| needed != Attention::Unspecified),
            "sale 1 still needs a person"
        );
        let books = self.desk.books().await?;
        ensure!(books.balanced, "debits and credits differ");
        let to: &Path = &self.script.artefacts;
        artefacts::copy_papers(&self.house.place.papers(), self.payer.card_paper.as_deref(), to)?;
        let receipt = artefacts::receipt(&self.house.place.papers(), &sale, to)?;
        let evidence = evidence::collect(&self.desk, &sale, &to.join("evidence")).await?;
        let total = sale.total.clone().context("sale 1 has no total")?;
        Ok(Report {
            sale_id: sale.sale_id.clone(),
            receipt_no: sale.receipt_no.clone(),
            state: "SETTLED".to_owned(),
            amount_minor: total.amount_minor,
            currency_code: total.currency_code,
            payer_qr_png: self.script.payer_qr.clone().unwrap_or_else(|| self.code_png.clone()),
            payer_scan: PayerScan::of(&sale),
            receipt,
            evidence,
            sms: sale.sms.iter().map(Sms::of).collect(),
            settlement: Settlement { batch_id: batch.batch_id.clone(), rail: batch.rail.clone() },
            ledger: Ledger {
                debits_minor: books.balance.debits_posted_minor,
                credits_minor: books.balance.credits_posted_minor,
                chain_ok: books.chain_ok,
            },
            disputes: disputes.iter().map(DisputeLine::of).collect(),
            timings_ms: Timings {
                scan_to_receipt_last_byte: sale.scan_to_receipt_last_byte_ms,
                total: self.script.progress.elapsed_ms(),
            },
        })
    }
}

fn total_of(sale: &Sale) -> i64 {
    sale.total.as_ref().map_or(0, |total| total.amount_minor)
}
