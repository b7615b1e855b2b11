//! `chit evidence`: verified offline, kept, released, erased, copied.

mod custody;
mod export;
mod prove;
mod verify;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::failure::Failure;
use crate::output::Output;
use crate::sale_name::SaleName;
use crate::shop::Shop;

#[derive(Subcommand, Debug)]
pub enum EvidenceCommand {
    /// Check a sealed bundle or an export, offline: every byte, the signature, and what the ledger witnesses. Exit code 1
    /// names what is wrong.
    Verify(Box<verify::VerifyArgs>),
    /// Show what is kept of a sale, until when, and who holds it.
    Show {
        #[command(flatten)]
        sale: SaleName,
    },
    /// Keep a sale's evidence whatever its age.
    Hold {
        #[command(flatten)]
        sale: SaleName,
        /// Who holds it.
        #[arg(long)]
        actor: String,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Name of the hold, to release it by [default: the actor].
        #[arg(long)]
        hold_id: Option<String>,
    },
    /// Let a held sale's evidence go at its term again.
    Release {
        #[command(flatten)]
        sale: SaleName,
        /// Who releases it.
        #[arg(long)]
        actor: String,
        /// Name of the hold [default: the actor].
        #[arg(long)]
        hold_id: Option<String>,
    },
    /// Erase a sale's video and photos before their term, where the retention profile allows it already.
    Purge {
        #[command(flatten)]
        sale: SaleName,
        /// Who asks for it.
        #[arg(long)]
        actor: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Write one zip file for a third party: a copy in which the payer's code is covered.
    Export {
        #[command(flatten)]
        sale: SaleName,
        /// File to write; must not exist.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// Who exports it.
        #[arg(long)]
        actor: String,
        /// What for.
        #[arg(long, default_value = "")]
        reason: String,
        /// The originals instead. The payer's code can be read in them and gets a new serial at the next visit.
        #[arg(long)]
        unredacted: bool,
        /// Do not ask whether the originals may leave the shop.
        #[arg(long, requires = "unredacted")]
        yes: bool,
    },
    /// Show what happened to sealed evidence: erased, exported, held, released.
    Log,
}

/// What needs no shop.
pub fn offline(command: &EvidenceCommand, output: Output) -> Option<Result<(), Failure>> {
    match command {
        EvidenceCommand::Verify(args) => verify::offline(args, output),
        _ => None,
    }
}

pub async fn run(shop: &Shop, config: &Path, command: EvidenceCommand) -> Result<(), Failure> {
    match command {
        EvidenceCommand::Verify(args) => verify::at_the_shop(&args, &shop.shared, config, shop.output),
        EvidenceCommand::Show { sale } => custody::show(shop, sale.id(shop).await?).await,
        EvidenceCommand::Hold { sale, actor, reason, hold_id } => {
            custody::hold(shop, sale.id(shop).await?, actor, reason, hold_id).await
        }
        EvidenceCommand::Release { sale, actor, hold_id } => {
            custody::release(shop, sale.id(shop).await?, actor, hold_id).await
        }
        EvidenceCommand::Purge { sale, actor, reason } => {
            custody::purge(shop, sale.id(shop).await?, actor, reason).await
        }
        EvidenceCommand::Export { sale, to, actor, reason, unredacted, yes } => {
            let sale_id = sale.id(shop).await?;
            export::run(shop, export::Wanted { sale_id, to, actor, reason, unredacted, yes }).await
        }
        EvidenceCommand::Log => custody::log(shop).await,
    }
}
