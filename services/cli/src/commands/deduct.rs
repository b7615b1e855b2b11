//! `chit deduct`: ask payers.

use chit_proto::checkout::v1::{ListBadRecordRequest, ReleaseDeductionRequest, RunDeductionsRequest};
use clap::Subcommand;
use serde_json::json;

use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::sale_name::SaleName;
use crate::shop::{Shop, ask};
use crate::view;

#[derive(Subcommand, Debug)]
pub enum DeductCommand {
    /// Send every challenge that may go out now.
    Run,
    /// Release one sale for its challenge (dispatch = operator).
    Release {
        #[command(flatten)]
        sale: SaleName,
    },
    /// Put a sale on the deny list although its evidence is partial or overridden.
    ListBad {
        #[command(flatten)]
        sale: SaleName,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
}

pub async fn run(shop: &Shop, command: DeductCommand) -> Result<(), Failure> {
    let (client, request_id) = (shop.deductions(), shop.request_id());
    let sale = match command {
        DeductCommand::Run => {
            let answer = ask!(client.run_deductions(RunDeductionsRequest { request_id })).await?;
            let (sent, waiting) = (answer.challenge_ids.len(), answer.waiting);
            let value = json!({"challenge_ids": answer.challenge_ids, "waiting": waiting});
            shop.output.result(format!("{sent} challenges sent, {waiting} sales still wait"), &value);
            return Ok(());
        }
        DeductCommand::Release { sale } => {
            let sale_id = sale.id(shop).await?;
            let request = ReleaseDeductionRequest { request_id, sale_id };
            ask!(client.release_deduction(request)).await?.sale
        }
        DeductCommand::ListBad { sale, approval } => {
            let sale_id = sale.id(shop).await?;
            let approval = Some(approval.needed().await?);
            let request = ListBadRecordRequest { request_id, sale_id, approval };
            ask!(client.list_bad_record(request)).await?.sale
        }
    };
    let sale = sale.unwrap_or_default();
    shop.output.result(view::sale_text(&sale), &view::sale_json(&sale));
    Ok(())
}
