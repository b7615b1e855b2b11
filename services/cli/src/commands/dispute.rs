//! `chit dispute`.

use chit_proto::checkout::v1::{
    DisputeCause, GetDisputeRequest, OpenDisputeRequest, ResolveDisputeRequest, WithdrawDisputeRequest,
};
use clap::{ArgGroup, Subcommand, ValueEnum};

use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::shop::{Shop, ask};
use crate::view;

#[derive(Subcommand, Debug)]
pub enum DisputeCommand {
    /// Open a dispute about a sale.
    Open {
        /// ULID of the sale, or its receipt number.
        sale: String,
        /// What it is about.
        #[arg(long, value_enum, default_value_t = Cause::InPerson)]
        cause: Cause,
        /// Who opens it: a staff name.
        #[arg(long, value_name = "NAME")]
        actor: String,
    },
    /// Resolve a dispute; never by the sale's own cashier.
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
    /// The payer withdraws a dispute in person.
    Withdraw {
        /// ULID of the dispute.
        dispute: String,
        /// Who takes it down: a staff name.
        #[arg(long, value_name = "NAME")]
        actor: String,
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
        DisputeCommand::Open { sale: sale_id, cause, actor } => {
            let cause = DisputeCause::from(cause).into();
            ask!(client.open_dispute(OpenDisputeRequest { request_id, sale_id, cause, actor })).await?.dispute
        }
        DisputeCommand::Resolve { dispute: dispute_id, uphold, dismiss: _, approval } => {
            let approval = Some(approval.needed().await?);
            let request = ResolveDisputeRequest { request_id, dispute_id, uphold, approval };
            ask!(client.resolve_dispute(request)).await?.dispute
        }
        DisputeCommand::Withdraw { dispute: dispute_id, actor } => {
            let request = WithdrawDisputeRequest { request_id, dispute_id, actor };
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
