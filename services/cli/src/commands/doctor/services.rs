//! The six services, asked over their sockets (grpc.health.v1).

use std::time::Duration;

use chit_runtime::Shared;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::{Check, Level};
use crate::shop::ask;

const DEADLINE: Duration = Duration::from_secs(2);

/// Service, its gRPC name, and what is missing while it is down.
const SERVICES: [(&str, &str, Level); 6] = [
    ("ledger", "chit.ledger.v1.LedgerService", Level::Fail),
    ("checkout", "chit.checkout.v1.SaleService", Level::Fail),
    ("printer", "chit.printer.v1.PrinterService", Level::Fail),
    ("media-capture", "chit.media_capture.v1.MediaCaptureService", Level::Fail),
    ("scanner", "chit.scanner.v1.ScannerService", Level::Warn),
    ("sms-gateway", "chit.sms_gateway.v1.SmsGatewayService", Level::Warn),
];

pub fn names() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|(service, ..)| *service)
}

pub async fn check(shared: &Shared) -> Vec<Check> {
    let mut checks = Vec::new();
    for (service, name, without_it) in SERVICES {
        checks.push(one(shared, service, name, without_it).await);
    }
    checks
}

async fn one(shared: &Shared, service: &str, name: &str, without_it: Level) -> Check {
    if !shared.socket_of(service).exists() {
        let found = format!("not running: no {}", shared.socket_of(service).display());
        return Check::new(without_it, service, found, start(service));
    }
    let client = HealthClient::new(chit_runtime::channel(shared, service));
    let request = HealthCheckRequest { service: name.to_owned() };
    match ask!(client.check(request), DEADLINE).await {
        Ok(answer) if answer.status() == ServingStatus::Serving => Check::ok(service, "serving"),
        Ok(answer) => {
            let step = "see its device below and its log";
            Check::new(without_it, service, format!("runs but says {}", answer.status().as_str_name()), step)
        }
        Err(status) if status.code() == tonic::Code::PermissionDenied => {
            let step = "run this as the shop's user or root, or list your uid in [chit] allow_uids";
            Check::new(Level::Fail, service, "does not let you in", step)
        }
        Err(status) => Check::new(without_it, service, status.message(), start(service)),
    }
}

fn start(service: &str) -> String {
    format!("start it: `systemctl start chit-{service}`, for a demo `./deploy/demo.sh`")
}
