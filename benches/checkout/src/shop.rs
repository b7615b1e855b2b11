//! The real checkout in a folder of its own, between the fake services.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use chit_proto::checkout::v1 as proto;
use hyper_util::rt::TokioIo;
use proto::sandbox_service_client::SandboxServiceClient;
use proto::staff_service_client::StaffServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::clock::{Clock, millis};
use crate::far::World;

const SERVICE: &str = "chit.checkout.v1.SaleService";
const START_MAX: Duration = Duration::from_secs(300);
/// A call of the bench; what takes longer has failed.
const CALL_MAX: Duration = Duration::from_secs(120);

/// A connection of its own, and the session of whoever calls.
pub type Line = InterceptedService<Channel, Session>;

/// Who has signed in; checkout keeps sessions over a restart.
#[derive(Clone)]
pub struct Session(Option<MetadataValue<Ascii>>);

impl Interceptor for Session {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("chit-session", token.clone());
        }
        Ok(request)
    }
}

pub struct Shop {
    pub folder: PathBuf,
    pub world: World,
    pub clock: Clock,
    pins: Vec<(String, String, String)>,
    /// Of the cashier and the supervisor, from the first start on.
    cashier: Session,
    supervisor: Session,
    programs: PathBuf,
    process: Option<Child>,
}

impl Shop {
    /// Keys and people are made, nothing runs yet. `limits` are those of `[checkout.limits]`.
    pub fn make(folder: &Path, programs: &Path, limits: &str) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let config = format!(
            "[chit]\nrun_dir = \"run\"\nstate_dir = \"state\"\nkeys_dir = \"keys\"\nsandbox = true\nlog = \"warn\"\n\
             time_zone = \"Asia/Shanghai\"\n\n[checkout.limits]\n{limits}"
        );
        std::fs::write(folder.join("chit.toml"), config)?;
        let chit = program(programs, "chit", "chit-cli")?;
        let made = Command::new(chit)
            .arg("--config")
            .arg(folder.join("chit.toml"))
            .args(["init", "--json"])
            .stdin(Stdio::null())
            .output()?;
        ensure!(made.status.success(), "chit init: {}", String::from_utf8_lossy(&made.stderr).trim());
        let said = String::from_utf8(made.stdout)?;
        let last = said.lines().last().context("chit init --json said nothing")?;
        let told: serde_json::Value = serde_json::from_str(last)?;
        let word = |pin: &serde_json::Value, name: &str| pin[name].as_str().unwrap_or_default().to_owned();
        let pins = told["pins"].as_array().context("chit init --json gave no PINs")?;
        let pins = pins.iter().map(|pin| (word(pin, "role"), word(pin, "name"), word(pin, "pin"))).collect();
        let clock = Clock::start();
        let world = World::serve(&folder.join("run"), clock.clone())?;
        let folder = folder.to_owned();
        let (cashier, supervisor) = (Session(None), Session(None));
        let programs = programs.to_owned();
        Ok(Self { folder, world, clock, pins, cashier, supervisor, programs, process: None })
    }

    /// Returns how long it took to be SERVING.
    pub async fn start(&mut self) -> anyhow::Result<Duration> {
        let begin = Instant::now();
        let checkout = program(&self.programs, "chit-checkout", "chit-checkout")?;
        let process = Command::new(checkout).arg("--config").arg(self.folder.join("chit.toml")).spawn()?;
        self.process = Some(process);
        while !self.is_serving().await {
            ensure!(begin.elapsed() < START_MAX, "checkout is not SERVING after {START_MAX:?}");
            let ended = self.process.as_mut().and_then(|process| process.try_wait().transpose());
            if let Some(ended) = ended {
                bail!("checkout ended at its start: {}", ended?);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let took = begin.elapsed();
        if self.cashier.0.is_none() {
            self.cashier = self.sign_in("cashier").await?;
            self.supervisor = self.sign_in("supervisor").await?;
        }
        Ok(took)
    }

    async fn sign_in(&self, role: &str) -> anyhow::Result<Session> {
        let (actor, pin) = self.pin_of(role)?;
        let request = proto::SignInRequest { actor, pin, browser: String::new() };
        let opened = StaffServiceClient::new(self.channel()?).sign_in(request).await?.into_inner();
        Ok(Session(Some(opened.session_token.parse()?)))
    }

    async fn is_serving(&self) -> bool {
        let Ok(channel) = self.channel() else { return false };
        let request = HealthCheckRequest { service: SERVICE.into() };
        let answer = HealthClient::new(channel).check(request).await;
        answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving)
    }

    /// SIGKILL.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }

    pub fn pid(&self) -> anyhow::Result<u32> {
        Ok(self.process.as_ref().context("checkout does not run")?.id())
    }

    pub fn store(&self) -> PathBuf {
        self.folder.join("state/checkout/checkout.redb")
    }

    /// What the cashier calls through.
    pub fn connect(&self) -> anyhow::Result<Line> {
        Ok(InterceptedService::new(self.channel()?, self.cashier.clone()))
    }

    /// What the supervisor calls through.
    pub fn connect_supervisor(&self) -> anyhow::Result<Line> {
        Ok(InterceptedService::new(self.channel()?, self.supervisor.clone()))
    }

    fn channel(&self) -> anyhow::Result<Channel> {
        let socket = self.folder.join("run/checkout.sock");
        let connector = tower::service_fn(move |_| {
            let socket = socket.clone();
            async move { Ok::<_, std::io::Error>(TokioIo::new(tokio::net::UnixStream::connect(socket).await?)) }
        });
        Ok(Endpoint::try_from("http://checkout.local")?
            .timeout(CALL_MAX)
            .connect_with_connector_lazy(connector))
    }

    pub fn approval(&self) -> anyhow::Result<proto::Approval> {
        let (actor, pin) = self.pin_of("supervisor")?;
        Ok(proto::Approval { actor, pin })
    }

    fn pin_of(&self, role: &str) -> anyhow::Result<(String, String)> {
        let found = self.pins.iter().find(|(known, _, _)| known == role);
        let (_, name, pin) = found.with_context(|| format!("chit init made no {role}"))?;
        Ok((name.clone(), pin.clone()))
    }

    /// Moves business time for checkout and for the fake services.
    pub async fn advance(&self, by_ms: i64) -> anyhow::Result<()> {
        let by = prost_types::Duration {
            seconds: by_ms.div_euclid(1000),
            nanos: (by_ms.rem_euclid(1000) * 1_000_000) as i32,
        };
        // The fakes are ahead for the moment of the call, never behind: checkout may act before it answers.
        self.clock.set(self.clock.now_ms() + by_ms);
        let request = proto::AdvanceClockRequest { by: Some(by) };
        let answer = SandboxServiceClient::new(self.channel()?).advance_clock(request).await?.into_inner();
        if let Some(now) = &answer.now {
            self.clock.set(millis(now));
        }
        Ok(())
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _gone_already = self.kill();
    }
}

/// A release program; without it nothing can be measured.
pub fn program(programs: &Path, name: &str, package: &str) -> anyhow::Result<PathBuf> {
    let path = std::path::absolute(programs.join(name))?;
    ensure!(path.exists(), "{} is missing: cargo build --release -p {package}", path.display());
    Ok(path)
}
