//! The other services, as checkout calls them: every call has a deadline and may be repeated.

use std::time::Duration;

use chit_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use chit_proto::media_capture::v1::media_capture_service_client::MediaCaptureServiceClient;
use chit_proto::printer::v1::printer_service_client::PrinterServiceClient;
use chit_proto::scanner::v1::scanner_service_client::ScannerServiceClient;
use chit_proto::sms_gateway::v1::sms_gateway_service_client::SmsGatewayServiceClient;
use chit_runtime::Channel;

/// An ordinary call between services on one host; a restart fits in.
pub const CALL_MAX: Duration = Duration::from_secs(3);

/// A frame stream never comes through these clients, so 4 MiB (tonic's default) is enough but for snapshots.
const MESSAGE_BYTES_MAX: usize = 8 << 20;

#[derive(Clone)]
pub struct Far {
    pub ledger: LedgerServiceClient<Channel>,
    pub media: MediaCaptureServiceClient<Channel>,
    pub printer: PrinterServiceClient<Channel>,
    pub scanner: ScannerServiceClient<Channel>,
    pub sms: SmsGatewayServiceClient<Channel>,
}

impl Far {
    pub fn new(shared: &chit_runtime::Shared) -> Self {
        let to = |service| chit_runtime::channel(shared, service);
        Self {
            ledger: LedgerServiceClient::new(to("ledger")),
            media: MediaCaptureServiceClient::new(to("media-capture"))
                .max_decoding_message_size(MESSAGE_BYTES_MAX),
            printer: PrinterServiceClient::new(to("printer")),
            scanner: ScannerServiceClient::new(to("scanner")),
            sms: SmsGatewayServiceClient::new(to("sms-gateway")),
        }
    }
}

/// `far!(shop.ledger.get_head(request), deadline)`: one call through `chit_runtime::call`.
#[macro_export]
macro_rules! far {
    ($shop:ident . $service:ident . $method:ident ( $request:expr ), $deadline:expr) => {
        chit_runtime::call($deadline, $request, |request| {
            let mut client = $shop.far.$service.clone();
            async move { client.$method(request).await }
        })
    };
    ($shop:ident . $service:ident . $method:ident ( $request:expr )) => {
        $crate::far!($shop.$service.$method($request), $crate::saga::far::CALL_MAX)
    };
}
