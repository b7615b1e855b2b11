//! A stable name for who calls: what a service keeps for one caller, another does not get.

use crate::peer;
use crate::tls::Certified;

/// `uid:990` over the Unix socket, `cert:` and the client's name over TCP.
pub fn scope_of<T>(request: &tonic::Request<T>) -> String {
    if let Some(uid) = peer::uid_of(request) {
        return format!("uid:{uid}");
    }
    match request.extensions().get::<Certified>() {
        Some(certified) => format!("cert:{}", certified.client),
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
