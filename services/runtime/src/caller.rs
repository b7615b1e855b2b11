//! A stable name for who calls: what a service keeps for one caller, another does not get.

use sha2::{Digest, Sha256};
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};

use crate::peer;

/// `uid:990` over the Unix socket, `cert:` and a hash of the certificate over TCP.
pub fn scope_of<T>(request: &tonic::Request<T>) -> String {
    if let Some(uid) = peer::uid_of(request) {
        return format!("uid:{uid}");
    }
    let tls = request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>();
    match tls.and_then(TlsConnectInfo::peer_certs).and_then(|certs| certs.first().cloned()) {
        Some(cert) => format!("cert:{}", hex::encode(&Sha256::digest(&cert)[..8])),
        None => "unknown".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_whom_nothing_names_has_a_scope_of_its_own() {
        assert_eq!(scope_of(&tonic::Request::new(())), "unknown");
    }
}
