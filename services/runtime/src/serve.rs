//! The server every service runs: its Unix socket, health, reflection, and a drain that no caller notices.

use crate::allowed::Allowed;
use crate::config::Shared;
use crate::entry::Context;
use crate::neighbour::Calls;
use crate::observe::{Gate, Observe};
use crate::tls::{self, Connections, Tcp};
use anyhow::{Context as _, bail};
use chit_proto::trouble::v1::trouble_service_server::TroubleServiceServer;
use chit_supervision::{Pulse, door, feed, inherited};
use chit_trouble::Troubles;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};
use tokio::sync::watch;
use tokio_stream::wrappers::UnixListenerStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::{Routes, RoutesBuilder};
use tonic::transport::server::Connected;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower::Service;

/// Calls in flight get this long after the stop signal; streams less (see `observe`).
const GRACE: Duration = Duration::from_secs(3);
/// What a connection may have in flight: a till's screens and services need far less.
const STREAMS_PER_CONNECTION_MAX: u32 = 256;

/// Says which gRPC services can do their work now (`grpc.health.v1`). Cheap to clone, callable from any thread.
///
/// ```
/// # use chit_runtime::{Context, HealthHandle, Server};
/// # let dir = tempfile::tempdir().unwrap();
/// # let ctx = Context::sandbox_in("printer", dir.path());
/// let health = HealthHandle::new();
/// let server = Server::new(&ctx, &[]).health(health.clone());
/// // Later, where the device is watched:
/// health.set("chit.printer.v1.PrinterService", false);
/// # drop(server);
/// ```
#[derive(Clone, Debug)]
pub struct HealthHandle(Arc<watch::Sender<BTreeMap<String, bool>>>);

impl Default for HealthHandle {
    fn default() -> Self {
        Self::new()
    }
}

impl HealthHandle {
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(BTreeMap::new())))
    }

    /// `service_name` is the full gRPC name, e.g. `chit.printer.v1.PrinterService`.
    pub fn set(&self, service_name: &str, serving: bool) {
        self.0.send_if_modified(|all| all.insert(service_name.to_owned(), serving) != Some(serving));
    }

    /// While draining nothing is served any more.
    async fn publish(&self, reporter: &HealthReporter, draining: bool) {
        let all = self.0.borrow().clone();
        for (name, serving) in all {
            let status =
                if serving && !draining { ServingStatus::Serving } else { ServingStatus::NotServing };
            reporter.set_service_status(name, status).await;
        }
    }
}

#[must_use = "a server serves when it is run"]
pub struct Server {
    ctx: Context,
    descriptors: &'static [u8],
    routes: RoutesBuilder,
    names: Vec<&'static str>,
    tcp: Option<Tcp>,
    listener: Option<UnixListener>,
    health: HealthHandle,
    calls: Option<Calls>,
    pulses: Vec<Pulse>,
}

impl Server {
    pub fn new(ctx: &Context, descriptors: &'static [u8]) -> Self {
        Self {
            ctx: ctx.clone(),
            descriptors,
            routes: Routes::builder(),
            names: Vec::new(),
            tcp: None,
            listener: None,
            health: HealthHandle::new(),
            calls: None,
            pulses: Vec::new(),
        }
    }

