//! TLS to an SMPP server, checked against the certificates of a file.

use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// `host` is what the server's certificate must be for; `ca_file` holds the certificates that are trusted, in PEM.
pub async fn connect(stream: TcpStream, host: &str, ca_file: &Path) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(ca_file).map_err(io::Error::other)?;
    // One that cannot be read is not trusted; the others are.
    roots.add_parsable_certificates(certificates.filter_map(Result::ok));
    if roots.is_empty() {
        return Err(io::Error::other("ca_file holds no certificate"));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::PrivateKeyDer;

    /// A server for `name` that echoes, and the file to trust it by.
    async fn server(name: &str) -> (std::net::SocketAddr, tempfile::NamedTempFile) {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let trusted = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(trusted.path(), cert.pem()).unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(mut secured) = TlsAcceptor::from(Arc::new(config)).accept(stream).await {
                let mut bytes = [0; 4];
                secured.read_exact(&mut bytes).await.unwrap();
                secured.write_all(&bytes).await.unwrap();
            }
        });
        (address, trusted)
    }

    #[tokio::test]
    async fn a_server_that_the_file_vouches_for_is_spoken_to_and_another_one_is_not() {
        for (name, host, works) in [("localhost", "localhost", true), ("other.example", "localhost", false)] {
            let (address, trusted) = server(name).await;
            let stream = TcpStream::connect(address).await.unwrap();
            match connect(stream, host, trusted.path()).await {
                Ok(mut secured) => {
                    secured.write_all(b"ping").await.unwrap();
                    let mut bytes = [0; 4];
                    secured.read_exact(&mut bytes).await.unwrap();
                    assert!(works && bytes == *b"ping", "{name}");
                }
                Err(_) => assert!(!works, "{name}"),
            }
        }
        let (address, _) = server("localhost").await;
        let stream = TcpStream::connect(address).await.unwrap();
        let empty = tempfile::NamedTempFile::new().unwrap();
        assert!(connect(stream, "localhost", empty.path()).await.is_err());
    }
}
