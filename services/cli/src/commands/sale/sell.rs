//! A whole sale without a screen: basket, payer, commit, receipt, release.

use std::path::PathBuf;
use std::time::Duration;

use chit_proto::checkout::v1::event::Resource;
use chit_proto::checkout::v1::{
    CommitSaleRequest, ConfirmPersonRequest, GetSaleRequest, PresentPayerRequest, ReceiptState,
    ReleaseSaleRequest, Sale, SaleState, ScanPayerRequest, SetBasketRequest, StartSaleRequest,
    VoidSaleRequest,
};
use chit_proto::money::v1::Money;

use super::line::Line;
use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::follow::{Follower, TIMEOUT};
use crate::shop::{DEADLINE, Shop, ask};
use crate::{money, view};

/// A payer code has 237 digits; a whole QR code at most 4,296 characters.
const CODE_LEN_MAX: usize = 4096;

#[derive(clap::Args, Debug)]
pub struct SellArgs {
    /// GTIN|description|quantity|unit price in minor units; once for every line of the basket.
    #[arg(long = "line", value_name = "LINE", required = true)]
    lines: Vec<Line>,
    /// File with the text of the payer's code, read elsewhere.
    #[arg(long, value_name = "FILE", conflicts_with = "scan_camera")]
    payer_code_file: Option<PathBuf>,
    /// Look for the payer's code through the camera; without it the handheld is waited for.
    #[arg(long)]
    scan_camera: bool,
    /// How long to wait for the payer's code, in seconds.
    #[arg(long, value_name = "S", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=30))]
    scan_timeout: u32,
    /// The person at the till is the one of the enrolment photo.
    #[arg(long, conflicts_with = "other_person")]
    same_person: bool,
    /// The person at the till is another one.
    #[arg(long)]
    other_person: bool,
    /// Who approves a sale over a limit: a staff name. The PIN is read as elsewhere.
    // Not flattened: clap derives no group for a struct that holds another, and so would never see this one.
    #[arg(long, value_name = "NAME")]
    approver: Option<String>,
    /// File with the approver's PIN.
    #[arg(long, value_name = "FILE", requires = "approver")]
    pin_file: Option<PathBuf>,
    /// Release the payer as soon as the receipt is on paper.
    #[arg(long)]
    release: bool,
    /// How long to wait for the receipt (and the seal, if released), in seconds.
    #[arg(long, value_name = "S", default_value_t = 120)]
    timeout: u64,
}

pub async fn run(shop: &Shop, args: SellArgs, currency: &str) -> Result<(), Failure> {
    let client = shop.sales();
    let start = StartSaleRequest { request_id: shop.step_id("start"), lane: String::new() };
    let sale_id = ask!(client.start_sale(start)).await?.sale.unwrap_or_default().sale_id;
    shop.output.progress(format!("sale {sale_id}"));
    if let Err(failure) = commit(shop, &args, &sale_id, currency).await {
        return Err(give_up(shop, sale_id, failure).await);
    }
    let mut follower = Follower::new(shop, &sale_id, Duration::from_secs(args.timeout));
    follow(shop, &mut follower, &args, &sale_id).await?;
    let sale = ask!(client.get_sale(GetSaleRequest { sale_id })).await?.sale.unwrap_or_default();
    shop.output.result(view::sale_text(&sale), &view::sale_json(&sale));
    Ok(())
}

/// From the basket to the durable sale.
async fn commit(shop: &Shop, args: &SellArgs, sale_id: &str, currency: &str) -> Result<(), Failure> {
    let client = shop.sales();
    let lines: Vec<_> = args.lines.iter().map(|line| line.0.clone()).collect();
    let total = lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.total_minor));
    let amount_minor = total.ok_or_else(|| Failure::usage("the lines add up to more than there is money"))?;
    let basket = SetBasketRequest {
        request_id: shop.step_id("basket"),
        sale_id: sale_id.to_owned(),
        lines,
        total: Some(Money { amount_minor, currency_code: currency.to_owned() }),
        ..Default::default()
    };
    ask!(client.set_basket(basket)).await?;
    shop.output.progress(format!("basket of {}", money::amount(amount_minor, currency)));
    payer(shop, args, sale_id).await?;
    if args.same_person || args.other_person {
        let confirm = ConfirmPersonRequest {
            request_id: shop.step_id("person"),
            sale_id: sale_id.to_owned(),
            same_person: args.same_person,
        };
        ask!(client.confirm_person(confirm)).await?;
    }
    let approval = ApprovalArgs { approver: args.approver.clone(), pin_file: args.pin_file.clone() };
    let commit = CommitSaleRequest {
        request_id: shop.step_id("commit"),
        sale_id: sale_id.to_owned(),
        approval: approval.given().await?,
        ..Default::default()
    };
    ask!(client.commit_sale(commit)).await?;
    Ok(())
}

