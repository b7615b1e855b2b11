//! `chit clock confirm`: a person says that this machine's time is right, after a jump stopped asking and listing.

use chit_proto::checkout::v1::ConfirmTimeRequest;
use clap::Subcommand;
use serde_json::json;

use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::shop::{Shop, ask};
use crate::view;

#[derive(Subcommand, Debug)]
pub enum ClockCommand {
    /// Confirm the time of this machine, after a look at another clock.
    Confirm {
        #[command(flatten)]
        approval: ApprovalArgs,
    },
}

pub async fn run(shop: &Shop, command: ClockCommand) -> Result<(), Failure> {
    let ClockCommand::Confirm { approval } = command;
    let request =
        ConfirmTimeRequest { request_id: shop.request_id(), approval: Some(approval.needed().await?) };
    let client = shop.shop();
    let answer = ask!(client.confirm_time(request)).await?;
    let local = view::local_time(answer.now.as_ref(), &shop.shared.time_zone);
    let value = json!({ "now": view::time(answer.now.as_ref()) });
    shop.output.result(format!("{local} is confirmed; payers are asked again"), &value);
    Ok(())
}
