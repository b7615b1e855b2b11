//! Who may make a call. Each call says so where its service lists it (`calls!`), so that a new one without a word on this
//! does not compile.

use crate::staff::device::DeviceKind;
use crate::staff::person::Role;

/// The role in the certificate of another program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientRole {
    /// Another POS: sells, and sees the sales that it opened.
    Pos,
    /// Sees the sales of all, and changes nothing.
    Viewer,
}

impl ClientRole {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "pos" => Some(Self::Pos),
            "viewer" => Some(Self::Viewer),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// A person of at least this role.
    least: Option<Role>,
    auditor: bool,
    clients: &'static [ClientRole],
    devices: &'static [DeviceKind],
    /// Root of this machine and checkout's own user, who could read and write its files as well.
    host: bool,
    /// Every user who may connect to the socket.
    anyone: bool,
    /// A person with a one-time PIN, who may do nothing else yet.
    with_one_time_pin: bool,
}

use ClientRole::{Pos, Viewer};
use DeviceKind::{Display, Till, Timer};

impl Access {
    const NOBODY: Self = Self {
        least: None,
        auditor: false,
        clients: &[],
        devices: &[],
        host: false,
        anyone: false,
        with_one_time_pin: false,
    };

    /// Sells: staff, and other POS software on its own sales.
    pub const SELL: Self = Self { least: Some(Role::Cashier), clients: &[Pos], ..Self::NOBODY };
    /// What staff does besides selling; an Approval comes with the call where one is needed.
    pub const STAFF: Self = Self { least: Some(Role::Cashier), ..Self::NOBODY };
    /// The payer types their row on the customer's pad.
    pub const ROW: Self = Self { devices: &[Display], ..Self::STAFF };
    /// Asks payers; at set times, too.
    pub const ASK: Self = Self { devices: &[Timer], host: true, ..Self::STAFF };
    /// Money moves.
    pub const SETTLE: Self =
        Self { least: Some(Role::Supervisor), devices: &[Timer], host: true, ..Self::NOBODY };
    /// Says that money which did not agree does.
    pub const SETTLE_IN_PERSON: Self = Self { least: Some(Role::Supervisor), ..Self::NOBODY };
    /// People and devices.
    pub const OWNER: Self = Self { least: Some(Role::Owner), ..Self::NOBODY };
    pub const DEVICES_LIST: Self = Self { auditor: true, ..Self::OWNER };

    /// Looks at what is not about a payer's person.
    pub const LOOK: Self =
        Self { least: Some(Role::Cashier), auditor: true, devices: &[Till], host: true, ..Self::NOBODY };
    pub const LOOK_AT_SALE: Self = Self { clients: &[Pos, Viewer], devices: &[Till, Display], ..Self::LOOK };
    pub const LOOK_AT_SALES: Self = Self { clients: &[Pos, Viewer], ..Self::LOOK };
    pub const STATUS: Self = Self { clients: &[Pos, Viewer], devices: &[Till, Timer, Display], ..Self::LOOK };
    pub const REPORT: Self = Self { clients: &[Viewer], ..Self::LOOK };
    pub const GOODS: Self = Self { clients: &[Pos], ..Self::LOOK };
    /// Goods, film, dialogue: a person's name goes on the record.
    pub const ENQUIRE: Self = Self { least: Some(Role::Cashier), auditor: true, ..Self::NOBODY };

    /// Of a sandbox, whose time belongs to whoever practises.
    pub const PRACTISE: Self = Self { host: true, ..Self::STAFF };
    /// The machine's own business.
    pub const HOST: Self = Self { host: true, ..Self::NOBODY };
    /// Before anybody is known.
    pub const ANYONE: Self = Self {
        least: Some(Role::Cashier),
        auditor: true,
        devices: &[Till, Timer, Display],
        host: true,
        anyone: true,
        with_one_time_pin: true,
        ..Self::NOBODY
    };
    /// Whoever is signed in.
    pub const OWN_SESSION: Self =
        Self { least: Some(Role::Cashier), auditor: true, with_one_time_pin: true, ..Self::NOBODY };

    pub fn admits_person(self, role: Role, must_change_pin: bool) -> bool {
        let by_role =
            self.least.is_some_and(|least| role >= least) || (self.auditor && role == Role::Auditor);
        by_role && (self.with_one_time_pin || !must_change_pin)
    }

    pub fn admits_client(self, role: ClientRole) -> bool {
        self.clients.contains(&role)
    }

    pub fn admits_device(self, kind: DeviceKind) -> bool {
        self.devices.contains(&kind)
    }

    pub fn admits_host(self) -> bool {
        self.host || !self.devices.is_empty()
    }

    pub fn admits_anyone(self) -> bool {
        self.anyone
    }
}

/// A service's calls by their names in Rust, each with who may make it.
pub type Table = &'static [(&'static str, Access)];

/// `release_sale` as the interface writes it: `ReleaseSale`.
fn in_interface(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    name.split('_').map(capital).collect()
}

/// `method` is the name in the interface, e.g. `ReleaseSale`.
pub fn of(table: Table, method: &str) -> Option<Access> {
    table.iter().find(|(name, _)| in_interface(name) == method).map(|(_, access)| *access)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_rust_is_found_by_its_name_in_the_interface() {
        const TABLE: Table = &[("release_sale", Access::SELL), ("get_z_report", Access::REPORT)];
        assert_eq!(of(TABLE, "ReleaseSale"), Some(Access::SELL));
        assert_eq!(of(TABLE, "GetZReport"), Some(Access::REPORT));
        assert_eq!(of(TABLE, "Release"), None);
    }

    #[test]
    fn an_auditor_looks_and_does_nothing() {
        for access in [Access::LOOK, Access::LOOK_AT_SALE, Access::REPORT, Access::ENQUIRE] {
            assert!(access.admits_person(Role::Auditor, false), "{access:?}");
        }
        for access in [Access::SELL, Access::STAFF, Access::SETTLE, Access::OWNER, Access::HOST] {
            assert!(!access.admits_person(Role::Auditor, false), "{access:?}");
        }
    }

    #[test]
    fn a_one_time_pin_opens_nothing_but_its_own_change() {
        assert!(!Access::SELL.admits_person(Role::Owner, true));
        assert!(!Access::LOOK.admits_person(Role::Owner, true));
        assert!(Access::OWN_SESSION.admits_person(Role::Cashier, true));
    }
}
