//! `chit sale`: sell, or act on a sale.

mod act;
mod line;
mod sell;

use clap::{Args, Subcommand, ValueEnum};

use crate::approval::ApprovalArgs;
use crate::failure::Failure;
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
        /// ULID of the sale, or its receipt number.
        sale: String,
    },
    /// The payer leaves with goods and receipt.
    Release {
        /// ULID of the sale.
        sale: String,
    },
    /// Void a sale; once printing has started with an approver and the ORIGINAL back.
    Void {
        /// ULID of the sale.
        sale: String,
        /// The payer gave the ORIGINAL receipt back.
        #[arg(long)]
        original_returned: bool,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Let a sale be released although photo or video is missing.
    OverrideEvidence {
        /// ULID of the sale.
        sale: String,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Say whether a receipt in doubt came out whole; if not, a COPY is printed.
    ResolveReceipt {
        /// ULID of the sale.
        sale: String,
        /// What the paper shows.
        #[arg(long)]
        printed_whole: YesNo,
    },
    /// Print a COPY of the receipt.
    Reprint {
        /// ULID of the sale.
        sale: String,
    },
    /// The payer paid in cash: only what remains is deducted. Somebody who had no hand in the sale approves.
    PaidOtherwise {
        /// ULID of the sale.
        sale: String,
        /// A part, in minor units of the sale's currency (fen for yuan) [default: all that is owed].
        #[arg(long, value_name = "MINOR")]
        amount_minor: Option<i64>,
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
