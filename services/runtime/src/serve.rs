//! The server every service runs: its Unix socket, health, reflection, and a drain nobody notices.

use crate::config::Shared;
use crate::entry::Context;
use crate::inherited;
use crate::observe::Observe;
use crate::peer::Allowed;
use crate::shutdown::Shutdown;
use anyhow::{Context as _, bail, ensure};
use sd_notify::NotifyState;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};
use tokio::sync::watch;
use tokio_stream::Stream;
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
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
}

#[must_use = "a server serves when it is run"]
pub struct Server {
    service: &'static str,
    shared: Arc<Shared>,
    shutdown: Shutdown,
    descriptors: &'static [u8],
    routes: RoutesBuilder,
    names: Vec<&'static str>,
    tcp: Option<SocketAddr>,
    listener: Option<UnixListener>,
    health: HealthHandle,
}

impl Server {
    pub fn new(ctx: &Context, descriptors: &'static [u8]) -> Self {
        Self {
            service: ctx.service,
            shared: ctx.shared.clone(),
            shutdown: ctx.shutdown.clone(),
            descriptors,
            routes: Routes::builder(),
            names: Vec::new(),
            tcp: None,
            listener: None,
            health: HealthHandle::new(),
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

    /// Plain TCP besides the socket: a sandbox on loopback only.
    pub fn tcp(mut self, addr: impl Into<Option<SocketAddr>>) -> Self {
        self.tcp = addr.into();
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
        let mut reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(self.descriptors)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .with_service_name("grpc.health.v1.Health")
            .with_service_name("grpc.reflection.v1.ServerReflection");
        for name in &self.names {
            reflection = reflection.with_service_name(*name);
        }
        self.routes.add_service(reflection.build_v1().context("the descriptor set is unreadable")?);

        let routes = std::mem::take(&mut self.routes).routes();
        let uds = self.uds()?;
        let tcp = self.tcp_incoming().await?;
        let mut health = HealthTask { handle: self.health.clone(), reporter, names: self.names };
        health.publish().await;
        let allowed = Allowed::of_this_process(&self.shared.allow_uids);
        let uds =
            serve(Observe::new(Some(allowed), self.shutdown.clone()), routes.clone(), uds, &self.shutdown);
        let tcp = async {
            match tcp {
                Some(tcp) => {
                    serve(Observe::new(None, self.shutdown.clone()), routes, tcp, &self.shutdown).await
                }
                None => Ok(()),
            }
        };
        let end = async {
            health.publish_until(&self.shutdown).await;
            notify(NotifyState::Stopping);
            tokio::time::sleep(GRACE).await;
        };
        notify(NotifyState::Ready);
        tracing::info!(service = self.service, "serving");
        let served = async { tokio::try_join!(uds, tcp) };
        let mut served = std::pin::pin!(served);
        tokio::select! {
            biased;
            () = end => {
                tracing::warn!("calls still running after {} s are cut", GRACE.as_secs());
                Ok(())
            }
            done = &mut served => done.map(|_| ()).context("serving"),
        }
    }

    fn uds(&mut self) -> anyhow::Result<UnixListenerStream> {
        let listener = match self.listener.take().or_else(inherited::take) {
            Some(listener) => listener,
            None => {
                let socket = self.shared.socket_of(self.service);
                bind(&self.shared, self.service)
                    .with_context(|| format!("cannot listen on {}", socket.display()))?
            }
        };
        listener.set_nonblocking(true)?;
        Ok(UnixListenerStream::new(tokio::net::UnixListener::from_std(listener)?))
    }

    async fn tcp_incoming(&self) -> anyhow::Result<Option<TcpListenerStream>> {
        let Some(addr) = self.tcp else { return Ok(None) };
        ensure!(
            self.shared.sandbox && addr.ip().is_loopback(),
            "plain TCP on {addr}: a sandbox on loopback only"
        );
        let listener =
            tokio::net::TcpListener::bind(addr).await.with_context(|| format!("cannot listen on {addr}"))?;
        tracing::info!(addr = %listener.local_addr()?, "listening");
        Ok(Some(TcpListenerStream::new(listener)))
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

async fn serve<I, IO>(
    observe: Observe,
    routes: Routes,
    incoming: I,
    shutdown: &Shutdown,
) -> anyhow::Result<()>
where
    I: Stream<Item = io::Result<IO>>,
    IO: tokio::io::AsyncRead + tokio::io::AsyncWrite + Connected + Unpin + Send + 'static,
{
    let server =
        tonic::transport::Server::builder().max_concurrent_streams(STREAMS_PER_CONNECTION_MAX).layer(observe);
    Ok(server.serve_with_incoming_shutdown(routes.prepare(), incoming, shutdown.wait()).await?)
}

/// Nobody may be listening (no service manager), which is fine.
fn notify(state: NotifyState) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "cannot tell the service manager");
    }
}

struct HealthTask {
    handle: HealthHandle,
    reporter: HealthReporter,
    names: Vec<&'static str>,
}

impl HealthTask {
    async fn publish(&mut self) {
        let mut all: BTreeMap<_, _> = self.names.iter().map(|name| ((*name).to_owned(), true)).collect();
        all.extend(self.handle.0.borrow().clone());
        for (name, serving) in all {
            let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
            self.reporter.set_service_status(name, status).await;
        }
    }

    async fn publish_until(&mut self, shutdown: &Shutdown) {
        let mut changes = self.handle.0.subscribe();
        loop {
            self.publish().await;
            tokio::select! {
                () = shutdown.wait() => break,
                changed = changes.changed() => changed.expect("`self` holds the sender"),
            }
        }
        let known: Vec<String> = self.handle.0.borrow().keys().cloned().collect();
        let served = self.names.iter().map(|name| (*name).to_owned());
        for name in known.into_iter().chain(served).chain([String::new()]) {
            self.reporter.set_service_status(name, ServingStatus::NotServing).await;
        }
    }
}
