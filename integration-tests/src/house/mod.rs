//! The house: folders, simulators and services of one shop, started and ended together.

mod config;
mod init;
mod issuer;
mod keeper;
mod place;
mod ports;
mod simulators;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use chit_proto::sms_gateway::v1::sms_gateway_service_client::SmsGatewayServiceClient;
use chit_proto::sms_gateway::v1::{ModemState, WatchModemRequest};
use chit_runtime::Shared;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

pub use config::GOODS;
pub use init::Pins;
pub use issuer::Issuer;
pub use keeper::Keeper;
pub use place::Place;
pub use rustix::process::Signal;
pub use simulators::Simulators;

use ports::Ports;

/// In the order in which their state is needed: each may call those before it.
pub const SERVICES: [&str; 6] = ["ledger", "printer", "media-capture", "scanner", "sms-gateway", "checkout"];
/// The seventh; scripts sell without it.
pub const TILL: &str = "till";
/// Of no shop; where one judges, it has a place of its own.
pub const ISSUER: &str = "issuer";
/// A service answers its health check within this time of its start, on a busy machine too.
pub const READY_MAX: Duration = Duration::from_secs(30);

/// What differs from house to house.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where traces go, as `http://host:port`.
    pub otlp_endpoint: Option<String>,
    /// Where the printer listens if that is free; else any port.
    pub printer_port: u16,
    /// Starts the till's pages too; they listen here if that is free, else at any port.
    pub till_port: Option<u16>,
    /// Starts an issuer too, which judges what this shop's payers answer and asks them about the sum.
    pub issuer: bool,
    /// Settings laid over the house's own chit.toml: section → key → value.
    pub settings: toml::Table,
}

impl Options {
    /// The same with one more setting.
    pub fn set(mut self, section: &str, key: &str, value: impl Into<toml::Value>) -> Self {
        let entry = self.settings.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        if let Some(table) = entry.as_table_mut() {
            table.insert(key.to_owned(), value.into());
        }
        self
    }

    /// What the shop counts in.
    fn currency_code(&self) -> String {
        let set = self.settings.get("checkout").and_then(|checkout| checkout.get("currency_code")?.as_str());
        set.unwrap_or("CNY").to_owned()
    }

    fn listens_on_tcp(&self) -> bool {
        self.settings.get("checkout").is_some_and(|checkout| checkout.get("tcp_listen").is_some())
    }
}

/// A running shop. Dropping it ends all its processes.
pub struct House {
    pub place: Place,
    pub shared: Shared,
    pub pins: Pins,
    pub currency_code: String,
    /// Where the printer's simulator listens.
    pub printer_addr: String,
    keepers: BTreeMap<&'static str, Keeper>,
    pub issuer: Option<Issuer>,
    /// After the keepers: services go before the far ends of their wires.
    pub simulators: Simulators,
    _ports: Ports,
}

impl House {
    /// Starts everything; `ready` waits until it answers.
    pub fn start(place: Place, options: &Options) -> anyhow::Result<Self> {
        place.prepare()?;
        let mut ports = Ports::default();
        let simulators = Simulators::start(&place, ports.claim(options.printer_port))?;
        let printer_addr = simulators.printer_addr()?;
        let till_port = options.till_port.map(|port| ports.claim(port));
        let write = |options: &Options| -> anyhow::Result<()> {
            let text = config::text(&place, options, &printer_addr, till_port)?;
            std::fs::write(place.config(), text).context("chit.toml")
        };
        write(options)?;
        let (_, shared) = chit_runtime::load::<toml::Table>(&place.config(), "checkout")?;
        let pins = init::run(&place)?;
        let issuer = if options.issuer {
            let (issuer, options) = Issuer::beside(&place, options)?;
            write(&options)?;
            Some(issuer)
        } else {
            None
        };
        if options.listens_on_tcp() {
            init::chit(&place, &["pki", "init"])?;
        }
        let mut keepers = BTreeMap::new();
        if let Some(issuer) = &issuer {
            keepers.insert(issuer::GATEWAY, Keeper::start("sms-gateway", &issuer.place)?);
            keepers.insert(ISSUER, Keeper::start(ISSUER, &issuer.place)?);
        }
        for service in SERVICES.into_iter().chain(options.till_port.map(|_| TILL)) {
            keepers.insert(service, Keeper::start(service, &place)?);
        }
        let currency_code = options.currency_code();
        Ok(Self {
            place,
            shared,
            pins,
            currency_code,
            printer_addr,
            keepers,
            issuer,
            simulators,
            _ports: ports,
        })
    }

    /// Waits until every service says that it serves, and the modem is on the network: it is the slowest device.
    pub async fn ready(&self) -> anyhow::Result<()> {
        let more = [TILL, ISSUER].into_iter().filter(|more| self.keepers.contains_key(more));
        for service in SERVICES.into_iter().chain(more) {
            self.service_ready(service).await?;
        }
        for shared in
            [Some(&self.shared), self.issuer.as_ref().map(|issuer| &issuer.shared)].into_iter().flatten()
        {
            let ready = tokio::time::timeout(READY_MAX, self.modem_ready(shared));
            ready.await.context("the modem is not ready")??;
        }
        Ok(())
    }

