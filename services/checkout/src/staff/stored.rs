//! People, wrong PINs, sessions and devices in the store.

use chit_pin::PinLockout;
use jiff::Timestamp;

use super::device::{Device, DeviceKind};
use super::origin::Origin;
use super::person::{Person, Role};
use super::session::{Session, TokenHash};
use crate::store::history::{Change, Kind};
use crate::store::records::{self, damaged, staff as stored};
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};
use crate::values::time;

/// Of events about people and devices: they have no life of states, but they come and go.
const ACTIVE: u32 = 1;
const GONE: u32 = 2;

fn number(role: Role) -> u32 {
    match role {
        Role::Cashier => 1,
        Role::Supervisor => 2,
        Role::Owner => 3,
        Role::Auditor => 4,
    }
}

impl Tx {
    pub fn put_person(&mut self, actor: &str, person: &Person) -> Result<()> {
        let key = person.name.as_bytes();
        let before = self.record::<stored::Person>(Table::People, key)?;
        let (added_ms, added_by) = match before {
            Some(known) => (known.added_ms, known.added_by),
            None => (self.now.as_millisecond(), actor.to_owned()),
        };
        let record = stored::Person {
            role: number(person.role),
            pin_hash: person.pin_hash.clone(),
            disabled: person.disabled,
            must_change_pin: person.must_change_pin,
            added_ms,
            added_by,
        };
        self.put(Table::People, key, &record);
        self.note(actor, Kind::Person, key, if person.disabled { GONE } else { ACTIVE })
    }

    pub fn put_pin_lockout(&mut self, name: &str, origin: &Origin, lockout: PinLockout) {
        let record = stored::PinTries {
            wrong: lockout.wrong.into(),
            locked_until_ms: records::optional_ms(lockout.locked_until),
            locks: lockout.locks.into(),
        };
        self.put(Table::PinTries, &tries_key(name, origin), &record);
    }

    /// Of all origins.
    pub fn forgive_wrong_pins(&mut self, name: &str) -> Result<()> {
        let prefix = [name.as_bytes(), &[0]].concat();
        for (key, _) in self.page(Table::PinTries, &prefix, Seek::Start, usize::MAX)? {
            self.remove(Table::PinTries, &key);
        }
        Ok(())
    }

    /// When a one-time PIN of this owner can be fetched; `None` once it was, or was cancelled.
    pub fn put_owner_reset(&mut self, actor: &str, name: &str, ready: Option<Timestamp>) -> Result<()> {
        let ms = ready.map_or(0, |ready| u64::try_from(ready.as_millisecond()).unwrap_or_default());
        self.set_counter(&reset_key(name), ms);
        self.note(actor, Kind::Person, name.as_bytes(), ACTIVE)
    }

    pub fn put_session(&mut self, token: TokenHash, session: &Session) {
        let record = stored::Session {
            person: session.person.clone(),
            origin: session.origin.as_str().to_owned(),
            opened_ms: session.opened_at.as_millisecond(),
        };
        self.put(Table::Sessions, &token.0, &record);
    }

    pub fn remove_session(&mut self, token: TokenHash) {
        self.remove(Table::Sessions, &token.0);
    }

    pub fn put_device(&mut self, actor: &str, token: TokenHash, device: &Device) -> Result<()> {
        let record = stored::Device {
            name: device.name.clone(),
            kind: device.kind as u32,
            paired_ms: device.paired_at.as_millisecond(),
            paired_by: device.paired_by.clone(),
        };
        self.put(Table::Devices, &token.0, &record);
        self.note(actor, Kind::Device, device.name.as_bytes(), ACTIVE)
    }

    pub fn remove_device(&mut self, actor: &str, token: TokenHash, name: &str) -> Result<()> {
        self.remove(Table::Devices, &token.0);
        self.note(actor, Kind::Device, name.as_bytes(), GONE)
    }

    /// Neither a hash of a PIN nor one of a token goes into the history.
    fn note(&mut self, actor: &str, kind: Kind, subject: &[u8], state: u32) -> Result<()> {
        self.record_change(actor, &Change { kind, subject, state, before: None, after: Vec::new() })
    }
}

