//! Who calls: a person with a session, another program with a certificate, a device, the machine itself, or nobody known.

use std::sync::Arc;

use chit_runtime::tls::Certified;
use chit_runtime::{caller, peer, session};
use jiff::Timestamp;
use tonic::Request;

use super::access::{Access, ClientRole};
use crate::context::Shop;
use crate::staff::device::DeviceKind;
use crate::staff::origin::Origin;
use crate::staff::person::{Person, Role};
use crate::staff::session::{Session, TokenHash};
use crate::store::requests::Caller;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// What a call is made as. Proved, never claimed.
#[derive(Clone, Debug)]
pub enum Who {
    Person {
        person: Person,
        session: Session,
        token: TokenHash,
    },
    Client {
        name: String,
        role: ClientRole,
    },
    Device {
        name: String,
        kind: DeviceKind,
    },
    /// Root or checkout's own user, with nobody signed in.
    Host,
    /// Another user of this machine, with nobody signed in.
    Stranger,
}

/// A caller with what is kept for them alone.
#[derive(Clone, Debug)]
pub struct Calling {
    pub who: Who,
    /// Whose request ids these are: not a person's, or a new sign-in would double a retry.
    pub scope: Caller,
    /// Where their PINs come from.
    pub origin: Origin,
}

/// What a request says of its caller, before anything is looked up.
struct Signs {
    scope: String,
    uid: Option<u32>,
    certified: Option<Certified>,
    session: Option<String>,
    device: Option<String>,
}

impl Signs {
    fn of<T>(request: &Request<T>) -> Self {
        Self {
            scope: caller::scope_of(request),
            uid: peer::uid_of(request),
            certified: request.extensions().get::<Certified>().cloned(),
            session: session::sent(request, &session::SESSION),
            device: session::sent(request, &session::DEVICE),
        }
    }
}

/// An old session is no hindrance to a call that anyone may make, or nobody with one could sign in again.
pub async fn of<T>(shop: &Arc<Shop>, request: &Request<T>, access: Access) -> Result<Calling> {
    let signs = Signs::of(request);
    let scope = Caller(signs.scope.clone());
    if let Some(certified) = signs.certified {
        return by_certificate(certified, scope);
    }
    let device = match &signs.device {
        Some(token) => Some(paired(shop, token).await?),
        None => signs.uid.and_then(|uid| shop.cfg.callers.kind_of(uid)).map(|kind| {
            let name = format!("{kind:?}").to_lowercase();
            (name, kind)
        }),
    };
    let origin = match &device {
        Some((name, _)) => Origin::of(&format!("device:{name}")),
        None => Origin::shared(),
    };
    let person = match &signs.session {
        Some(token) => signed_in(shop, token).await.map(Some),
        None => Ok(None),
    };
    let person = if access.admits_anyone() { person.unwrap_or_default() } else { person? };
    let origin = match &person {
        // Their own wrong PINs for others lock those others out under this session only.
        Some(Who::Person { person, .. }) => Origin::of(&format!("by:{}", person.name)),
        _ => origin,
    };
    let who = match (person, device) {
        (Some(person), _) => person,
        (None, Some((name, kind))) => Who::Device { name, kind },
        (None, None) if signs.uid.is_some_and(|uid| uid == peer::ROOT || uid == shop.own_uid) => Who::Host,
        (None, None) => Who::Stranger,
    };
    Ok(Calling { who, scope, origin })
}

fn by_certificate(certified: Certified, scope: Caller) -> Result<Calling> {
    let Some(role) = ClientRole::named(&certified.role) else {
        let message = "the certificate's role is none of pos and viewer";
        return Err(Refusal::new(RefusalKind::NotAllowed, Reason::ROLE_TOO_LOW, message));
    };
    let who = Who::Client { name: format!("pos:{}", certified.client), role };
    Ok(Calling { origin: Origin::of(&scope.0), who, scope })
}

