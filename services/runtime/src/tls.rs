//! TCP for other software, by mutual TLS only: the caller shows a certificate of the shop's own CA, and the role in it
//! decides which methods it may call.

use crate::config::{ConfigError, Shared};
use crate::error;
use anyhow::Context as _;
use chit_admission::Secured;
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_stream::Stream;
use tonic::transport::server::{TcpConnectInfo, TcpIncoming, TlsConnectInfo};
use tonic::{Code, Status};

/// Ending of the note of an address that nobody listens at now.
const BEFORE: &str = "tcp.before";
/// A role is a URI among the certificate's subject alternative names; this is its beginning.
pub const ROLE_URI: &str = "spiffe://chit/role/";
/// The client's name is another one. A certificate that is renewed under the same name is the same client.
pub const CLIENT_URI: &str = "spiffe://chit/client/";
/// A peer that vanished silently is noticed after about a minute.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_TRIES: u32 = 3;

/// Whether this role may call this method (`chit.checkout.v1.SaleService/CommitSale`).
pub type May = fn(role: &str, method: &str) -> bool;

/// Connections as they come.
pub(crate) type Connections = Pin<Box<dyn Stream<Item = io::Result<Secured>> + Send>>;

/// Where to listen, as whom, and for whom.
#[derive(Clone, Debug)]
pub struct Tcp {
    /// Port 0: any free one, after a restart the same again. `run_dir/<service>.tcp` says which.
    pub addr: SocketAddr,
    pub files: TlsFiles,
    pub may: May,
}

/// PEM files; relative paths count from the keys folder.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub cert: PathBuf,
    pub key: PathBuf,
    pub client_ca: PathBuf,
}

/// Who calls over TCP, among the extensions of each of its requests. Callers over the Unix socket have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    pub role: String,
    /// As the certificate names its client; a hash of the certificate where it names none.
    pub client: String,
}

impl TlsFiles {
    pub(crate) fn server_config(&self, shared: &Shared) -> Result<Arc<ServerConfig>, ConfigError> {
        let read = |file: &Path| {
            let given = std::env::var_os("CREDENTIALS_DIRECTORY")
                .and_then(|dir| Some(Path::new(&dir).join(file.file_name()?)))
                .filter(|file| file.exists());
            let path = given.unwrap_or_else(|| shared.keys_dir.join(file));
            let pem =
                fs::read(&path).map_err(|source| ConfigError::Certificate { path: path.clone(), source })?;
            Ok::<_, ConfigError>((path, pem))
        };
        let unreadable = |path: PathBuf| {
            move |error: pem::Error| ConfigError::Certificate {
                path,
                source: io::Error::other(error.to_string()),
            }
        };
        let certificates = |file: &Path| {
            let (path, pem) = read(file)?;
            CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>().map_err(unreadable(path))
        };
        let (key_path, key) = read(&self.key)?;
        let key = PrivateKeyDer::from_pem_slice(&key).map_err(unreadable(key_path))?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates(&self.client_ca)?);
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone())
            .build()
            .map_err(ConfigError::ClientCa)?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(ConfigError::Tls)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(certificates(&self.cert)?, key)
            .map_err(ConfigError::Tls)?;
        config.alpn_protocols.push(b"h2".to_vec());
        Ok(Arc::new(config))
    }
}

impl Tcp {
    pub(crate) async fn bind(&self, shared: &Shared, service: &str) -> anyhow::Result<Connections> {
        let config = self.files.server_config(shared)?;
        let note = shared.run_dir.join(format!("{service}.tcp"));
        let listener = match self.earlier(&note) {
            Some(earlier) => match tokio::net::TcpListener::bind(earlier).await {
                Ok(listener) => Ok(listener),
                Err(_taken) => tokio::net::TcpListener::bind(self.addr).await,
            },
            None => tokio::net::TcpListener::bind(self.addr).await,
        };
        let listener = listener.with_context(|| format!("cannot listen on {}", self.addr))?;
        let addr = listener.local_addr()?;
        tell(&note, addr).with_context(|| format!("cannot write {}", note.display()))?;
        tracing::info!(%addr, "listening, mutual TLS only");
        let incoming = TcpIncoming::from(listener)
            .with_nodelay(Some(true))
            .with_keepalive(Some(KEEPALIVE_AFTER))
            .with_keepalive_interval(Some(KEEPALIVE_INTERVAL))
            .with_keepalive_retries(Some(KEEPALIVE_TRIES));
        Ok(Box::pin(chit_admission::secured(incoming, config)))
    }

    /// Callers keep the address that they know, so a restart binds it again.
    fn earlier(&self, note: &Path) -> Option<SocketAddr> {
        let read = |note: &Path| fs::read_to_string(note).ok();
        let earlier = read(note).or_else(|| read(&note.with_extension(BEFORE)))?;
        let earlier: SocketAddr = earlier.trim().parse().ok()?;
        (self.addr.port() == 0 && earlier.ip() == self.addr.ip()).then_some(earlier)
    }
}

/// Nobody is sent to a listener that closes; the next start remembers where it was.
pub(crate) fn withdraw(shared: &Shared, service: &str) {
    let note = shared.run_dir.join(format!("{service}.tcp"));
    // Most services have none.
    let _ = fs::rename(&note, note.with_extension(BEFORE));
}

/// Atomic: another process may be waiting for this file.
fn tell(note: &Path, addr: SocketAddr) -> io::Result<()> {
    let draft = note.with_extension("tcp.new");
    fs::write(&draft, format!("{addr}\n"))?;
    fs::rename(draft, note)
}

/// Lets a request in by the role of its certificate, and leaves role and name with it.
pub(crate) fn admit<B>(may: May, method: &str, request: &mut http::Request<B>) -> Result<(), Status> {
    let certified = certified(request.extensions())?;
    if !may(&certified.role, method) {
        let message = format!("a client with the role `{}` may not call {method}", certified.role);
        return Err(error::status(Code::PermissionDenied, "ROLE_TOO_LOW", message));
    }
    request.extensions_mut().insert(certified);
    Ok(())
}

fn certified(extensions: &http::Extensions) -> Result<Certified, Status> {
    let refuse = |message: &str| error::status(Code::Unauthenticated, "CERTIFICATE_WITHOUT_ROLE", message);
    let certs = extensions.get::<TlsConnectInfo<TcpConnectInfo>>().and_then(TlsConnectInfo::peer_certs);
    let certs = certs.ok_or_else(|| refuse("show a client certificate"))?;
    let shown = certs.first().ok_or_else(|| refuse("show a client certificate"))?;
    let cert = webpki::EndEntityCert::try_from(shown)
        .map_err(|_unreadable| refuse("the client certificate is unreadable"))?;
    let only = |beginning: &str| {
        let mut found = cert.valid_uri_names().filter_map(|uri| uri.strip_prefix(beginning));
        found.next().filter(|_| found.next().is_none()).map(str::to_owned)
    };
    let role = only(ROLE_URI).ok_or_else(|| {
        refuse("the client certificate must name one role; `chit pki issue` makes such a one")
    })?;
    let client = only(CLIENT_URI).unwrap_or_else(|| hex::encode(&Sha256::digest(shown)[..8]));
    Ok(Certified { role, client })
}
