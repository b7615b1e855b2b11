//! The TCP listener: a certificate of the shop's own CA or nothing, and its role decides.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod echo;

use chit_runtime::error::reason_of;
use chit_runtime::tls::Certified;
use chit_runtime::{Channel, Context, Server, Tcp, TlsFiles};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Status};

const PATIENCE: Duration = Duration::from_secs(20);

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn ca(name: &str) -> Issuer {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Certificate and key, PEM.
fn issue(ca: &Issuer, usage: ExtendedKeyUsagePurpose, name: SanType) -> (String, String) {
    let mut params = CertificateParams::default();
    params.extended_key_usages = vec![usage];
    params.subject_alt_names = vec![name];
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, ca).unwrap().pem(), key.serialize_pem())
}

fn client(ca: &Issuer, uri: &str) -> Identity {
    let uri = SanType::URI(uri.try_into().unwrap());
    let (cert, key) = issue(ca, ExtendedKeyUsagePurpose::ClientAuth, uri);
    Identity::from_pem(cert, key)
}

struct Running {
    ctx: Context,
    ca: Issuer,
    served: tokio::task::JoinHandle<anyhow::Result<()>>,
    dir: tempfile::TempDir,
}

/// Answers with the caller's role; a viewer may not `Say`.
async fn serve(ctx: &Context) -> anyhow::Result<()> {
    let role_of = |request: tonic::Request<String>| {
        echo::reply(request.extensions().get::<Certified>().map_or("none".to_owned(), |r| r.role.clone()))
    };
    let may = |role: &str, method: &str| role == "pos" || !method.ends_with("/Say");
    let file = |name: &str| Path::new("pki").join(name);
    let files = TlsFiles { cert: file("server.pem"), key: file("server.key"), client_ca: file("ca.pem") };
    let tcp = Tcp { addr: "127.0.0.1:0".parse().unwrap(), files, may };
    Server::new(ctx, &[]).add(echo::Echo::new(role_of)).tcp(tcp).run().await
}

fn prepared() -> (Context, Issuer, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let ctx = Context::sandbox_in("checkout", dir.path());
    let pki = ctx.shared.keys_dir.join("pki");
    fs::create_dir_all(&pki).unwrap();
    let ca = ca("shop");
    let (cert, key) =
        issue(&ca, ExtendedKeyUsagePurpose::ServerAuth, SanType::DnsName("localhost".try_into().unwrap()));
    for (name, pem) in [("ca.pem", ca.pem()), ("server.pem", cert), ("server.key", key)] {
        fs::write(pki.join(name), pem).unwrap();
    }
    (ctx, ca, dir)
}

async fn start() -> Running {
    let (ctx, ca, dir) = prepared();
    let running = ctx.clone();
    let served = tokio::spawn(async move { serve(&running).await });
    let server = Running { ctx, ca, served, dir };
    server.wait_open().await;
    server
}

impl Running {
    fn note(&self) -> std::path::PathBuf {
        self.ctx.shared.run_dir.join("checkout.tcp")
    }

    async fn wait_open(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.note().exists() {
            assert!(Instant::now() < deadline && !self.served.is_finished(), "it does not listen");
            tokio::task::yield_now().await;
        }
    }

    fn channel(&self, identity: Option<Identity>) -> Channel {
        let addr = fs::read_to_string(self.note()).unwrap();
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(self.ca.pem()))
            .domain_name("localhost");
        let tls = identity.into_iter().fold(tls, ClientTlsConfig::identity);
        let endpoint = Endpoint::from_shared(format!("https://{}", addr.trim())).unwrap();
        endpoint.tls_config(tls).unwrap().connect_lazy().into()
    }

    async fn say(&self, identity: Option<Identity>) -> Result<String, Status> {
        let said = echo::say(self.channel(identity), tonic::Request::new(String::new()));
        tokio::time::timeout(PATIENCE, said).await.expect("an answer in time").map(|r| r.into_inner())
    }
}

#[tokio::test]
async fn a_caller_without_a_certificate_is_refused() {
    let server = start().await;
    let status = server.say(None).await.unwrap_err();
    assert_eq!(reason_of(&status), None, "the handshake ends it, not a service: {status:?}");
}