async fn signed_in(shop: &Arc<Shop>, sent: &str) -> Result<Who> {
    let ended = || {
        let message = "the session is over or was never opened; sign in (StaffService.SignIn)";
        Refusal::new(RefusalKind::NotSignedIn, Reason::SESSION_ENDED, message)
    };
    let token = TokenHash::of_sent(sent).ok_or_else(ended)?;
    let now = Timestamp::now();
    let found = shop.store.read(move |view| view.signed_in(token, now)).await?;
    let (session, person) = found.ok_or_else(ended)?;
    Ok(Who::Person { person, session, token })
}

async fn paired(shop: &Arc<Shop>, sent: &str) -> Result<(String, DeviceKind)> {
    let unknown = || {
        let message = "no paired device has this token; pair it (DeviceService.PairDevice)";
        Refusal::new(RefusalKind::NotSignedIn, Reason::DEVICE_UNKNOWN, message)
    };
    let token = TokenHash::of_sent(sent).ok_or_else(unknown)?;
    let device = shop.store.read(move |view| view.device(token)).await?.ok_or_else(unknown)?;
    Ok((device.name, device.kind))
}

impl Calling {
    /// How the history names who did it.
    pub fn actor(&self) -> String {
        match &self.who {
            Who::Person { person, .. } => person.name.clone(),
            Who::Client { name, .. } => name.clone(),
            Who::Device { name, .. } => format!("device:{name}"),
            Who::Host => "host".to_owned(),
            Who::Stranger => "stranger".to_owned(),
        }
    }

    pub fn may(&self, access: Access, method: &str) -> Result<()> {
        match &self.who {
            Who::Person { person, .. } => {
                if access.admits_person(person.role, person.must_change_pin) {
                    return Ok(());
                }
                if access.admits_person(person.role, false) {
                    let message = "this is a one-time PIN; choose another first (StaffService.ChangePin)";
                    return Err(Refusal::new(RefusalKind::NotAllowed, Reason::PIN_MUST_CHANGE, message));
                }
                Err(too_low(&format!("{:?}", person.role), method))
            }
            Who::Client { role, .. } if access.admits_client(*role) => Ok(()),
            Who::Client { role, .. } => Err(too_low(&format!("{role:?}"), method)),
            Who::Device { kind, .. } if access.admits_device(*kind) || access.admits_anyone() => Ok(()),
            Who::Host if access.admits_host() => Ok(()),
            Who::Stranger if access.admits_anyone() => Ok(()),
            Who::Device { .. } | Who::Host | Who::Stranger => {
                let message = format!("{method} needs a person: sign in, and send chit-session");
                Err(Refusal::new(RefusalKind::NotSignedIn, Reason::SIGN_IN_FIRST, message))
            }
        }
    }

    /// Another program sees and changes only the sales that it opened.
    pub fn sees_all_sales(&self) -> bool {
        !matches!(self.who, Who::Client { role: ClientRole::Pos, .. })
    }

    pub fn owns(&self, cashier: &str) -> bool {
        self.sees_all_sales() || self.actor() == cashier
    }

    /// A card's serial freezes its payer, from any phone: a secret of the payer and of who answers for them.
    pub fn sees_serials(&self) -> bool {
        matches!(&self.who, Who::Person { person, .. } if matches!(person.role, Role::Supervisor | Role::Owner))
    }

    /// Who may hand a payer what is theirs at the counter.
    pub fn serves_payers(&self) -> bool {
        matches!(&self.who, Who::Person { person, .. } if person.role != Role::Auditor)
    }

    /// Who sees what is of a payer's person.
    pub fn sees_payers(&self) -> bool {
        !matches!(self.who, Who::Client { .. } | Who::Device { kind: DeviceKind::Display, .. })
    }
}

fn too_low(role: &str, method: &str) -> Refusal {
    let message = format!("a {role} may not call {method}");
    Refusal::new(RefusalKind::NotAllowed, Reason::ROLE_TOO_LOW, message)
}
