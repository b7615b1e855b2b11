//! The services, asked over their sockets (grpc.health.v1). One that hangs is told from one that does not run.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use chit_runtime::Shared;
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::{Check, Level, setting};
use crate::commands::key_files::{self, Owner};
use crate::commands::process::{self, Process};
use crate::shop::ask;

const DEADLINE: Duration = Duration::from_secs(2);

struct Service {
    name: &'static str,
    grpc: &'static str,
    /// What is missing while it does not run.
    stopped: Level,
    /// Somebody may do without the till or the scanner; one that runs and does not answer is broken.
    hung: Level,
}

const fn service(name: &'static str, grpc: &'static str, stopped: Level, hung: Level) -> Service {
    Service { name, grpc, stopped, hung }
}

static SERVICES: [Service; 7] = [
    service("ledger", "chit.ledger.v1.LedgerService", Level::Fail, Level::Fail),
    service("checkout", "chit.checkout.v1.SaleService", Level::Fail, Level::Fail),
    service("printer", "chit.printer.v1.PrinterService", Level::Fail, Level::Fail),
    service("media-capture", "chit.media_capture.v1.MediaCaptureService", Level::Fail, Level::Fail),
    service("scanner", "chit.scanner.v1.ScannerService", Level::Warn, Level::Fail),
    service("sms-gateway", "chit.sms_gateway.v1.SmsGatewayService", Level::Warn, Level::Fail),
    service("till", "", Level::Warn, Level::Fail),
];

/// Of a shop whose replies an issuer judges: without it the shop sells on, and replies wait.
static ISSUER: Service = service("issuer", "chit.issuer.v1.IssuerService", Level::Warn, Level::Warn);
/// On the issuer's own machine: without it no shop gets a verdict.
static OWN_ISSUER: Service = service("issuer", "chit.issuer.v1.IssuerService", Level::Fail, Level::Fail);
/// By which an issuer asks payers.
static GATEWAY: Service =
    service("sms-gateway", "chit.sms_gateway.v1.SmsGatewayService", Level::Fail, Level::Fail);

/// Those that this machine should run.
fn expected(shared: &Shared, config: &Path) -> Vec<&'static Service> {
    let owners = key_files::owners(&shared.keys_dir);
    let (shop, issuer) = (owners.contains(&Owner::Shop), owners.contains(&Owner::Issuer));
    let mut services: Vec<&Service> = if shop { SERVICES.iter().collect() } else { Vec::new() };
    if issuer {
        services.push(&OWN_ISSUER);
        if !shop && setting(config, "issuer", "sms_socket").is_some() {
            services.push(&GATEWAY);
        }
    } else if setting(config, "checkout", "verifier").as_deref() == Some("issuer") {
        services.push(&ISSUER);
    }
    services
}

/// Those whose section of chit.toml this machine's programs judge; a shop's issuer is configured elsewhere.
pub fn configured(shared: &Shared, config: &Path) -> Vec<&'static str> {
    let elsewhere = !key_files::owners(&shared.keys_dir).contains(&Owner::Issuer);
    let own = expected(shared, config).into_iter().map(|service| service.name);
    own.filter(|name| !(elsewhere && *name == ISSUER.name)).collect()
}

/// What was found, and who answered: nobody asks the others again.
pub async fn check(shared: &Shared, config: &Path) -> (Vec<Check>, Vec<&'static str>) {
    let mut asked = JoinSet::new();
    let services = expected(shared, config);
    for (place, service) in services.iter().copied().enumerate() {
        let (socket, channel) = (shared.socket_of(service.name), chit_runtime::channel(shared, service.name));
        let config = config.to_owned();
        asked.spawn(async move { (place, one(service, &socket, channel, &config).await) });
    }
    let mut found = asked.join_all().await;
    found.sort_by_key(|(place, _)| *place);
    let answered = found.iter().filter(|(_, (_, answered))| *answered);
    let answered = answered.map(|(place, _)| services[*place].name).collect();
    (found.into_iter().map(|(_, (check, _))| check).collect(), answered)
}

