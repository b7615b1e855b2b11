//! TLS handshakes with callers from outside, at a place of their own: whoever has no certificate takes no client's place,
//! and one host takes no other's.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::server::TcpIncoming;

mod held;

use held::Place;

pub use held::Held;

/// A peer that does not finish its handshake in this time is dropped.
const HANDSHAKE_MAX: Duration = Duration::from_secs(5);
/// Handshakes at a time, and of one address.
const HANDSHAKES_MAX: usize = 256;
const HANDSHAKES_PER_HOST_MAX: usize = 32;
/// Clients at a time, and connections of one certificate.
const CLIENTS_MAX: usize = 64;
const PER_CERTIFICATE_MAX: usize = 16;
/// Clients that the server has not taken over yet.
const WAITING_MAX: usize = 16;

/// A connection after its handshake, with its place.
pub type Secured = TlsStream<Held>;

/// How many hold a place, by who they are. A key without a holder is forgotten.
#[derive(Clone)]
struct Places<K> {
    held: Arc<Mutex<HashMap<K, usize>>>,
    max: usize,
}

impl<K: std::hash::Hash + Eq + Clone + Send + 'static> Places<K> {
    fn new(max: usize) -> Self {
        Self { held: Arc::default(), max }
    }

    fn take(&self, key: K) -> Option<Guard<K>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(key.clone()).or_default();
        if *count >= self.max {
            return None;
        }
        *count += 1;
        Some(Guard { places: self.clone(), key })
    }
}

struct Guard<K: std::hash::Hash + Eq + Clone + Send + 'static> {
    places: Places<K>,
    key: K,
}

impl<K: std::hash::Hash + Eq + Clone + Send + 'static> Drop for Guard<K> {
    fn drop(&mut self) {
        let mut held = self.places.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.key);
            }
        }
    }
}

/// Connections whose handshake is over, each with a client's place. What finds no place is closed at once.
pub fn secured(incoming: TcpIncoming, config: Arc<ServerConfig>) -> impl Stream<Item = io::Result<Secured>> {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    tokio::spawn(accept(incoming, TlsAcceptor::from(config), sender));
    ReceiverStream::new(receiver)
}

async fn accept(mut incoming: TcpIncoming, tls: TlsAcceptor, sender: mpsc::Sender<io::Result<Secured>>) {
    let (handshakes, hosts) =
        (Arc::new(Semaphore::new(HANDSHAKES_MAX)), Places::<IpAddr>::new(HANDSHAKES_PER_HOST_MAX));
    let (clients, certificates) =
        (Arc::new(Semaphore::new(CLIENTS_MAX)), Places::<[u8; 32]>::new(PER_CERTIFICATE_MAX));
    loop {
        let accepted = tokio::select! {
            accepted = incoming.next() => accepted,
            () = sender.closed() => return,
        };
        let stream = match accepted {
            Some(Ok(stream)) => stream,
            // Out of descriptors, or the peer is gone already: the next one may be luckier.
            Some(Err(error)) => {
                tracing::warn!(%error, "a connection was not accepted");
                continue;
            }
            None => return,
        };
        let host = stream.peer_addr().ok().and_then(|addr| hosts.take(addr.ip()));
        let (Some(host), Ok(place)) = (host, handshakes.clone().try_acquire_owned()) else { continue };
        let (tls, sender) = (tls.clone(), sender.clone());
        let (clients, certificates) = (clients.clone(), certificates.clone());
        tokio::spawn(async move {
            let shaken = shake(&tls, stream, &clients, &certificates).await;
            drop((host, place));
            if let Some(secured) = shaken {
                // The server is gone: so is the client.
                let _stopped = sender.send(Ok(secured)).await;
            }
        });
    }
}

async fn shake(
    tls: &TlsAcceptor,
    stream: TcpStream,
    clients: &Arc<Semaphore>,
    certificates: &Places<[u8; 32]>,
) -> Option<Secured> {
    let (io, place) = Held::new(stream);
    let shaken = timeout(HANDSHAKE_MAX, tls.accept(io)).await.ok()?.ok()?;
    let shown = shaken.get_ref().1.peer_certificates()?.first()?;
    let certificate = certificates.take(Sha256::digest(shown).into())?;
    let client = clients.clone().try_acquire_owned().ok()?;
    place.hold(Client { _certificate: certificate, _client: client });
    Some(shaken)
}

/// What a client's connection holds until it is closed.
struct Client {
    _certificate: Guard<[u8; 32]>,
    _client: OwnedSemaphorePermit,
}

impl Place {
    fn hold(self, client: Client) {
        self.keep(Box::new(client));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_gets_no_more_than_its_places_and_takes_no_other_s() {
        let places = Places::new(2);
        let held: Vec<_> = (0..2).map(|_| places.take("a").unwrap()).collect();
        assert!(places.take("a").is_none() && places.take("b").is_some());
        drop(held);
        assert!(places.take("a").is_some());
        assert!(places.held.lock().unwrap().is_empty(), "nobody is remembered who holds nothing");
    }
}
