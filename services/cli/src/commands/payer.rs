//! `chit payer`: a new phone or card (two people approve it, and the payer cannot buy for 24 hours), and a payer's own data.

use std::path::PathBuf;
use std::time::Duration;

use chit_proto::checkout::v1::{
    ChangePhoneRequest, ErasePayerRequest, GetPayerRequest, ResetPayerRequest, SetMandateRequest,
};
use clap::Subcommand;
use serde_json::json;

use super::{enrol, payer_data};
use crate::approval::{ApprovalArgs, TwoApprovalsArgs};
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
    /// Record the mandate that a payer signed: whose account may be debited. The IBAN is read from $CHIT_IBAN or standard input.
    Mandate {
        /// 16 hexadecimal digits.
        payer: String,
        /// Whose account it is.
        #[arg(long, value_name = "NAME")]
        holder: String,
        /// BIC of the bank; the bank finds it by the IBAN if it is left out.
        #[arg(long, default_value = "")]
        bic: String,
        /// Day of the signature, for example 2026-11-24; today if it is left out.
        #[arg(long, value_name = "DAY", default_value = "")]
        signed_on: String,
        /// A debit is announced so many days before, if the payer agreed on fewer than usual.
        #[arg(long, value_name = "DAYS", default_value_t = 0)]
        notice_days: u32,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Write what is stored of a payer to a new folder, to be given to them: payer.json and photo.jpg.
    Export {
        /// 16 hexadecimal digits.
        payer: String,
        /// The folder; it must not exist.
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Erase who a payer is, at their wish; their sales stay under an id that leads to nobody. Nothing undoes it.
    Erase {
        /// 16 hexadecimal digits.
        payer: String,
        #[command(flatten)]
        approvals: TwoApprovalsArgs,
    },
    /// Give a payer a new card; it ends a freeze and a lock. The old card stops working immediately.
    NewCard {
        /// 16 hexadecimal digits.
        payer: String,
        /// 8 digits on the sealed envelope of the card, where an issuer makes the cards.
        #[arg(long, value_name = "SERIAL", default_value = "")]
        card: String,
        #[command(flatten)]
        approvals: TwoApprovalsArgs,
        /// How long to wait for the paper at most, in seconds.
        #[arg(long, value_name = "S", default_value_t = 120)]
        timeout: u64,
    },
}

/// An argument would be seen by every user of the machine.
fn iban() -> Result<String, Failure> {
    if let Ok(iban) = std::env::var("CHIT_IBAN") {
        return Ok(iban);
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|error| {
        Failure::usage(format!("cannot read the IBAN: {error}; give it by $CHIT_IBAN or on standard input"))
    })?;
    Ok(line.trim().to_owned())
}

async fn mandate(shop: &Shop, request: SetMandateRequest) -> Result<(), Failure> {
    let client = shop.bank();
    let answer = ask!(client.set_mandate(request)).await?;
    let mandate = answer.mandate.unwrap_or_default();
    let renewed = if answer.renewed { "yes: the payer signs this reference" } else { "" };
    let text = view::table(&[
        ("mandate", mandate.mandate_id.clone()),
        ("another one", renewed.to_owned()),
        ("payer", mandate.payer_id.clone()),
        ("signed on", mandate.signed_on.clone()),
        ("account", format!("…{}", mandate.iban_last4)),
        ("announced", format!("{} days before", mandate.notice_days)),
        ("expires on", mandate.expires_on.clone()),
    ]);
    let value = json!({
        "mandate_id": mandate.mandate_id,
        "renewed": answer.renewed,
        "payer_id": mandate.payer_id,
        "signed_on": mandate.signed_on,
        "iban_last4": mandate.iban_last4,
        "notice_days": mandate.notice_days,
        "expires_on": mandate.expires_on,
    });
    shop.output.result(text, &value);
    Ok(())
}

pub async fn run(shop: &Shop, command: PayerCommand) -> Result<(), Failure> {
    let (client, request_id) = (shop.payers(), shop.request_id());
    let payer = match command {
        PayerCommand::Mandate { payer: payer_id, holder, bic, signed_on, notice_days, approval } => {
            let iban = iban()?;
            let approval = Some(approval.needed().await?);
            let account_holder = holder;
            let request = SetMandateRequest {
                request_id,
                payer_id,
                account_holder,
                iban,
                bic,
                signed_on,
                notice_days,
                approval,
            };
            return mandate(shop, request).await;
        }
        PayerCommand::Export { payer, to, approval } => {
            let approval = approval.needed().await?;
            return payer_data::export(shop, payer, approval, &to).await;
        }
        PayerCommand::Erase { payer: payer_id, approvals } => {
            let (first, second) = approvals.needed().await?;
            let (approval, second_approval) = (Some(first), Some(second));
            let (client, request) =
                (shop.payer_data(), ErasePayerRequest { request_id, payer_id, approval, second_approval });
            ask!(client.erase_payer(request)).await?.payer
        }
        PayerCommand::Show { payer: payer_id } => {
            ask!(client.get_payer(GetPayerRequest { payer_id })).await?.payer
        }
        PayerCommand::ChangePhone { payer: payer_id, phone, approvals } => {
            let (first, second) = approvals.needed().await?;
            let (approval, second_approval) = (Some(first), Some(second));
            let request = ChangePhoneRequest { request_id, payer_id, phone, approval, second_approval };
            ask!(client.change_phone(request)).await?.payer
        }
        PayerCommand::NewCard { payer: payer_id, card: card_serial, approvals, timeout } => {
            let (first, second) = approvals.needed().await?;
            let (approval, second_approval) = (Some(first), Some(second));
            let request = ResetPayerRequest { request_id, payer_id, approval, second_approval, card_serial };
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
