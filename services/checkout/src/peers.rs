//! The other services, as checkout calls them: every call has a deadline and may be repeated.

use std::time::Duration;

use chit_proto::issuer::v1::issuer_service_client::IssuerServiceClient;
use chit_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use chit_proto::media_capture::v1::evidence_service_client::EvidenceServiceClient;
use chit_proto::media_capture::v1::media_capture_service_client::MediaCaptureServiceClient;
use chit_proto::media_capture::v1::station_service_client::StationServiceClient;
use chit_proto::printer::v1::printer_service_client::PrinterServiceClient;
use chit_proto::scanner::v1::scanner_service_client::ScannerServiceClient;
use chit_proto::sms_gateway::v1::sms_gateway_service_client::SmsGatewayServiceClient;
use chit_proto::trouble::v1::trouble_service_client::TroubleServiceClient;
use chit_runtime::Channel;
use tonic::{Code, Status};

use crate::values::refusal::Refusal;

/// An ordinary call between services on one host; a restart fits in.
pub const CALL_MAX: Duration = Duration::from_secs(3);

/// A frame stream never comes through these clients, so 4 MiB (tonic's default) is enough but for snapshots.
const MESSAGE_BYTES_MAX: usize = 8 << 20;

#[derive(Clone)]
pub struct Peers {
    /// Called only where an issuer judges.
    pub issuer: IssuerServiceClient<Channel>,
    pub ledger: LedgerServiceClient<Channel>,
    pub media: MediaCaptureServiceClient<Channel>,
    pub evidence: EvidenceServiceClient<Channel>,
    pub station: StationServiceClient<Channel>,
    pub printer: PrinterServiceClient<Channel>,
    pub scanner: ScannerServiceClient<Channel>,
    pub sms: SmsGatewayServiceClient<Channel>,
    /// What each of them warns of.
    pub troubles: [TroubleServiceClient<Channel>; 5],
}

impl Peers {
    pub fn new(shared: &chit_runtime::Shared) -> Self {
        let [ledger, media, printer, scanner, sms] =
            ["ledger", "media-capture", "printer", "scanner", "sms-gateway"]
                .map(|service| chit_runtime::channel(shared, service));
        Self {
            troubles: [&ledger, &media, &printer, &scanner, &sms]
                .map(|channel| TroubleServiceClient::new(channel.clone())),
            issuer: IssuerServiceClient::new(chit_runtime::channel(shared, "issuer")),
            ledger: LedgerServiceClient::new(ledger),
            evidence: EvidenceServiceClient::new(media.clone()),
            station: StationServiceClient::new(media.clone()),
            media: MediaCaptureServiceClient::new(media).max_decoding_message_size(MESSAGE_BYTES_MAX),
            printer: PrinterServiceClient::new(printer),
            scanner: ScannerServiceClient::new(scanner),
            sms: SmsGatewayServiceClient::new(sms),
        }
    }
}

/// Why another service did not do what it was asked, and whether to try again soon.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It is away or busy: try again soon.
    #[error("the other service did not answer: {0}")]
    Away(Status),
    /// It did what it was asked and has no answer yet: a person thinks about it.
    #[error("the other service waits for a person")]
    Waits,
    /// It refused: the same again is not expected to help.
    #[error("the other service refused ({reason})")]
    Refused { reason: String, status: Status },
    /// Our own state.
    #[error(transparent)]
    State(#[from] Refusal),
}

impl From<Status> for Fault {
    fn from(status: Status) -> Self {
        match status.code() {
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::Unknown
            | Code::ResourceExhausted
            | Code::Internal => Self::Away(status),
            _ => {
                let reason = chit_runtime::error::reason_of(&status).unwrap_or_else(|| "NO_REASON".into());
                Self::Refused { reason, status }
            }
        }
    }
}

/// `peer!(shop.ledger.get_head(request), deadline)`: one call through `chit_runtime::call`.
macro_rules! peer {
    ($shop:ident . $service:ident . $method:ident ( $request:expr ), $deadline:expr) => {
        chit_runtime::call($deadline, $request, |request| {
            let mut client = $shop.peers.$service.clone();
            async move { client.$method(request).await }
        })
    };
    ($shop:ident . $service:ident . $method:ident ( $request:expr )) => {
        $crate::peers::peer!($shop.$service.$method($request), $crate::peers::CALL_MAX)
    };
}

pub(crate) use peer;
