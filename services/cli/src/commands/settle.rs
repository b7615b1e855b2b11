//! `chit settle`: what payers confirmed becomes paid.

use std::time::Duration;

use chit_proto::checkout::v1::event::Resource;
use chit_proto::checkout::v1::{
    GetSettlementBatchRequest, ListSettlementBatchesRequest, RunSettlementRequest, SettlementBatch,
    SettlementBatchState,
};
use clap::Subcommand;
use serde_json::json;

use crate::failure::Failure;
use crate::follow::Follower;
use crate::shop::{Shop, ask};
use crate::view;

#[derive(Subcommand, Debug)]
pub enum SettleCommand {
    /// Put all VERIFIED sales into a batch, submit it, and wait until the rail has posted it.
    Run {
        /// How long to wait for the rail, in seconds.
        #[arg(long, value_name = "S", default_value_t = 60)]
        timeout: u64,
    },
    /// Show one batch.
    Show {
        /// ULID of the batch.
        batch: String,
    },
    /// List batches, newest first.
    List,
}

pub async fn run(shop: &Shop, command: SettleCommand) -> Result<(), Failure> {
    let client = shop.settlements();
    let batch = match command {
        SettleCommand::Run { timeout } => settle(shop, Duration::from_secs(timeout)).await?,
        SettleCommand::Show { batch: batch_id } => {
            let request = GetSettlementBatchRequest { batch_id };
            ask!(client.get_settlement_batch(request)).await?.batch.unwrap_or_default()
        }
        SettleCommand::List => {
            let request = ListSettlementBatchesRequest { page_size: 0 };
            let batches = ask!(client.list_settlement_batches(request)).await?.batches;
            let text: String = batches.iter().map(|batch| view::batch_text(batch) + "\n").collect();
            let value = batches.iter().map(view::batch_json).collect::<Vec<_>>();
            shop.output.result(text, &json!({ "batches": value }));
            return Ok(());
        }
    };
    shop.output.result(view::batch_text(&batch), &view::batch_json(&batch));
    Ok(())
}

async fn settle(shop: &Shop, wait: Duration) -> Result<SettlementBatch, Failure> {
    let client = shop.settlements();
    let request = RunSettlementRequest { request_id: shop.request_id() };
    let mut batch = ask!(client.run_settlement(request)).await?.batch.unwrap_or_default();
    shop.output.progress(format!("batch {} of {} sales", batch.batch_id, batch.sale_ids.len()));
    let mut follower = Follower::new(shop, &batch.batch_id, wait);
    while batch.state() != SettlementBatchState::Settled {
        if let Resource::SettlementBatch(changed) = follower.next().await? {
            batch = changed;
        }
    }
    Ok(batch)
}
