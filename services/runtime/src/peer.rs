//! Who may be at the other end of the Unix socket: this user, root, or a uid from the config.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::fs;
use tonic::transport::server::UdsConnectInfo;

pub const ROOT: u32 = 0;
/// Where systemd-sysusers puts users of services, whose numbers differ from machine to machine.
const USERS: &str = "/etc/passwd";

/// The uid of a caller over the Unix socket; `None` over TCP.
pub fn uid_of<T>(request: &tonic::Request<T>) -> Option<u32> {
    request.extensions().get::<UdsConnectInfo>()?.peer_cred.map(|cred| cred.uid())
}

/// Of a key in the config that lists users: their uids. `deserialize_with` of services' own sections too.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     #[serde(deserialize_with = "chit_runtime::peer::uids")]
///     send_uids: Vec<u32>,
/// }
///
/// let settings: Settings = toml::from_str("send_uids = [990, \"root\"]").unwrap();
/// assert_eq!(settings.send_uids, [990, 0]);
/// assert!(toml::from_str::<Settings>("send_uids = [\"nobody-has-this-name\"]").is_err());
/// ```
pub fn uids<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a user is a number or a name")]
    enum User {
        Uid(u32),
        Name(String),
    }
    let users = Vec::<User>::deserialize(list)?;
    let passwd = fs::read_to_string(USERS).unwrap_or_default();
    let uid = |user| match user {
        User::Uid(uid) => Ok(uid),
        User::Name(name) => uid_in(&passwd, &name).ok_or(format!("there is no user {name:?} in {USERS}")),
    };
    users.into_iter().map(uid).collect::<Result<_, _>>().map_err(D::Error::custom)
}

/// The uid that this process runs under.
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The uid of a user of this machine, if there is one of that name.
pub fn find_user(name: &str) -> Option<u32> {
    uid_in(&fs::read_to_string(USERS).unwrap_or_default(), name)
}

/// passwd(5): `name:password:uid:…`.
fn uid_in(passwd: &str, name: &str) -> Option<u32> {
    let mut users = passwd.lines().map(|line| line.split(':'));
    users.find_map(|mut user| (user.next()? == name).then(|| user.nth(1)?.parse().ok())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\nchit-till:x:990:988::/:/usr/sbin/nologin\nodd\n";
        assert_eq!((uid_in(passwd, "chit-till"), uid_in(passwd, "root")), (Some(990), Some(0)));
        for unknown in ["chit", "", "odd", "x"] {
            assert_eq!(uid_in(passwd, unknown), None, "{unknown}");
        }
    }
}