async fn one(
    service: &Service,
    socket: &Path,
    channel: chit_runtime::Channel,
    config: &Path,
) -> (Check, bool) {
    match tokio::time::timeout(DEADLINE, UnixStream::connect(socket)).await {
        Ok(Ok(_open)) => {}
        Ok(Err(error)) if error.kind() != ErrorKind::WouldBlock => {
            return (unconnected(service, socket, &error), false);
        }
        // Its queue of callers is full.
        Ok(Err(_)) | Err(_) => return (silent(service, config), false),
    }
    let client = HealthClient::new(channel);
    let request = HealthCheckRequest { service: service.grpc.to_owned() };
    match ask!(client.check(request), DEADLINE).await {
        Ok(answer) if answer.status() == ServingStatus::Serving => (Check::ok(service.name, "serving"), true),
        Ok(answer) => {
            let found = format!("runs but says {}", answer.status().as_str_name());
            (Check::new(service.stopped, service.name, found, "see its device below and its log"), true)
        }
        Err(status) if status.code() == tonic::Code::PermissionDenied => {
            let step = "use sudo, or list your user in [chit] allow_uids";
            (Check::new(Level::Fail, service.name, "does not let you in", step), false)
        }
        Err(_no_answer) => (silent(service, config), false),
    }
}

fn unconnected(service: &Service, socket: &Path, error: &io::Error) -> Check {
    let (name, socket) = (service.name, socket.display());
    match error.kind() {
        ErrorKind::NotFound => {
            Check::new(service.stopped, name, format!("not running: no {socket}"), start(name))
        }
        ErrorKind::ConnectionRefused => {
            Check::new(service.stopped, name, format!("not running: nobody listens at {socket}"), start(name))
        }
        ErrorKind::PermissionDenied => {
            Check::new(Level::Fail, name, format!("you may not connect to {socket}"), "use sudo")
        }
        _ => Check::new(service.stopped, name, format!("cannot connect to {socket}: {error}"), start(name)),
    }
}

/// Its socket takes callers, which systemd's does for a service that is down, too.
fn silent(service: &Service, config: &Path) -> Check {
    let name = service.name;
    let within = format!("no answer within {} s", DEADLINE.as_secs());
    match process::of(Path::new(&format!("chit-{name}")), config) {
        None => {
            let found = format!("not running: its socket waits, {within}");
            let step = format!(
                "see why it does not start: `systemctl status chit-{name}`, `journalctl -u chit-{name}`"
            );
            Check::new(service.stopped, name, found, step)
        }
        Some(Process { pid, held: true }) => {
            let found = format!("held: process {pid} was stopped by a signal, {within}");
            let step = format!("let it go on: `kill -CONT {pid}`; or `systemctl restart chit-{name}`");
            Check::new(service.hung, name, found, step)
        }
        Some(Process { pid, held: false }) => {
            let found = format!("hangs: process {pid} runs, {within}");
            Check::new(service.hung, name, found, format!("restart it: `systemctl restart chit-{name}`"))
        }
    }
}

fn start(service: &str) -> String {
    format!("start it: `systemctl start chit-{service}`, for a demo `./deploy/demo.sh`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    /// The state of a service whose socket is there and whose process is not.
    #[tokio::test]
    async fn a_socket_that_nobody_answers_is_told_from_one_that_nobody_listens_at() {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::sandbox_in(dir.path());
        std::fs::create_dir(&shared.run_dir).unwrap();
        let _waits = UnixListener::bind(shared.socket_of("till")).unwrap();
        drop(UnixListener::bind(shared.socket_of("scanner")).unwrap());
        let (checks, answered) = check(&shared, &dir.path().join("chit.toml")).await;
        let of = |name: &str| checks.iter().find(|check| check.what == name).unwrap();
        assert!(of("till").found.contains("its socket waits, no answer within 2 s"), "{checks:?}");
        assert!(of("scanner").found.contains("nobody listens"), "{checks:?}");
        assert!(of("ledger").found.contains("not running: no "), "{checks:?}");
        assert!(answered.is_empty());
    }

    #[test]
    fn an_issuers_machine_runs_the_issuer_and_its_gateway_and_no_shop() {
        let dir = tempfile::tempdir().unwrap();
        let (shared, config) = (Shared::sandbox_in(dir.path()), dir.path().join("chit.toml"));
        std::fs::create_dir(&shared.keys_dir).unwrap();
        let names = || configured(&shared, &config);
        std::fs::write(&config, "[checkout]\nverifier = \"issuer\"\n").unwrap();
        assert!(names().contains(&"till") && !names().contains(&"issuer"));
        assert_eq!(expected(&shared, &config).last().unwrap().stopped, Level::Warn);
        std::fs::write(shared.keys_dir.join(Owner::Issuer.ids_file()), "").unwrap();
        assert_eq!(names(), ["issuer"]);
        std::fs::write(&config, "[issuer]\nsms_socket = \"/run/chit/sms-gateway.sock\"\n").unwrap();
        assert_eq!(names(), ["issuer", "sms-gateway"]);
        assert!(expected(&shared, &config).iter().all(|service| service.stopped == Level::Fail));
    }
}
