//! `chit dispute`.

use chit_proto::checkout::v1::{
    DisputeCause, GetDisputeRequest, OpenDisputeRequest, ResolveDisputeRequest, WithdrawDisputeRequest,
};
use clap::{ArgGroup, Subcommand, ValueEnum};

use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::sale_name::SaleName;
use crate::shop::{Shop, ask};
use crate::view;

#[derive(Subcommand, Debug)]
pub enum DisputeCommand {
    /// Open a dispute about a sale.
    Open {
        #[command(flatten)]
        sale: SaleName,
        /// What it is about.
        #[arg(long, value_enum, default_value_t = Cause::InPerson)]
        cause: Cause,
    },
    /// Resolve a dispute; never by somebody who had a hand in the sale.
    #[command(group(ArgGroup::new("outcome").required(true).args(["uphold", "dismiss"])))]
    Resolve {
        /// ULID of the dispute.
        dispute: String,
        /// Decide for the payer: refund or write-off.
        #[arg(long)]
        uphold: bool,
        /// Decide for the shop.
        #[arg(long)]
        dismiss: bool,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// The payer withdraws a dispute, and somebody who had no hand in the sale approves.
    Withdraw {
        /// ULID of the dispute.
        dispute: String,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Show a dispute.
    Show {
        /// ULID of the dispute.
        dispute: String,
    },
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum Cause {
    /// "I did not buy this."
    NotMine,
    /// Goods or price are wrong.
    WrongGoods,
    /// Reported in person.
    InPerson,
}

impl From<Cause> for DisputeCause {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::NotMine => Self::NotMine,
            Cause::WrongGoods => Self::WrongGoods,
            Cause::InPerson => Self::InPerson,
        }
    }
}

pub async fn run(shop: &Shop, command: DisputeCommand) -> Result<(), Failure> {
    let (client, request_id) = (shop.disputes(), shop.request_id());
    let dispute = match command {
        DisputeCommand::Open { sale, cause } => {
            let sale_id = sale.id(shop).await?;
            let cause = DisputeCause::from(cause).into();
            ask!(client.open_dispute(OpenDisputeRequest { request_id, sale_id, cause })).await?.dispute
        }
        DisputeCommand::Resolve { dispute: dispute_id, uphold, dismiss: _, approval } => {
            let approval = Some(approval.needed().await?);
            let request = ResolveDisputeRequest { request_id, dispute_id, uphold, approval };
            ask!(client.resolve_dispute(request)).await?.dispute
        }
        DisputeCommand::Withdraw { dispute: dispute_id, approval } => {
            let approval = Some(approval.needed().await?);
            let request = WithdrawDisputeRequest { request_id, dispute_id, approval };
            ask!(client.withdraw_dispute(request)).await?.dispute
        }
        DisputeCommand::Show { dispute: dispute_id } => {
            ask!(client.get_dispute(GetDisputeRequest { dispute_id })).await?.dispute
        }
    };
    let dispute = dispute.unwrap_or_default();
    shop.output.result(view::dispute_text(&dispute), &view::dispute_json(&dispute));
    Ok(())
}