impl View {
    /// Somebody who works here now. `field` is where the name stands in the request.
    pub fn person(&self, field: &str, name: &str) -> Result<Person> {
        self.find_person(name)?.filter(|person| !person.disabled).ok_or_else(|| {
            Refusal::field(field, Reason::STAFF_UNKNOWN, "give the name of somebody who works here")
        })
    }

    pub fn find_person(&self, name: &str) -> Result<Option<Person>> {
        let record = self.record::<stored::Person>(Table::People, name.as_bytes())?;
        record.map(|record| person(name, record)).transpose()
    }

    /// Those who work here now.
    pub fn people(&self) -> Result<Vec<Person>> {
        let mut people = self.all_people()?;
        people.retain(|person| !person.disabled);
        Ok(people)
    }

    pub fn all_people(&self) -> Result<Vec<Person>> {
        let rows = self.page(Table::People, b"", Seek::Start, usize::MAX)?;
        let read = |(name, value): (Vec<u8>, Vec<u8>)| {
            person(&String::from_utf8_lossy(&name), records::decode(&value)?)
        };
        rows.into_iter().map(read).collect()
    }

    pub fn knows_person(&self, name: &str) -> Result<bool> {
        self.has(Table::People, name.as_bytes())
    }

    pub fn pin_lockout(&self, name: &str, origin: &Origin) -> Result<PinLockout> {
        let key = tries_key(name, origin);
        let record = self.record::<stored::PinTries>(Table::PinTries, &key)?.unwrap_or_default();
        Ok(PinLockout {
            wrong: u8::try_from(record.wrong).unwrap_or(u8::MAX),
            locked_until: record.locked_until_ms.map(time::from_ms),
            locks: u8::try_from(record.locks).unwrap_or(u8::MAX),
        })
    }

    pub fn owner_reset(&self, name: &str) -> Result<Option<Timestamp>> {
        let ms = self.counter(&reset_key(name))?;
        Ok((ms > 0).then(|| time::from_ms(i64::try_from(ms).unwrap_or(i64::MAX))))
    }

    pub fn session(&self, token: TokenHash) -> Result<Option<Session>> {
        Ok(self.record::<stored::Session>(Table::Sessions, &token.0)?.map(session))
    }

    pub fn sessions(&self) -> Result<Vec<(TokenHash, Session)>> {
        let rows = self.page(Table::Sessions, b"", Seek::Start, usize::MAX)?;
        let read = |(key, value): (Vec<u8>, Vec<u8>)| {
            Ok((TokenHash(records::fixed(&key)?), session(records::decode(&value)?)))
        };
        rows.into_iter().map(read).collect()
    }

    pub fn device(&self, token: TokenHash) -> Result<Option<Device>> {
        self.record::<stored::Device>(Table::Devices, &token.0)?.map(device).transpose()
    }

    pub fn devices(&self) -> Result<Vec<(TokenHash, Device)>> {
        let rows = self.page(Table::Devices, b"", Seek::Start, usize::MAX)?;
        let read = |(key, value): (Vec<u8>, Vec<u8>)| {
            Ok((TokenHash(records::fixed(&key)?), device(records::decode(&value)?)?))
        };
        rows.into_iter().map(read).collect()
    }
}

fn person(name: &str, record: stored::Person) -> Result<Person> {
    let role = Role::ALL.into_iter().find(|role| number(*role) == record.role);
    Ok(Person {
        name: name.to_owned(),
        role: role.ok_or_else(|| damaged("a person's role is unknown"))?,
        pin_hash: record.pin_hash,
        must_change_pin: record.must_change_pin,
        disabled: record.disabled,
    })
}

fn session(record: stored::Session) -> Session {
    Session {
        person: record.person,
        origin: Origin::of(&record.origin),
        opened_at: time::from_ms(record.opened_ms),
    }
}

fn device(record: stored::Device) -> Result<Device> {
    let kind = DeviceKind::ALL.into_iter().find(|kind| *kind as u32 == record.kind);
    Ok(Device {
        name: record.name,
        kind: kind.ok_or_else(|| damaged("a device's kind is unknown"))?,
        paired_at: time::from_ms(record.paired_ms),
        paired_by: record.paired_by,
    })
}

fn tries_key(name: &str, origin: &Origin) -> Vec<u8> {
    [name.as_bytes(), &[0], origin.as_str().as_bytes()].concat()
}

fn reset_key(name: &str) -> String {
    format!("owner_reset_ms:{name}")
}
