//! Who is at the other end of the Unix socket: this user, root, or a uid the config names. Nobody else.

use crate::error;
use tonic::transport::server::UdsConnectInfo;
use tonic::{Code, Status};

const ROOT: u32 = 0;

/// The uid of a caller over the Unix socket; `None` over TCP.
pub fn uid_of<T>(request: &tonic::Request<T>) -> Option<u32> {
    request.extensions().get::<UdsConnectInfo>()?.peer_cred.map(|cred| cred.uid())
}

#[derive(Clone, Debug)]
pub(crate) struct Allowed {
    pub(crate) own_uid: u32,
    pub(crate) others: Vec<u32>,
}

impl Allowed {
    pub(crate) fn of_this_process(others: &[u32]) -> Self {
        Self { own_uid: rustix::process::geteuid().as_raw(), others: others.to_vec() }
    }

    /// `None` means the kernel could not tell who calls.
    pub(crate) fn check(&self, uid: Option<u32>) -> Result<(), Status> {
        let who = match uid {
            Some(uid) if uid == self.own_uid || uid == ROOT || self.others.contains(&uid) => return Ok(()),
            Some(uid) => format!("uid {uid}"),
            None => "a caller without credentials".to_owned(),
        };
        let message = format!("{who} may not call this service; add it to allow_uids in [chit] if it should");
        Err(error::status(Code::PermissionDenied, "PEER_REFUSED", message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_user_root_and_listed_uids_may_call() {
        let allowed = Allowed { own_uid: 990, others: vec![991] };
        for uid in [990, ROOT, 991] {
            assert!(allowed.check(Some(uid)).is_ok(), "{uid}");
        }
        for uid in [Some(65534), Some(1000), None] {
            let status = allowed.check(uid).unwrap_err();
            assert_eq!(status.code(), Code::PermissionDenied);
            assert_eq!(error::reason_of(&status).as_deref(), Some("PEER_REFUSED"));
        }
    }
}
