//! The shop's services, as one command sees them.

use std::sync::Arc;
use std::time::Duration;

use chit_proto::checkout::v1::bank_service_client::BankServiceClient;
use chit_proto::checkout::v1::deduction_service_client::DeductionServiceClient;
use chit_proto::checkout::v1::device_service_client::DeviceServiceClient;
use chit_proto::checkout::v1::dispute_service_client::DisputeServiceClient;
use chit_proto::checkout::v1::event_service_client::EventServiceClient;
use chit_proto::checkout::v1::house_account_service_client::HouseAccountServiceClient;
use chit_proto::checkout::v1::payer_data_service_client::PayerDataServiceClient;
use chit_proto::checkout::v1::payer_service_client::PayerServiceClient;
use chit_proto::checkout::v1::sale_service_client::SaleServiceClient;
use chit_proto::checkout::v1::sandbox_service_client::SandboxServiceClient;
use chit_proto::checkout::v1::settlement_service_client::SettlementServiceClient;
use chit_proto::checkout::v1::shop_service_client::ShopServiceClient;
use chit_proto::checkout::v1::staff_service_client::StaffServiceClient;
use chit_proto::media_capture::v1::evidence_service_client::EvidenceServiceClient;
use chit_proto::media_capture::v1::station_service_client::StationServiceClient;
use chit_proto::printer::v1::printer_service_client::PrinterServiceClient;
use chit_proto::scanner::v1::scanner_service_client::ScannerServiceClient;
use chit_proto::sms_gateway::v1::sms_gateway_service_client::SmsGatewayServiceClient;
use chit_runtime::Channel;
use chit_runtime::Shared;
use chit_runtime::session::Token;

use crate::failure::Failure;
use crate::ids;
use crate::output::Output;

/// Long enough for a service that restarts and hashes a PIN.
pub const DEADLINE: Duration = Duration::from_secs(15);

/// Calls with the deadline, the bounded retry and the trace of the runtime: `ask!(client.get_sale(request))`.
macro_rules! ask {
    ($client:ident.$method:ident($request:expr)) => {
        ask!($client.$method($request), $crate::shop::DEADLINE)
    };
    ($client:ident.$method:ident($request:expr), $deadline:expr) => {
        chit_runtime::call($deadline, $request, |request| {
            let mut client = $client.clone();
            async move { client.$method(request).await }
        })
    };
}
pub(crate) use ask;

pub struct Shop {
    pub shared: Arc<Shared>,
    pub output: Output,
    checkout: Channel,
    /// Who acts, if somebody is signed in.
    session: Option<Token>,
    request_id: String,
}

impl Shop {
    /// One id for the whole command, its retries included.
    pub fn new(
        shared: Arc<Shared>,
        output: Output,
        session: Option<Token>,
        request_id: Option<String>,
    ) -> Result<Self, Failure> {
        let request_id = request_id.map_or_else(ids::ulid, Ok)?;
        let checkout = chit_runtime::channel(&shared, "checkout");
        Ok(Self { shared, output, checkout, session, request_id })
    }

    pub fn request_id(&self) -> String {
        self.request_id.clone()
    }

    /// The id of one step of a command that makes several requests.
    pub fn step_id(&self, step: &str) -> String {
        format!("{}-{step}", self.request_id)
    }

    fn checkout(&self) -> Channel {
        let checkout = self.checkout.clone();
        match &self.session {
            Some(token) => checkout.with_session(token.clone()),
            None => checkout,
        }
    }

    pub fn staff(&self) -> StaffServiceClient<Channel> {
        StaffServiceClient::new(self.checkout())
    }

    /// Whoever was signed in before.
    pub fn staff_unsigned(&self) -> StaffServiceClient<Channel> {
        StaffServiceClient::new(self.checkout.clone())
    }

    pub fn devices(&self) -> DeviceServiceClient<Channel> {
        DeviceServiceClient::new(self.checkout())
    }

    pub fn sales(&self) -> SaleServiceClient<Channel> {
        SaleServiceClient::new(self.checkout())
    }

    pub fn payers(&self) -> PayerServiceClient<Channel> {
        PayerServiceClient::new(self.checkout())
    }

    pub fn payer_data(&self) -> PayerDataServiceClient<Channel> {
        PayerDataServiceClient::new(self.checkout())
    }

    pub fn deductions(&self) -> DeductionServiceClient<Channel> {
        DeductionServiceClient::new(self.checkout())
    }

    pub fn settlements(&self) -> SettlementServiceClient<Channel> {
        SettlementServiceClient::new(self.checkout())
    }

    pub fn bank(&self) -> BankServiceClient<Channel> {
        BankServiceClient::new(self.checkout())
    }

    pub fn house_accounts(&self) -> HouseAccountServiceClient<Channel> {
        HouseAccountServiceClient::new(self.checkout())
    }

    pub fn disputes(&self) -> DisputeServiceClient<Channel> {
        DisputeServiceClient::new(self.checkout())
    }

    pub fn events(&self) -> EventServiceClient<Channel> {
        EventServiceClient::new(self.checkout())
    }

    pub fn shop(&self) -> ShopServiceClient<Channel> {
        ShopServiceClient::new(self.checkout())
    }

    pub fn sandbox(&self) -> SandboxServiceClient<Channel> {
        SandboxServiceClient::new(self.checkout())
    }

    pub fn evidence(&self) -> EvidenceServiceClient<Channel> {
        EvidenceServiceClient::new(chit_runtime::channel(&self.shared, "media-capture"))
    }

    pub fn station(&self) -> StationServiceClient<Channel> {
        StationServiceClient::new(chit_runtime::channel(&self.shared, "media-capture"))
    }

    pub fn printer(&self) -> PrinterServiceClient<Channel> {
        PrinterServiceClient::new(chit_runtime::channel(&self.shared, "printer"))
    }

    pub fn scanner(&self) -> ScannerServiceClient<Channel> {
        ScannerServiceClient::new(chit_runtime::channel(&self.shared, "scanner"))
    }

    pub fn sms(&self) -> SmsGatewayServiceClient<Channel> {
        SmsGatewayServiceClient::new(chit_runtime::channel(&self.shared, "sms-gateway"))
    }
}
