//! Who may be at the other end of the Unix socket: this user, root, or a uid from the config, each for their calls.

use tonic::{Code, Status};

use crate::neighbour::{Calls, Users};
use crate::{error, peer};

#[derive(Clone, Debug)]
pub(crate) struct Allowed {
    pub(crate) own_uid: u32,
    pub(crate) others: Vec<u32>,
    /// Which calls the others may make; all, where a service decides for itself.
    pub(crate) calls: Option<(Calls, Users)>,
}

impl Allowed {
    pub(crate) fn of_this_process(others: &[u32], calls: Option<(Calls, Users)>) -> Self {
        Self { own_uid: peer::own_uid(), others: others.to_vec(), calls }
    }

    /// `None` means the kernel could not tell who calls. `path` names the call.
    pub(crate) fn check(&self, uid: Option<u32>, path: &str) -> Result<(), Status> {
        let who = match uid {
            Some(uid) if uid == self.own_uid || uid == peer::ROOT => return Ok(()),
            Some(uid) if self.others.contains(&uid) => {
                return self.calls.as_ref().map_or(Ok(()), |(calls, users)| users.check(calls, uid, path));
            }
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
        let allowed = Allowed { own_uid: 990, others: vec![991], calls: None };
        for uid in [990, peer::ROOT, 991] {
            assert!(allowed.check(Some(uid), "/a.B/C").is_ok(), "{uid}");
        }
        for uid in [Some(65534), Some(1000), None] {
            let status = allowed.check(uid, "/a.B/C").unwrap_err();
            assert_eq!(status.code(), Code::PermissionDenied);
            assert_eq!(error::reason_of(&status).as_deref(), Some("PEER_REFUSED"));
        }
    }
}