/// A draft that will not be sold must not catch the next goods of the handheld. It is only voided after a clear no:
/// a commit whose answer was lost may have happened.
async fn give_up(shop: &Shop, sale_id: String, failure: Failure) -> Failure {
    if failure.is_certain() {
        let void =
            VoidSaleRequest { request_id: shop.step_id("void"), sale_id, ..VoidSaleRequest::default() };
        let client = shop.sales();
        match ask!(client.void_sale(void)).await {
            Ok(_) => shop.output.progress("nothing was sold; the draft is void"),
            Err(status) => {
                shop.output.progress(format!("the draft could not be voided: {}", status.message()))
            }
        }
    }
    failure
}

async fn payer(shop: &Shop, args: &SellArgs, sale_id: &str) -> Result<(), Failure> {
    let client = shop.sales();
    if let Some(file) = &args.payer_code_file {
        let place = |error| Failure::usage(format!("cannot read {}: {error}", file.display()));
        let mut code = std::fs::read(file).map_err(place)?;
        code.truncate(code.trim_ascii_end().len());
        if code.is_empty() || code.len() > CODE_LEN_MAX {
            return Err(Failure::usage(format!("{} holds no payer's code", file.display())));
        }
        let request_id = shop.step_id("payer");
        let engine = "file".to_owned();
        let present = PresentPayerRequest { request_id, sale_id: sale_id.to_owned(), code, engine };
        ask!(client.present_payer(present)).await?;
        return Ok(());
    }
    let wait = Duration::from_secs(args.scan_timeout.into());
    if args.scan_camera {
        shop.output.progress("hold the payer's code before the camera …");
        let timeout_ms = args.scan_timeout * 1000;
        let request_id = shop.step_id("payer");
        let scan = ScanPayerRequest { request_id, sale_id: sale_id.to_owned(), timeout_ms };
        ask!(client.scan_payer(scan), wait + DEADLINE).await?;
        return Ok(());
    }
    shop.output.progress("scan the payer's code with the handheld …");
    let mut follower = Follower::new(shop, sale_id, wait);
    loop {
        match follower.next().await {
            Ok(Resource::Sale(sale)) if sale.state() >= SaleState::PayerOk => return Ok(()),
            Ok(_) => {}
            Err(failure) if failure.reason == TIMEOUT => {
                let message =
                    "the handheld read no payer's code that is accepted; try again, or use --scan-camera";
                return Err(Failure::refused("NO_CODE_SEEN", message));
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Until the receipt is on paper; with --release until the evidence is sealed.
async fn follow(shop: &Shop, follower: &mut Follower, args: &SellArgs, sale_id: &str) -> Result<(), Failure> {
    let client = shop.sales();
    let mut told = Told::default();
    let mut released = false;
    loop {
        let Resource::Sale(sale) = follower.next().await? else { continue };
        told.tell(shop, &sale);
        if sale.state() == SaleState::Voided {
            return Err(Failure::refused("VOIDED", "the sale was voided"));
        }
        let printed = sale.receipt.as_ref().is_some_and(|receipt| receipt.state() == ReceiptState::Printed);
        if sale.state() >= SaleState::Sealed
            || (printed && !args.release && sale.state() < SaleState::Released)
        {
            return Ok(());
        }
        if args.release && printed && !released && sale.state() < SaleState::Released {
            let release =
                ReleaseSaleRequest { request_id: shop.step_id("release"), sale_id: sale_id.to_owned() };
            match ask!(client.release_sale(release)).await {
                Ok(_) => released = true,
                // Photo and video may come a moment later, or a person must override: the next change tells.
                Err(status) if is_evidence_missing(&status) => {}
                Err(status) => return Err(status.into()),
            }
        }
    }
}

fn is_evidence_missing(status: &tonic::Status) -> bool {
    chit_runtime::error::reason_of(status).as_deref() == Some("EVIDENCE_MISSING")
}

/// What was said already is not said again.
#[derive(Default)]
struct Told {
    state: Option<SaleState>,
    attention: Vec<i32>,
}

impl Told {
    fn tell(&mut self, shop: &Shop, sale: &Sale) {
        if self.state != Some(sale.state()) {
            self.state = Some(sale.state());
            shop.output.progress(format!("  {}", view::state_name(sale.state())));
        }
        if self.attention != sale.attention {
            for attention in sale.attention() {
                shop.output.progress(format!("  ! {}", view::attention_text(attention, &sale.sale_id)));
            }
            self.attention.clone_from(&sale.attention);
        }
    }
}