    async fn modem_ready(&self, shared: &Shared) -> anyhow::Result<()> {
        let mut gateway = SmsGatewayServiceClient::new(chit_runtime::channel(shared, "sms-gateway"));
        let mut states = gateway.watch_modem(WatchModemRequest {}).await?.into_inner();
        while let Some(state) = states.message().await? {
            if state.modem.is_some_and(|modem| modem.state() == ModemState::Ready) {
                return Ok(());
            }
        }
        bail!("{}", self.why_not("sms-gateway"))
    }

    /// Waits until one service says that it serves, or its keeper has given it up.
    pub async fn service_ready(&self, service: &str) -> anyhow::Result<()> {
        let channel = chit_runtime::channel(&self.shared, service);
        let healthy = chit_runtime::call(READY_MAX, HealthCheckRequest::default(), |request| {
            let mut health = HealthClient::new(channel.clone());
            async move { health.check(request).await }
        });
        tokio::select! {
            answer = healthy => {
                answer.with_context(|| self.why_not(service))?;
                Ok(())
            }
            () = self.keeper(service).wait_given_up() => bail!("{}", self.why_not(service)),
        }
    }

    fn why_not(&self, service: &str) -> String {
        let log = self.place_of(service).log_of(service);
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let last = text.lines().last().unwrap_or("no log line").to_owned();
        format!(
            "{service} is not ready ({}); its last words in {}: {last}",
            self.keeper(service).state(),
            log.display()
        )
    }

    /// What the house's `chit` says to these arguments.
    pub fn chit(&self, args: &[&str]) -> anyhow::Result<String> {
        init::chit(&self.place, args)
    }

    /// The same of the issuer's, on its own machine.
    pub fn issuer_chit(&self, args: &[&str]) -> anyhow::Result<String> {
        let issuer = self.issuer.as_ref().context("this house has no issuer")?;
        init::chit(&issuer.place, args)
    }

    /// Where the till's pages are, once it is ready.
    pub fn till_url(&self) -> anyhow::Result<String> {
        let note = self.place.run_dir().join("till.url");
        let url = std::fs::read_to_string(&note).with_context(|| note.display().to_string())?;
        Ok(url.trim().to_owned())
    }

    /// Where checkout listens for other POS software, once it is ready.
    pub fn tcp_addr(&self) -> anyhow::Result<String> {
        let note = self.place.run_dir().join("checkout.tcp");
        let addr = std::fs::read_to_string(&note).with_context(|| note.display().to_string())?;
        Ok(addr.trim().to_owned())
    }

    /// A certificate for a client, made by the house's `chit`: `<name>.pem`, `<name>.key` and `ca.pem` in the folder.
    pub fn certify(&self, name: &str, role: &str) -> anyhow::Result<PathBuf> {
        let out = self.place.clients();
        let folder = out.to_string_lossy();
        if !out.join(format!("{name}.key")).exists() {
            init::chit(&self.place, &["pki", "issue", name, "--role", role, "--out", &folder])?;
        }
        Ok(out)
    }

    pub fn keeper(&self, service: &str) -> &Keeper {
        self.keepers.get(service).expect("one of SERVICES, or the till or issuer that was asked for")
    }

    /// Sends a signal; the keeper respawns what dies of it.
    pub fn kill(&self, service: &str, signal: Signal) -> anyhow::Result<()> {
        self.keeper(service).kill(signal)
    }

    /// Whose service it is.
    fn place_of(&self, service: &str) -> &Place {
        match &self.issuer {
            Some(issuer) if service == ISSUER => &issuer.place,
            _ => &self.place,
        }
    }

    /// From now on the service dies at this point, in so many lives (`chit_runtime::failpoint`).
    pub fn order_death(&self, service: &str, point: &str, times: u32) -> anyhow::Result<()> {
        let order = self.place_of(service).run_dir().join(format!("{service}.die"));
        std::fs::write(&order, format!("{point} {times}\n")).with_context(|| order.display().to_string())
    }

    /// Of the deaths that were ordered.
    pub fn deaths_left(&self, service: &str) -> anyhow::Result<u32> {
        let order = self.place_of(service).run_dir().join(format!("{service}.die"));
        let text = std::fs::read_to_string(&order).with_context(|| order.display().to_string())?;
        let left = text.trim().rsplit_once(' ').and_then(|(_, left)| left.parse().ok());
        left.with_context(|| format!("{}: {text}", order.display()))
    }

    /// Ends all services politely, then the simulators. An error names who had to be killed.
    pub fn stop(self) -> anyhow::Result<()> {
        let Self { keepers, simulators, issuer, .. } = self;
        for keeper in keepers.values() {
            keeper.ask_to_stop();
        }
        let mut stubborn = Vec::new();
        for (service, keeper) in keepers {
            if !keeper.end() {
                stubborn.push(service);
            }
        }
        drop((simulators, issuer));
        if stubborn.is_empty() { Ok(()) } else { bail!("killed after the grace: {}", stubborn.join(", ")) }
    }
}

/// A program of this workspace: beside this one, or one folder up when this is a test or an example.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let mut folder = own.parent().unwrap_or(Path::new(".")).to_owned();
    if folder.ends_with("deps") || folder.ends_with("examples") {
        folder.pop();
    }
    let program = folder.join(name);
    if !program.exists() {
        bail!("{} is not built: `cargo build --workspace` makes it", program.display());
    }
    Ok(program)
}
