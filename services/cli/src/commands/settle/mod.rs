//! `chit settle`: what payers confirmed becomes paid, and agrees with the bank.

mod exceptions;
mod file;
mod hand_over;
mod import;
mod paper;
mod preview;
mod reconcile;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use chit_proto::checkout::v1::event::Resource;
use chit_proto::checkout::v1::{
    BankFileState, GetSettlementBatchRequest, ListSettlementBatchesRequest, RunSettlementRequest,
    SettlementBatch, SettlementBatchState,
};
use clap::Subcommand;
use serde_json::json;

use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::follow::Follower;
use crate::shop::{Shop, ask};
use crate::view;

/// A batch with so many sales is full: another one may follow.
const SALES_MAX: usize = 8000;
/// Batches of one command; more than a shop sells in a year.
const BATCHES_MAX: usize = 200;

#[derive(Subcommand, Debug)]
pub enum SettleCommand {
    /// Put what is VERIFIED and due into batches, and wait until each is posted, or in the bank's folder.
    Run {
        /// How long to wait for a batch, in seconds.
        #[arg(long, value_name = "S", default_value_t = 60)]
        timeout: u64,
        /// Nothing to settle is no failure; for timers.
        #[arg(long)]
        if_any: bool,
    },
    /// Say what `run` would do now, and do nothing.
    DryRun,
    /// Show expected, reported and ledger side by side, by batch and by day.
    Status {
        /// Write it as a table for the accountant, too.
        #[arg(long, value_name = "FILE")]
        csv: Option<PathBuf>,
    },
    /// Write batches, days and exceptions for the shop's accountant, with the ledger's own sums beside the bank's.
    Report {
        /// A table if it ends in .csv, a document if it ends in .pdf; must not exist.
        file: PathBuf,
        /// "zh-CN" or "en".
        #[arg(long, value_name = "LANGUAGE", default_value = "en")]
        language: String,
    },
    /// Mark lines of a paper statement, for a bank that gives no files. Somebody who had no hand in the sales approves.
    Mark {
        /// Which paper, so that it can be found again: "2026-12, page 3".
        #[arg(long, value_name = "NAME")]
        statement: String,
        /// SALE|paid, refused or returned|MINOR|REASON|DAY, e.g. "8F3K|returned|1250|MD06|2026-12-08". Give it once a line.
        #[arg(long = "line", value_name = "LINE", required = true)]
        lines: Vec<String>,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Say whether the bank has a file that the configured command did not hand over for certain.
    HandOver {
        /// ULID of the batch.
        batch: String,
        /// The bank has it.
        #[arg(long, required_unless_present = "again")]
        arrived: bool,
        /// The bank does not have it: the command runs again.
        #[arg(long, conflicts_with = "arrived")]
        again: bool,
    },
    /// Take a file from the bank: pain.002, camt.053, camt.054, pacs.004, or its table.
    Import {
        /// The file as the bank gave it; unpacked.
        file: PathBuf,
    },
    /// Write the file of a batch once more, byte for byte as the bank got it.
    File {
        /// ULID of the batch.
        batch: String,
        /// Where to; nothing is overwritten.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// List what does not agree or cannot be collected; take or close one.
    Exceptions {
        #[command(subcommand)]
        command: Option<exceptions::ExceptionCommand>,
        /// Closed ones, too.
        #[arg(long)]
        all: bool,
    },
    /// Show one batch.
    Show {
        /// ULID of the batch.
        batch: String,
    },
    /// List batches, newest first.
    List,
}

pub async fn run(shop: &Shop, command: SettleCommand, currency: &str) -> Result<(), Failure> {
    let client = shop.settlements();
    match command {
        SettleCommand::Run { timeout, if_any } => {
            return settle(shop, Duration::from_secs(timeout), if_any).await;
        }
        SettleCommand::DryRun => preview::run(shop).await,
        SettleCommand::Status { csv } => reconcile::run(shop, csv.as_deref()).await,
        SettleCommand::Report { file, language } => report::run(shop, &file, language).await,
        SettleCommand::Mark { statement, lines, approval } => {
            paper::run(shop, statement, lines, approval, currency).await
        }
        SettleCommand::HandOver { batch, again, .. } => hand_over::run(shop, batch, again).await,
        SettleCommand::Import { file } => import::run(shop, &file).await,
        SettleCommand::File { batch, out } => file::run(shop, batch, &out).await,
        SettleCommand::Exceptions { command, all } => exceptions::run(shop, command, all).await,
        SettleCommand::Show { batch: batch_id } => {
            let request = GetSettlementBatchRequest { batch_id };
            let batch = ask!(client.get_settlement_batch(request)).await?.batch.unwrap_or_default();
            shop.output.result(view::batch_text(&batch), &view::batch_json(&batch));
            Ok(())
        }
        SettleCommand::List => {
            let request = ListSettlementBatchesRequest { page_size: 0 };
            let batches = ask!(client.list_settlement_batches(request)).await?.batches;
            let text: String = batches.iter().map(|batch| view::batch_text(batch) + "\n").collect();
            let value = batches.iter().map(view::batch_json).collect::<Vec<_>>();
            shop.output.result(text, &json!({ "batches": value }));
            Ok(())
        }
    }
}

/// One batch after the other, until one is not full.
async fn settle(shop: &Shop, wait: Duration, if_any: bool) -> Result<(), Failure> {
    for nth in 0..BATCHES_MAX {
        let request_id = if nth == 0 { shop.request_id() } else { shop.step_id(&nth.to_string()) };
        let client = shop.settlements();
        let made = ask!(client.run_settlement(RunSettlementRequest { request_id })).await;
        let batch = match made.map_err(Failure::from) {
            Ok(made) => made.batch.unwrap_or_default(),
            Err(failure) if failure.reason == "NOTHING_TO_SETTLE" && (if_any || nth > 0) => {
                if nth == 0 {
                    shop.output.result("nothing to settle", &json!({ "batch_id": null }));
                }
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
        let full = batch.sale_ids.len() >= SALES_MAX;
        shop.output.progress(format!("batch {} of {} sales", batch.batch_id, batch.sale_ids.len()));
        let batch = until_out(shop, batch, wait).await?;
        shop.output.result(view::batch_text(&batch), &view::batch_json(&batch));
        if !full {
            return Ok(());
        }
    }
    Err(Failure::other("TOO_MANY_BATCHES", "there is more to settle; run it again"))
}

async fn until_out(
    shop: &Shop,
    mut batch: SettlementBatch,
    wait: Duration,
) -> Result<SettlementBatch, Failure> {
    let mut follower = Follower::new(shop, &batch.batch_id, wait);
    while !is_out(&batch) {
        if let Resource::SettlementBatch(changed) = follower.next().await? {
            batch = changed;
        }
    }
    Ok(batch)
}

/// Posted, or where the bank's program takes it from.
fn is_out(batch: &SettlementBatch) -> bool {
    let written = batch.file.as_ref().is_some_and(|file| file.state() != BankFileState::Made);
    written || batch.state() == SettlementBatchState::Settled
}
