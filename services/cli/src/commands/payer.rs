//! `chit payer`: a new phone or card. Two people approve it, and the payer cannot buy for 24 hours.

use std::time::Duration;

use chit_proto::checkout::v1::{ChangePhoneRequest, GetPayerRequest, ResetPayerRequest};
use clap::Subcommand;

use super::enrol;
use crate::approval::TwoApprovalsArgs;
use crate::failure::Failure;
use crate::shop::{Shop, ask};
use crate::view;

#[derive(Subcommand, Debug)]
pub enum PayerCommand {
    /// Show a payer.
    Show {
        /// 16 hexadecimal digits.
        payer: String,
    },
    /// Change a payer's phone; they keep their card and answer a first challenge from the new phone.
    ChangePhone {
        /// 16 hexadecimal digits.
        payer: String,
        /// The new number in E.164 or as dialled in the shop's country.
        #[arg(long)]
        phone: String,
        #[command(flatten)]
        approvals: TwoApprovalsArgs,
    },
    /// Give a payer a new card; it ends a freeze and a lock. The old card stops working immediately.
    NewCard {
        /// 16 hexadecimal digits.
        payer: String,
        #[command(flatten)]
        approvals: TwoApprovalsArgs,
        /// How long to wait for the paper at most, in seconds.
        #[arg(long, value_name = "S", default_value_t = 120)]
        timeout: u64,
    },
}

pub async fn run(shop: &Shop, command: PayerCommand) -> Result<(), Failure> {
    let (client, request_id) = (shop.payers(), shop.request_id());
    let payer = match command {
        PayerCommand::Show { payer: payer_id } => {
            ask!(client.get_payer(GetPayerRequest { payer_id })).await?.payer
        }
        PayerCommand::ChangePhone { payer: payer_id, phone, approvals } => {
            let (first, second) = approvals.needed().await?;
            let (approval, second_approval) = (Some(first), Some(second));
            let request = ChangePhoneRequest { request_id, payer_id, phone, approval, second_approval };
            ask!(client.change_phone(request)).await?.payer
        }
        PayerCommand::NewCard { payer: payer_id, approvals, timeout } => {
            let (first, second) = approvals.needed().await?;
            let (approval, second_approval) = (Some(first), Some(second));
            let request = ResetPayerRequest { request_id, payer_id, approval, second_approval };
            let payer = ask!(client.reset_payer(request)).await?.payer.unwrap_or_default();
            enrol::wait_for(shop, &payer, false, Duration::from_secs(timeout)).await?;
            ask!(client.get_payer(GetPayerRequest { payer_id: payer.payer_id })).await?.payer
        }
    };
    let payer = payer.unwrap_or_default();
    let zone = &shop.shared.time_zone;
    let until = view::local_time(payer.no_sales_until.as_ref(), zone);
    let mut text = view::payer_text(&payer);
    if !until.is_empty() {
        text.push_str(&format!(
            "changed by {}: no sale before {until}\n",
            payer.change_approved_by.join(" and ")
        ));
    }
    shop.output.result(text, &view::payer_json(&payer));
    Ok(())
}
