//! `chit enrol`: a payer gets a code and a card.

use std::time::Duration;

use chit_proto::checkout::v1::event::Resource;
use chit_proto::checkout::v1::{EnrolPayerRequest, GetPayerRequest, Payer, PayerState};

use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::follow::Follower;
use crate::shop::{Shop, ask};
use crate::view;

#[derive(clap::Args, Debug)]
pub struct EnrolArgs {
    /// Name for the mandate.
    #[arg(long)]
    name: String,
    /// Phone number in E.164 or as dialled in the shop's country.
    #[arg(long)]
    phone: String,
    /// Language of SMS to the payer.
    #[arg(long, default_value = "zh-CN", value_parser = ["zh-CN", "en"])]
    language: String,
    /// The payer consents to photo, video and storage; without it there is no enrolment.
    #[arg(long)]
    consent: bool,
    /// 8 digits on the sealed envelope of the card, where an issuer makes the cards.
    #[arg(long, value_name = "SERIAL", default_value = "")]
    card: String,
    #[command(flatten)]
    approval: ApprovalArgs,
    /// Return as soon as the payer is enrolled; the default waits for the papers.
    #[arg(long)]
    no_wait: bool,
    /// Wait until the payer has answered the first challenge and may buy.
    #[arg(long, conflicts_with = "no_wait")]
    until_active: bool,
    /// How long to wait at most, in seconds.
    #[arg(long, value_name = "S", default_value_t = 120)]
    timeout: u64,
}

pub async fn run(shop: &Shop, args: EnrolArgs) -> Result<(), Failure> {
    let request = EnrolPayerRequest {
        request_id: shop.request_id(),
        name: args.name,
        phone: args.phone,
        language: args.language,
        consent: args.consent,
        approval: Some(args.approval.needed().await?),
        card_serial: args.card,
    };
    let client = shop.payers();
    let enrolled = ask!(client.enrol_payer(request)).await?.payer.unwrap_or_default();
    let mut payer = enrolled;
    if !args.no_wait {
        let wait = Duration::from_secs(args.timeout);
        wait_for(shop, &payer, args.until_active, wait).await?;
        let request = GetPayerRequest { payer_id: payer.payer_id };
        payer = ask!(client.get_payer(request)).await?.payer.unwrap_or_default();
    }
    shop.output.result(view::payer_text(&payer), &view::payer_json(&payer));
    Ok(())
}

/// Until the papers of this code's serial are printed; a payer who was enrolled long ago has older events.
pub async fn wait_for(
    shop: &Shop,
    wanted: &Payer,
    until_active: bool,
    wait: Duration,
) -> Result<(), Failure> {
    let mut follower = Follower::new(shop, &wanted.payer_id, wait);
    let mut told = PayerState::Unspecified;
    loop {
        let Resource::Payer(payer) = follower.next().await? else { continue };
        if payer.code_serial < wanted.code_serial {
            continue;
        }
        if payer.state() != told {
            told = payer.state();
            shop.output.progress(progress(&payer));
        }
        let papers_are_out = !matches!(payer.state(), PayerState::Unspecified | PayerState::Enrolling);
        if papers_are_out && (!until_active || payer.state() != PayerState::Pending) {
            return Ok(());
        }
    }
}

fn progress(payer: &Payer) -> &'static str {
    match payer.state() {
        PayerState::Enrolling => "printing the papers …",
        PayerState::Pending => {
            "printed; the code becomes active when the payer answers the first challenge by SMS"
        }
        PayerState::Active => "the code is active",
        _ => "the code is not active; see `chit status`",
    }
}
