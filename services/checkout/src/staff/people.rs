//! Adding, disabling and renewing people and devices; opening sessions.

use jiff::{SignedDuration, Timestamp};

use super::device::{self, DEVICES_MAX, Device, DeviceKind};
use super::person::{self, PEOPLE_MAX, Person, Role};
use super::session::{ALL_MAX, PER_PERSON_MAX, Session, TokenHash};
use crate::store::{Tx, View};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// Whoever takes root's machine by night does not own the shop by morning.
pub const OWNER_RESET_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// `actor` is the owner who approved.
pub fn add(tx: &mut Tx, actor: &str, name: &str, role: Role, pin_hash: String) -> Result<Person> {
    if !person::is_name(name) {
        let remedy = "give 1 to 32 letters, digits, spaces, . and -";
        return Err(Refusal::field("name", Reason::NAME_INVALID, remedy));
    }
    if tx.knows_person(name)? {
        let remedy = "somebody has or had this name; add a letter";
        return Err(Refusal::field("name", Reason::STAFF_EXISTS, remedy));
    }
    if tx.all_people()?.len() >= PEOPLE_MAX {
        let message = format!("the shop knows {PEOPLE_MAX} people already; it keeps the names of all");
        return Err(Refusal::new(RefusalKind::WrongState, Reason::TOO_MANY_PEOPLE, message));
    }
    let person = Person { name: name.to_owned(), role, pin_hash, must_change_pin: true, disabled: false };
    tx.put_person(actor, &person)?;
    Ok(person)
}

pub fn disable(tx: &mut Tx, actor: &str, name: &str) -> Result<()> {
    let person = tx.person("name", name)?;
    let owners = tx.people()?.iter().filter(|person| person.role == Role::Owner).count();
    if person.role == Role::Owner && owners == 1 {
        let message = "this is the last owner; add another one first";
        return Err(Refusal::new(RefusalKind::WrongState, Reason::LAST_OWNER, message));
    }
    tx.put_person(actor, &Person { disabled: true, ..person })?;
    end_sessions(tx, name, None)
}

/// A one-time PIN: its person signs in with it and must change it.
pub fn reset_pin(tx: &mut Tx, actor: &str, name: &str, pin_hash: String) -> Result<()> {
    let person = tx.person("name", name)?;
    tx.put_person(actor, &Person { pin_hash, must_change_pin: true, ..person })?;
    tx.forgive_wrong_pins(name)?;
    end_sessions(tx, name, None)
}

/// Their own; the session in which it happens stays.
pub fn change_pin(tx: &mut Tx, name: &str, pin_hash: String, kept: Option<TokenHash>) -> Result<()> {
    let person = tx.person("actor", name)?;
    tx.put_person(name, &Person { pin_hash, must_change_pin: false, ..person })?;
    end_sessions(tx, name, kept)
}

/// Returns when the new PIN can be fetched, and whether that is now.
pub fn ask_owner_reset(tx: &mut Tx, actor: &str, name: &str) -> Result<(Timestamp, bool)> {
    let person = tx.person("name", name)?;
    if person.role != Role::Owner {
        let remedy = "name an owner; the PIN of anybody else is reset by an owner";
        return Err(Refusal::field("name", Reason::ROLE_INVALID, remedy));
    }
    let ready = match tx.owner_reset(name)? {
        Some(ready) => ready,
        None => {
            let ready = tx.now + OWNER_RESET_AFTER;
            tx.put_owner_reset(actor, name, Some(ready))?;
            ready
        }
    };
    Ok((ready, tx.now >= ready))
}

pub fn cancel_owner_reset(tx: &mut Tx, actor: &str, name: &str) -> Result<()> {
    if tx.owner_reset(name)?.is_none() {
        let message = "nobody asked for this";
        return Err(Refusal::new(RefusalKind::WrongState, Reason::NO_OWNER_RESET, message));
    }
    tx.put_owner_reset(actor, name, None)
}

pub fn pair(tx: &mut Tx, actor: &str, name: &str, kind: DeviceKind, token: TokenHash) -> Result<Device> {
    if !device::is_device_name(name) {
        let remedy = "give 1 to 32 characters of A-Z a-z 0-9 _ -";
        return Err(Refusal::field("name", Reason::NAME_INVALID, remedy));
    }
    let known = tx.devices()?;
    if known.iter().any(|(_, device)| device.name == name) {
        let remedy = "a device has this name; revoke it first, or take another name";
        return Err(Refusal::field("name", Reason::DEVICE_EXISTS, remedy));
    }
    if known.len() >= DEVICES_MAX {
        let message = format!("{DEVICES_MAX} devices are paired; revoke one");
        return Err(Refusal::new(RefusalKind::WrongState, Reason::TOO_MANY_DEVICES, message));
    }
    let device = Device { name: name.to_owned(), kind, paired_at: tx.now, paired_by: actor.to_owned() };
    tx.put_device(actor, token, &device)?;
    Ok(device)
}

pub fn revoke(tx: &mut Tx, actor: &str, name: &str) -> Result<()> {
    let known = tx.devices()?;
    let Some((token, _)) = known.into_iter().find(|(_, device)| device.name == name) else {
        return Err(Refusal::field("name", Reason::DEVICE_UNKNOWN, "no device has this name"));
    };
    tx.remove_device(actor, token, name)
}

/// Ends what is over or too much. `must_change_pin`: the PIN was right and is none to work with.
pub fn open_session(tx: &mut Tx, token: TokenHash, session: &Session, must_change_pin: bool) -> Result<()> {
    let person = tx.person("actor", &session.person)?;
    if must_change_pin && !person.must_change_pin {
        tx.put_person(&session.person, &Person { must_change_pin, ..person })?;
    }
    let mut known = tx.sessions()?;
    known.sort_by_key(|(_, session)| session.opened_at);
    let own = known.iter().filter(|(_, other)| other.person == session.person).count();
    let mut own_excess = (own + 1).saturating_sub(PER_PERSON_MAX);
    let mut excess = (known.len() + 1).saturating_sub(ALL_MAX);
    for (hash, other) in known {
        let of_person = other.person == session.person && own_excess > 0;
        if !(other.is_over(session.opened_at) || of_person || excess > 0) {
            continue;
        }
        tx.remove_session(hash);
        own_excess = own_excess.saturating_sub(usize::from(other.person == session.person));
        excess = excess.saturating_sub(1);
    }
    tx.put_session(token, session);
    Ok(())
}

fn end_sessions(tx: &mut Tx, name: &str, kept: Option<TokenHash>) -> Result<()> {
    for (hash, session) in tx.sessions()? {
        if session.person == name && Some(hash) != kept {
            tx.remove_session(hash);
        }
    }
    Ok(())
}

impl View {
    /// Names of everybody whose session is open.
    pub fn everybody_signed_in(&self, now: Timestamp) -> Result<Vec<String>> {
        let open = self.sessions()?.into_iter().filter(|(_, session)| !session.is_over(now));
        Ok(open.map(|(_, session)| session.person).collect())
    }

    /// Whose session this is, if it is still open and its person still works here.
    pub fn signed_in(&self, token: TokenHash, now: Timestamp) -> Result<Option<(Session, Person)>> {
        let Some(session) = self.session(token)?.filter(|session| !session.is_over(now)) else {
            return Ok(None);
        };
        let person = self.find_person(&session.person)?.filter(|person| !person.disabled);
        Ok(person.map(|person| (session, person)))
    }
}
