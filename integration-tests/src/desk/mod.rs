//! What a till and a back office do: gRPC calls to the services, and waiting for what the events say.

mod asking;
mod back_office;
mod camera;
mod counter;
mod events;

use checkout::bank_service_client::BankServiceClient;
use checkout::deduction_service_client::DeductionServiceClient;
use checkout::dispute_service_client::DisputeServiceClient;
use checkout::enquiry_service_client::EnquiryServiceClient;
use checkout::event_service_client::EventServiceClient;
use checkout::house_account_service_client::HouseAccountServiceClient;
use checkout::payer_service_client::PayerServiceClient;
use checkout::sale_service_client::SaleServiceClient;
use checkout::sandbox_service_client::SandboxServiceClient;
use checkout::settlement_service_client::SettlementServiceClient;
use checkout::shop_service_client::ShopServiceClient;
use checkout::staff_service_client::StaffServiceClient;
use chit_proto::checkout::v1 as checkout;
use chit_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use chit_proto::media_capture::v1::evidence_service_client::EvidenceServiceClient;
use chit_proto::media_capture::v1::media_capture_service_client::MediaCaptureServiceClient;
use chit_proto::printer::v1::printer_service_client::PrinterServiceClient;
use chit_proto::scanner::v1::scanner_service_client::ScannerServiceClient;
use chit_proto::sms_gateway::v1::sms_gateway_service_client::SmsGatewayServiceClient;
use chit_runtime::Channel;
use chit_runtime::session::Token;

use crate::ask;
use crate::house::{House, Pins};

pub use asking::{CALL_MAX, Refused, settle};
pub use counter::{CASHIER, SUPERVISOR};
pub use events::Journal;

/// Clients of all services; cheap to clone.
#[derive(Clone)]
pub struct Desk {
    pub pins: Pins,
    /// The shop's, an IANA name.
    pub time_zone: String,
    pub currency_code: String,
    pub sales: SaleServiceClient<Channel>,
    pub payers: PayerServiceClient<Channel>,
    /// Sees the serials of cards.
    pub payers_supervised: PayerServiceClient<Channel>,
    pub deductions: DeductionServiceClient<Channel>,
    pub settlements: SettlementServiceClient<Channel>,
    pub bank: BankServiceClient<Channel>,
    pub house_accounts: HouseAccountServiceClient<Channel>,
    pub disputes: DisputeServiceClient<Channel>,
    pub enquiries: EnquiryServiceClient<Channel>,
    pub events: EventServiceClient<Channel>,
    pub shop: ShopServiceClient<Channel>,
    pub sandbox: SandboxServiceClient<Channel>,
    pub ledger: LedgerServiceClient<Channel>,
    pub printer: PrinterServiceClient<Channel>,
    pub media: MediaCaptureServiceClient<Channel>,
    pub evidence: EvidenceServiceClient<Channel>,
    pub scanner: ScannerServiceClient<Channel>,
    pub sms: SmsGatewayServiceClient<Channel>,
}

impl Desk {
    /// The cashier sells, the supervisor looks into things and settles; nobody is signed in for the rest.
    pub async fn at(house: &House) -> anyhow::Result<Self> {
        let to = |service| chit_runtime::channel(&house.shared, service);
        let checkout = to("checkout");
        let cashier = signed_in(house, CASHIER).await?;
        let supervisor = signed_in(house, SUPERVISOR).await?;
        Ok(Self {
            pins: house.pins.clone(),
            time_zone: house.shared.time_zone.clone(),
            currency_code: house.currency_code.clone(),
            sales: SaleServiceClient::new(cashier.clone()),
            payers: PayerServiceClient::new(cashier.clone()),
            payers_supervised: PayerServiceClient::new(supervisor.clone()),
            deductions: DeductionServiceClient::new(cashier.clone()),
            settlements: SettlementServiceClient::new(supervisor.clone()),
            bank: BankServiceClient::new(supervisor.clone()),
            house_accounts: HouseAccountServiceClient::new(cashier.clone()),
            disputes: DisputeServiceClient::new(cashier.clone()),
            enquiries: EnquiryServiceClient::new(supervisor.clone()),
            events: EventServiceClient::new(supervisor),
            shop: ShopServiceClient::new(cashier),
            sandbox: SandboxServiceClient::new(checkout),
            ledger: LedgerServiceClient::new(to("ledger")),
            printer: PrinterServiceClient::new(to("printer")),
            media: MediaCaptureServiceClient::new(to("media-capture")),
            evidence: EvidenceServiceClient::new(to("media-capture")),
            scanner: ScannerServiceClient::new(to("scanner")),
            sms: SmsGatewayServiceClient::new(to("sms-gateway")),
        })
    }
}

/// Checkout, for somebody whose PIN `chit init` told.
pub async fn signed_in(house: &House, name: &str) -> anyhow::Result<Channel> {
    let checkout = chit_runtime::channel(&house.shared, "checkout");
    let staff = StaffServiceClient::new(checkout.clone());
    let typed = house.pins.approval(name)?;
    let request = checkout::SignInRequest { actor: typed.actor, pin: typed.pin, browser: String::new() };
    let token = ask!(staff, sign_in, request)?.session_token;
    Ok(checkout.with_session(Token::new(&token)?))
}

/// A new id of a request or of a resource.
pub fn new_id() -> String {
    ulid::Ulid::generate().to_string()
}
