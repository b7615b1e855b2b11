//! Which calls a service takes from which other service of this machine, known by the user it runs under. Its own user and
//! root may make every call: they could read and write its files as well.

use prost::Message as _;
use prost_types::FileDescriptorSet;
use serde::Deserialize;
use tonic::{Code, Status};

use crate::error;
use crate::peer;

/// A service that calls others, or somebody else of `allow_uids`: a person or a program of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbour {
    Checkout,
    Till,
    Scanner,
    Issuer,
    Other,
}

/// Every service has these, and what they show is nobody's secret.
const PLUMBING: [&str; 3] = ["/grpc.health.v1.", "/grpc.reflection.v1.", "/chit.trouble.v1."];

/// `("PrinterService/SubmitJob", &[Neighbour::Checkout])` for each call of a service. What is not named is only for root
/// and the service's own user.
pub type Calls = &'static [(&'static str, &'static [Neighbour])];

/// Looks and changes nothing, and what it shows is nobody's secret.
pub const LOOK: &[Neighbour] =
    &[Neighbour::Checkout, Neighbour::Till, Neighbour::Scanner, Neighbour::Issuer, Neighbour::Other];
/// Checkout alone.
pub const CHECKOUT: &[Neighbour] = &[Neighbour::Checkout];
/// Who writes to payers and hears them: a shop's checkout, or an issuer, on a gateway of its own.
pub const CORRESPONDENT: &[Neighbour] = &[Neighbour::Checkout, Neighbour::Issuer];
/// Only root and the service's own user: an operator's call.
pub const OPERATOR: &[Neighbour] = &[];

/// `[chit.users]`: the users that the services run under, by name or number.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Users {
    #[serde(deserialize_with = "peer::uids")]
    pub checkout: Vec<u32>,
    #[serde(deserialize_with = "peer::uids")]
    pub till: Vec<u32>,
    #[serde(deserialize_with = "peer::uids")]
    pub scanner: Vec<u32>,
    #[serde(deserialize_with = "peer::uids")]
    pub issuer: Vec<u32>,
}

impl Default for Users {
    /// Those of the Debian package, where there are such.
    fn default() -> Self {
        let of = |name| peer::find_user(name).into_iter().collect();
        Self {
            checkout: of("chit-checkout"),
            till: of("chit-till"),
            scanner: of("chit-scanner"),
            issuer: of("chit-issuer"),
        }
    }
}

impl Users {
    fn of(&self, uid: u32) -> Neighbour {
        let known = [
            (Neighbour::Checkout, &self.checkout),
            (Neighbour::Till, &self.till),
            (Neighbour::Scanner, &self.scanner),
            (Neighbour::Issuer, &self.issuer),
        ];
        known
            .into_iter()
            .find(|(_, uids)| uids.contains(&uid))
            .map_or(Neighbour::Other, |(neighbour, _)| neighbour)
    }

    /// `path` is `/chit.printer.v1.PrinterService/SubmitJob`.
    pub(crate) fn check(&self, calls: Calls, uid: u32, path: &str) -> Result<(), Status> {
        if PLUMBING.iter().any(|package| path.starts_with(package)) {
            return Ok(());
        }
        let neighbour = self.of(uid);
        let call = path.rsplit_once('.').map_or(path, |(_, call)| call);
        let listed = calls.iter().find(|(name, _)| *name == call);
        if listed.is_some_and(|(_, may)| may.contains(&neighbour)) {
            return Ok(());
        }
        let message = format!("the user {uid} ({neighbour:?}) may not call {call}; root may");
        Err(error::status(Code::PermissionDenied, "PEER_REFUSED", message))
    }
}

/// For a service's test: what of its interface the table lacks or names in vain.
pub fn differs(calls: Calls, descriptors: &[u8], package: &str) -> Vec<String> {
    let Ok(all) = FileDescriptorSet::decode(descriptors) else { return vec!["no descriptors".to_owned()] };
    let files = all.file.iter().filter(|file| file.package() == package);
    let known: Vec<String> = files
        .flat_map(|file| &file.service)
        .flat_map(|service| {
            service.method.iter().map(move |method| format!("{}/{}", service.name(), method.name()))
        })
        .collect();
    let listed = |name: &String| calls.iter().any(|(call, _)| call == name);
    let missing = known.iter().filter(|name| !listed(name)).cloned();
    let vain = calls.iter().map(|(call, _)| (*call).to_owned()).filter(|call| !known.contains(call));
    missing.chain(vain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::reason_of;

    const CALLS: Calls = &[
        ("PrinterService/SubmitJob", CHECKOUT),
        ("PrinterService/GetStatus", LOOK),
        ("PrinterService/CutPaper", OPERATOR),
        ("PrinterService/WritePayer", CORRESPONDENT),
    ];

    #[test]
    fn each_user_makes_the_calls_of_their_service_and_health_is_for_all() {
        let users = Users { checkout: vec![990], till: vec![991], scanner: Vec::new(), issuer: vec![992] };
        let may = |uid, call: &str| users.check(CALLS, uid, &format!("/chit.printer.v1.{call}")).is_ok();
        assert!(may(990, "PrinterService/SubmitJob") && !may(991, "PrinterService/SubmitJob"));
        let writes = |uid| may(uid, "PrinterService/WritePayer");
        assert!(writes(990) && writes(992) && !writes(991) && !may(992, "PrinterService/SubmitJob"));
        for uid in [990, 991, 992, 1000] {
            assert!(may(uid, "PrinterService/GetStatus"));
            assert!(!may(uid, "PrinterService/CutPaper") && !may(uid, "PrinterService/Unknown"));
            assert!(users.check(CALLS, uid, "/grpc.health.v1.Health/Check").is_ok());
            assert!(users.check(CALLS, uid, "/chit.trouble.v1.TroubleService/ListTroubles").is_ok());
        }
        let refused = users.check(CALLS, 991, "/chit.printer.v1.PrinterService/SubmitJob").unwrap_err();
        assert_eq!(reason_of(&refused).as_deref(), Some("PEER_REFUSED"));
    }
}
