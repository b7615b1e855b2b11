//! People and their wrong PINs in the store.

use super::approval::{PinLockout, Role, StaffMember};
use crate::store::history::{Change, Kind};
use crate::store::records::{self, damaged, staff as stored};
use crate::store::table::Table;
use crate::store::{Tx, View};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};
use crate::values::time;

impl Role {
    const ALL: [Self; 3] = [Self::Cashier, Self::Supervisor, Self::Owner];

    fn number(self) -> u32 {
        match self {
            Self::Cashier => 1,
            Self::Supervisor => 2,
            Self::Owner => 3,
        }
    }
}

/// Where a person's wrong PINs are counted. One origin until devices are paired.
const ORIGIN: &str = "shop";

impl Tx {
    pub fn put_person(&mut self, actor: &str, person: &StaffMember) -> Result<()> {
        let record = stored::Person {
            role: person.role.number(),
            pin_hash: person.pin_hash.clone(),
            disabled: false,
            must_change_pin: false,
            added_ms: self.now.as_millisecond(),
            added_by: actor.to_owned(),
        };
        let state = record.role;
        self.put(Table::People, person.name.as_bytes(), &record);
        // Neither a hash of a PIN nor its change goes into the history.
        let subject = person.name.as_bytes();
        self.record_change(
            actor,
            &Change { kind: Kind::Person, subject, state, before: None, after: Vec::new() },
        )
    }

    pub fn put_pin_lockout(&mut self, name: &str, lockout: PinLockout) {
        let record = stored::PinTries {
            wrong: lockout.wrong.into(),
            locked_until_ms: records::optional_ms(lockout.locked_until),
        };
        self.put(Table::PinTries, &tries_key(name), &record);
    }
}

impl View {
    pub fn person(&self, field: &str, name: &str) -> Result<StaffMember> {
        let record = self.record::<stored::Person>(Table::People, name.as_bytes())?;
        let record = record.filter(|person| !person.disabled).ok_or_else(|| {
            Refusal::field(field, Reason::STAFF_UNKNOWN, "give the name of somebody who works here")
        })?;
        person(name, record)
    }

    pub fn people(&self) -> Result<Vec<StaffMember>> {
        let rows = self.page(Table::People, b"", crate::store::Seek::Start, usize::MAX)?;
        let mut people = Vec::with_capacity(rows.len());
        for (name, value) in rows {
            let record: stored::Person = records::decode(&value)?;
            if !record.disabled {
                people.push(person(&String::from_utf8_lossy(&name), record)?);
            }
        }
        Ok(people)
    }

    pub fn knows_person(&self, name: &str) -> Result<bool> {
        self.has(Table::People, name.as_bytes())
    }

    pub fn pin_lockout(&self, name: &str) -> Result<PinLockout> {
        let record = self.record::<stored::PinTries>(Table::PinTries, &tries_key(name))?.unwrap_or_default();
        Ok(PinLockout {
            wrong: u8::try_from(record.wrong).unwrap_or(u8::MAX),
            locked_until: record.locked_until_ms.map(time::from_ms),
        })
    }
}

fn person(name: &str, record: stored::Person) -> Result<StaffMember> {
    let role = Role::ALL.into_iter().find(|role| role.number() == record.role);
    Ok(StaffMember {
        name: name.to_owned(),
        role: role.ok_or_else(|| damaged("a person's role is unknown"))?,
        pin_hash: record.pin_hash,
    })
}

fn tries_key(name: &str) -> Vec<u8> {
    [name.as_bytes(), &[0], ORIGIN.as_bytes()].concat()
}
