//! `chit sale`: sell, or act on a sale.

mod act;
mod line;
mod refund;
mod sell;

use clap::{Args, Subcommand, ValueEnum};

use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::sale_name::SaleName;
use crate::shop::Shop;

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct SaleArgs {
    #[command(subcommand)]
    act: Option<SaleAct>,
    #[command(flatten)]
    sell: Option<sell::SellArgs>,
}

#[cfg(test)]
impl SaleArgs {
    pub fn sells(&self) -> bool {
        self.sell.is_some() && self.act.is_none()
    }
}

#[derive(Subcommand, Debug)]
pub enum SaleAct {
    /// Show a sale.
    Show {
        #[command(flatten)]
        sale: SaleName,
    },
    /// The payer leaves with goods and receipt.
    Release {
        #[command(flatten)]
        sale: SaleName,
    },
    /// Void a sale; once printing has started with an approver and the ORIGINAL back.
    Void {
        #[command(flatten)]
        sale: SaleName,
        /// The payer gave the ORIGINAL receipt back.
        #[arg(long)]
        original_returned: bool,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Let a sale be released although photo or video is missing.
    OverrideEvidence {
        #[command(flatten)]
        sale: SaleName,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Say whether a receipt in doubt came out whole; if not, a COPY is printed.
    ResolveReceipt {
        #[command(flatten)]
        sale: SaleName,
        /// What the paper shows.
        #[arg(long)]
        printed_whole: YesNo,
    },
    /// Print a COPY of the receipt.
    Reprint {
        #[command(flatten)]
        sale: SaleName,
    },
    /// The payer paid in cash: only what remains is deducted. Somebody who had no hand in the sale approves.
    PaidOtherwise {
        #[command(flatten)]
        sale: SaleName,
        /// A part, in minor units of the sale's currency (fen for yuan) [default: all that is owed].
        #[arg(long, value_name = "MINOR")]
        amount_minor: Option<i64>,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Give the payer their money back, or write off what is not deducted yet. Somebody who had no hand in the sale
    /// approves; it is on the record as a dispute decided for the payer.
    Refund {
        #[command(flatten)]
        sale: SaleName,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum YesNo {
    Yes,
    No,
}

pub async fn run(shop: &Shop, args: SaleArgs, currency: &str) -> Result<(), Failure> {
    match (args.act, args.sell) {
        (Some(act), _) => act::run(shop, act, currency).await,
        (None, Some(sell)) => sell::run(shop, sell, currency).await,
        (None, None) => Err(Failure::usage("give at least one --line; see `chit sale --help`")),
    }
}
