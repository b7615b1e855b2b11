//! The check of PINs: sign-in and Approval. People live in the store; `staff.toml` only brings the first ones in.

use anyhow::Context as _;
use chit_pin::{PinChecker, PinError};
use jiff::Timestamp;
use serde::Deserialize;

use super::approval::{self, Act, ApprovalError, Hands};
use super::grant::{Grant, JointGrant};
use super::origin::Origin;
use super::person::{Person, Role};
use crate::store::{Store, Tx};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// An approver's name and PIN as they came in. No Debug: the PIN must not reach a log.
pub struct ApprovalInput {
    pub actor: String,
    pub pin: String,
}

/// One act that is to be approved.
pub struct Asked<'a> {
    pub act: Act,
    pub hands: &'a Hands,
    pub origin: &'a Origin,
    pub now: Timestamp,
}

pub struct Staff {
    /// Wrong PINs are counted on disk: a restart gives nobody more tries.
    store: Store,
    pins: PinChecker,
    /// The owner works alone, so their own PIN approves what they did.
    one_person: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StaffFile {
    staff: Vec<StaffEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StaffEntry {
    name: String,
    role: StaffRole,
    pin_hash: String,
    #[serde(default)]
    must_change_pin: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StaffRole {
    Cashier,
    Supervisor,
    Owner,
    Auditor,
}

impl From<StaffEntry> for Person {
    fn from(entry: StaffEntry) -> Self {
        let role = match entry.role {
            StaffRole::Cashier => Role::Cashier,
            StaffRole::Supervisor => Role::Supervisor,
            StaffRole::Owner => Role::Owner,
            StaffRole::Auditor => Role::Auditor,
        };
        Self {
            name: entry.name,
            role,
            pin_hash: entry.pin_hash,
            must_change_pin: entry.must_change_pin,
            disabled: false,
        }
    }
}

impl Staff {
    /// Brings in who stands in the text of `staff.toml` and was never known here.
    pub async fn load(staff_toml: Vec<u8>, store: Store, one_person: bool) -> anyhow::Result<Self> {
        let text = String::from_utf8(staff_toml).context("staff.toml")?;
        let file: StaffFile = toml::from_str(&text).context("staff.toml")?;
        let bring_in = move |tx: &mut Tx| {
            for person in file.staff.into_iter().map(Person::from) {
                if !tx.knows_person(&person.name)? {
                    tx.put_person("system", &person)?;
                }
            }
            Ok(())
        };
        store.write(bring_in).await?;
        Ok(Self { store, pins: PinChecker::default(), one_person })
    }

    #[cfg(test)]
    pub fn hashed(&self) -> u64 {
        self.pins.turn().hashed()
    }

    /// Checks a PIN alone. It counts towards the same lockout as an Approval.
    pub fn sign_in(&self, input: &ApprovalInput, origin: &Origin, now: Timestamp) -> Result<Person> {
        let person = self.identify("", input, origin, now)?;
        let must_change_pin = person.must_change_pin || person.role.finds_too_short(&input.pin);
        Ok(Person { must_change_pin, ..person })
    }

    /// Checks PIN, role and the rule about one's own sale. Takes tens of milliseconds: argon2id.
    pub fn approve(&self, input: Option<&ApprovalInput>, asked: &Asked<'_>) -> Result<Grant> {
        debug_assert!(!asked.act.needs_two_people(), "{:?} is for approve_two", asked.act);
        let approver = self.approver(FIRST, first_of(input, asked.act)?, asked)?;
        match approval::check(asked.act, &approver, asked.hands) {
            Ok(()) => Ok(Grant::new(asked.act, &approver.name)),
            Err(ApprovalError::OwnSale | ApprovalError::OwnPayer)
                if self.one_person && approver.role == Role::Owner =>
            {
                Ok(Grant::of_oneself(asked.act, &approver.name))
            }
            Err(error) => Err(refuse(FIRST, &error)),
        }
    }

    /// The same for an act that takes two people.
    pub fn approve_two(
        &self,
        first: Option<&ApprovalInput>,
        second: Option<&ApprovalInput>,
        asked: &Asked<'_>,
    ) -> Result<JointGrant> {
        let (first, second) = (first_of(first, asked.act)?, second_of(second)?);
        let approver = self.approver(FIRST, first, asked)?;
        let witness = self.approver(SECOND, second, asked)?;
        approval::check_two(asked.act, &approver, &witness).map_err(|error| {
            let field = if error == ApprovalError::SamePerson { SECOND } else { FIRST };
            refuse(field, &error)
        })?;
        Ok(JointGrant {
            approver: Grant::new(asked.act, &approver.name),
            witness: Grant::new(asked.act, &witness.name),
        })
    }

    /// Somebody whose PIN is their own.
    fn approver(&self, part: &str, input: &ApprovalInput, asked: &Asked<'_>) -> Result<Person> {
        let person = self.identify(part, input, asked.origin, asked.now)?;
        if person.must_change_pin || person.role.finds_too_short(&input.pin) {
            return Err(refuse(part, &ApprovalError::MustChangePin));
        }
        Ok(person)
    }

    /// Whose name and PIN these are. `part` is where they stand in the request.
    fn identify(&self, part: &str, input: &ApprovalInput, origin: &Origin, now: Timestamp) -> Result<Person> {
        let field = format!("{part}actor");
        let mut turn = self.pins.turn();
        let (person, known) = self.store.read_blocking(|view| {
            let person = view.person(&field, &input.actor)?;
            let lockout = view.pin_lockout(&person.name, origin)?;
            Ok((person, lockout))
        })?;
        known.check(now).map_err(|error| refuse(part, &error.into()))?;
        let right = turn.verify(&input.pin, &person.pin_hash).map_err(|error| refuse(part, &error.into()))?;
        let (name, origin) = (person.name.clone(), origin.clone());
        let tried = self.store.write_blocking(move |tx| {
            let before = tx.pin_lockout(&name, &origin)?;
            let (after, answer) = before.after_try(right, now);
            if after != before {
                tx.put_pin_lockout(&name, &origin, after);
            }
            Ok(answer)
        })?;
        tried.map_err(|error| refuse(part, &error.into()))?;
        Ok(person)
    }
}

const FIRST: &str = "approval.";
const SECOND: &str = "second_approval.";

fn first_of(input: Option<&ApprovalInput>, act: Act) -> Result<&ApprovalInput> {
    given(input).ok_or_else(|| {
        let message = format!(
            "this needs the approval of a {:?}: send approval.actor and approval.pin",
            act.required_role()
        );
        Refusal {
            field: Some("approval".into()),
            ..Refusal::new(RefusalKind::NotAllowed, Reason::APPROVAL_REQUIRED, message)
        }
    })
}

fn second_of(input: Option<&ApprovalInput>) -> Result<&ApprovalInput> {
    given(input).ok_or_else(|| {
        let message = "this needs two people: send second_approval.actor and second_approval.pin";
        Refusal {
            field: Some("second_approval".into()),
            ..Refusal::new(RefusalKind::NotAllowed, Reason::SECOND_APPROVAL_REQUIRED, message)
        }
    })
}

fn given(input: Option<&ApprovalInput>) -> Option<&ApprovalInput> {
    input.filter(|input| !input.actor.is_empty())
}

fn refuse(part: &str, error: &ApprovalError) -> Refusal {
    let field = match error {
        ApprovalError::Pin(PinError::Form | PinError::Wrong { .. } | PinError::LockedOut { .. }) => "pin",
        _ => "actor",
    };
    Refusal {
        field: Some(format!("{part}{field}")),
        ..Refusal::new(RefusalKind::NotAllowed, error.reason(), error.to_string())
    }
}
