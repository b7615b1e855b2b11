//! The services behind the pages.

use std::time::Duration;

use checkout::bank_service_client::BankServiceClient;
use checkout::deduction_service_client::DeductionServiceClient;
use checkout::device_service_client::DeviceServiceClient;
use checkout::dispute_service_client::DisputeServiceClient;
use checkout::enquiry_service_client::EnquiryServiceClient;
use checkout::event_service_client::EventServiceClient;
use checkout::payer_service_client::PayerServiceClient;
use checkout::sale_service_client::SaleServiceClient;
use checkout::settlement_service_client::SettlementServiceClient;
use checkout::shop_service_client::ShopServiceClient;
use checkout::staff_service_client::StaffServiceClient;
use chit_proto::checkout::v1 as checkout;
use chit_proto::media_capture::v1::media_capture_service_client::MediaCaptureServiceClient;
use chit_proto::scanner::v1::scanner_service_client::ScannerServiceClient;
use chit_runtime::Channel;

/// A cashier's press of a key; a restart of checkout fits in.
pub const CALL_MAX: Duration = Duration::from_secs(3);
/// Committing waits for the ledger.
pub const COMMIT_MAX: Duration = Duration::from_secs(7);
/// How long the camera looks for the payer's code, and the call around it.
pub const LOOK_MS: u32 = 8_000;
pub const LOOK_MAX: Duration = Duration::from_secs(11);
/// A camera's picture may be larger than tonic's 4 MiB.
const MESSAGE_BYTES_MAX: usize = 8 << 20;

#[derive(Clone)]
pub struct Peers {
    pub sales: SaleServiceClient<Channel>,
    pub payers: PayerServiceClient<Channel>,
    pub deductions: DeductionServiceClient<Channel>,
    pub settlements: SettlementServiceClient<Channel>,
    pub bank: BankServiceClient<Channel>,
    pub disputes: DisputeServiceClient<Channel>,
    pub enquiries: EnquiryServiceClient<Channel>,
    pub events: EventServiceClient<Channel>,
    pub shop: ShopServiceClient<Channel>,
    pub staff: StaffServiceClient<Channel>,
    pub devices: DeviceServiceClient<Channel>,
    pub media: MediaCaptureServiceClient<Channel>,
    pub scanner: ScannerServiceClient<Channel>,
}

impl Peers {
    pub fn new(shared: &chit_runtime::Shared) -> Self {
        let checkout = chit_runtime::channel(shared, "checkout");
        let media = chit_runtime::channel(shared, "media-capture");
        Self {
            sales: SaleServiceClient::new(checkout.clone()),
            payers: PayerServiceClient::new(checkout.clone()),
            deductions: DeductionServiceClient::new(checkout.clone()),
            settlements: SettlementServiceClient::new(checkout.clone()),
            bank: BankServiceClient::new(checkout.clone()),
            disputes: DisputeServiceClient::new(checkout.clone()),
            enquiries: EnquiryServiceClient::new(checkout.clone()),
            events: EventServiceClient::new(checkout.clone()),
            shop: ShopServiceClient::new(checkout.clone()),
            staff: StaffServiceClient::new(checkout.clone()),
            devices: DeviceServiceClient::new(checkout),
            media: MediaCaptureServiceClient::new(media).max_decoding_message_size(MESSAGE_BYTES_MAX),
            scanner: ScannerServiceClient::new(chit_runtime::channel(shared, "scanner")),
        }
    }
}

/// `call!(till.peers.sales.get_sale(request))` or `call!(peers.sales.get_sale(request), COMMIT_MAX)`: one call through
/// `chit_runtime::call`, so that a restart is not seen.
macro_rules! call {
    ($owner:ident . peers . $service:ident . $method:ident ( $request:expr )) => {
        $crate::peers::call!($owner.peers.$service.$method($request), $crate::peers::CALL_MAX)
    };
    ($owner:ident . peers . $service:ident . $method:ident ( $request:expr ), $deadline:expr) => {{
        let peers = &$owner.peers;
        $crate::peers::call!(peers.$service.$method($request), $deadline)
    }};
    ($peers:ident . $service:ident . $method:ident ( $request:expr ), $deadline:expr) => {
        chit_runtime::call($deadline, $request, |request| {
            let mut client = $peers.$service.clone();
            async move { client.$method(request).await }
        })
    };
}

pub(crate) use call;