#[tokio::test]
async fn a_certificate_of_a_foreign_ca_is_refused() {
    let server = start().await;
    let foreign = client(&ca("elsewhere"), "spiffe://chit/role/pos");
    let status = server.say(Some(foreign)).await.unwrap_err();
    assert_eq!(reason_of(&status), None, "the handshake ends it, not a service: {status:?}");
}

#[tokio::test]
async fn plain_tcp_is_refused() {
    let server = start().await;
    let addr = fs::read_to_string(server.note()).unwrap();
    let channel = chit_runtime::channel_to(&format!("http://{}", addr.trim())).unwrap();
    let said = echo::say(channel, tonic::Request::new(String::new()));
    assert!(tokio::time::timeout(PATIENCE, said).await.expect("an answer in time").is_err());
}

#[tokio::test]
async fn the_role_of_the_certificate_decides_and_reaches_the_service() {
    let server = start().await;
    let pos = client(&server.ca, "spiffe://chit/role/pos");
    assert_eq!(server.say(Some(pos)).await.unwrap(), "pos");

    let viewer = client(&server.ca, "spiffe://chit/role/viewer");
    let status = server.say(Some(viewer.clone())).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(reason_of(&status).as_deref(), Some("ROLE_TOO_LOW"));
    let mut words = echo::watch(server.channel(Some(viewer))).await.unwrap();
    assert_eq!(words.message().await.unwrap().as_deref(), Some("first"), "what it may call it can call");
}

#[tokio::test]
async fn strangers_who_only_connect_do_not_stop_the_service() {
    /// More than may connect at a time.
    const STRANGERS: usize = 100;
    let server = start().await;
    let pos = client(&server.ca, "spiffe://chit/role/pos");
    let till = server.channel(Some(pos.clone()));
    let say = |channel| echo::say(channel, tonic::Request::new(String::new()));
    say(till.clone()).await.unwrap();
    let addr = fs::read_to_string(server.note()).unwrap();
    let strangers: Vec<_> =
        (0..STRANGERS).map(|_| std::net::TcpStream::connect(addr.trim()).unwrap()).collect();
    say(till).await.unwrap();
    say(chit_runtime::channel(&server.ctx.shared, "checkout")).await.unwrap();
    drop(strangers);
    assert_eq!(server.say(Some(pos)).await.unwrap(), "pos", "places are free again");
}

#[tokio::test]
async fn a_certificate_without_a_role_is_refused() {
    let server = start().await;
    let status = server.say(Some(client(&server.ca, "https://example.org/"))).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(reason_of(&status).as_deref(), Some("CERTIFICATE_WITHOUT_ROLE"));
}

#[tokio::test]
async fn callers_over_the_unix_socket_need_no_certificate() {
    let server = start().await;
    let channel = chit_runtime::channel(&server.ctx.shared, "checkout");
    let said = echo::say(channel, tonic::Request::new(String::new())).await.unwrap();
    assert_eq!(said.into_inner(), "none");
}

#[tokio::test]
async fn a_restart_takes_the_same_port_again() {
    let server = start().await;
    let before = fs::read_to_string(server.note()).unwrap();
    server.ctx.shutdown.trigger();
    server.served.await.unwrap().unwrap();
    let again = Context::sandbox_in("checkout", server.dir.path());
    let running = again.clone();
    let served = tokio::spawn(async move { serve(&running).await });
    let second = Running { ctx: again, ca: server.ca, served, dir: server.dir };
    let pos = client(&second.ca, "spiffe://chit/role/pos");
    let deadline = Instant::now() + PATIENCE;
    // Its note went when it stopped, and comes back with it.
    while !second.note().exists() || second.say(Some(pos.clone())).await.is_err() {
        tokio::task::yield_now().await;
        assert!(Instant::now() < deadline && !second.served.is_finished(), "it listens again");
    }
    assert_eq!(fs::read_to_string(second.note()).unwrap(), before);
}

#[tokio::test]
async fn a_missing_certificate_is_a_configuration_error_that_names_the_remedy() {
    let (ctx, _, _dir) = prepared();
    fs::remove_file(ctx.shared.keys_dir.join("pki/server.key")).unwrap();
    let error = serve(&ctx).await.unwrap_err();
    assert!(error.chain().any(|cause| cause.is::<chit_runtime::ConfigError>()), "{error:?}");
    let said = format!("{error:#}");
    assert!(said.contains("server.key") && said.contains("chit pki init"), "{said}");
}