    #[expect(clippy::should_implement_trait, reason = "adds a gRPC service, not a number")]
    pub fn add<S>(mut self, service: S) -> Self
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
        S: NamedService + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME);
        self.routes.add_service(service);
        self
    }

    /// TCP besides the socket, by mutual TLS. There is no plain TCP.
    pub fn tcp(mut self, tcp: impl Into<Option<Tcp>>) -> Self {
        self.tcp = tcp.into();
        self
    }

    /// Which calls other services of this machine may make over the socket. Without it, a service decides for itself.
    pub fn calls(mut self, calls: Calls) -> Self {
        self.calls = Some(calls);
        self
    }

    /// What must answer, besides the socket, for the service manager to hear that this service is alive: the thread that
    /// writes its store, or owns its device.
    pub fn pulse(mut self, pulse: Pulse) -> Self {
        self.pulses.push(pulse);
        self
    }

    pub fn health(mut self, handle: HealthHandle) -> Self {
        self.health = handle;
        self
    }

    /// Serves on this listener instead of an inherited or a new one.
    pub fn listener(mut self, listener: UnixListener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Serves until shutdown, then drains for at most three seconds.
    pub async fn run(mut self) -> anyhow::Result<()> {
        let (reporter, health) = tonic_health::server::health_reporter();
        self.routes.add_service(health);
        self.routes.add_service(TroubleServiceServer::new(Troubles::installed(self.ctx.service)));
        let mut reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(self.descriptors)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .with_service_name("grpc.health.v1.Health")
            .with_service_name("grpc.reflection.v1.ServerReflection");
        for name in &self.names {
            reflection = reflection.with_service_name(*name);
        }
        self.routes.add_service(reflection.build_v1().context("the descriptor set is unreadable")?);

        let routes = std::mem::take(&mut self.routes).routes().prepare();
        let uds = self.uds()?;
        let tcp = match self.tcp.take() {
            Some(tcp) => Some(self.secured(tcp).await?),
            None => None,
        };
        let Self { ctx, names, health, calls, pulses, .. } = self;
        health.0.send_modify(|all| {
            for name in names.into_iter().chain([""]) {
                all.entry(name.to_owned()).or_insert(true);
            }
        });
        health.publish(&reporter, false).await;

        let calls = calls.map(|calls| (calls, ctx.shared.users.clone()));
        let local = Gate::Local(Allowed::of_this_process(&ctx.shared.allow_uids, calls));
        let (door, own) = door();
        let uds = serve(&ctx, local, routes.clone(), uds.merge(own));
        let tcp = async {
            match tcp {
                Some((gate, tcp)) => serve(&ctx, gate, routes, tcp).await,
                None => Ok(()),
            }
        };
        let served = async { tokio::try_join!(uds, tcp) };
        let ended = async {
            let mut changes = health.0.subscribe();
            while !ctx.shutdown.is_triggered() {
                health.publish(&reporter, false).await;
                tokio::select! {
                    () = ctx.shutdown.wait() => {}
                    _ = changes.changed() => {}
                }
            }
            health.publish(&reporter, true).await;
            chit_supervision::stopping();
            tls::withdraw(&ctx.shared, ctx.service);
            tokio::time::sleep(GRACE).await;
        };
        chit_supervision::ready();
        tracing::info!(service = ctx.service, "serving");
        tokio::select! {
            biased;
            () = ended => tracing::warn!("calls still running after {} s are cut", GRACE.as_secs()),
            done = served => {
                done.context("serving")?;
            }
            never = feed(door, pulses) => match never {},
        }
        Ok(())
    }

    fn uds(&mut self) -> anyhow::Result<UnixListenerStream> {
        let listener = match self.listener.take().or_else(inherited::take) {
            Some(listener) => listener,
            None => {
                let socket = self.ctx.shared.socket_of(self.ctx.service);
                bind(&self.ctx.shared, self.ctx.service)
                    .with_context(|| format!("cannot listen on {}", socket.display()))?
            }
        };
        listener.set_nonblocking(true)?;
        Ok(UnixListenerStream::new(tokio::net::UnixListener::from_std(listener)?))
    }

    async fn secured(&self, tcp: Tcp) -> anyhow::Result<(Gate, Connections)> {
        let incoming = tcp.bind(&self.ctx.shared, self.ctx.service).await?;
        Ok((Gate::Certified(tcp.may), incoming))
    }
}

fn bind(shared: &Shared, service: &str) -> anyhow::Result<UnixListener> {
    fs::DirBuilder::new().recursive(true).mode(0o750).create(&shared.run_dir)?;
    let socket = shared.socket_of(service);
    if UnixStream::connect(&socket).is_ok() {
        bail!("another process serves it");
    }
    match fs::remove_file(&socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let listener = UnixListener::bind(&socket)?;
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

async fn serve<I, IO>(ctx: &Context, gate: Gate, routes: Routes, incoming: I) -> anyhow::Result<()>
where
    I: Stream<Item = io::Result<IO>>,
    IO: tokio::io::AsyncRead + tokio::io::AsyncWrite + Connected + Unpin + Send + 'static,
{
    let observe = Observe::new(gate, ctx.shutdown.clone());
    // Boxed: the transport moves this future through each of its layers.
    let observed = tower::service_fn(move |request| Box::pin(observe.clone().call(routes.clone(), request)));
    tonic::transport::Server::builder()
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .serve_with_incoming_shutdown(observed, incoming, ctx.shutdown.wait())
        .await?;
    Ok(())
}
