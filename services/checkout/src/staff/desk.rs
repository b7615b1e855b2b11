//! Who works here, and the check of an Approval. People live in the store; `staff.toml` only brings new ones in.

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Deserialize;

use super::approval::{self, Act, ApprovalError, Role, StaffMember};
use super::grant::{Grant, JointGrant};
use super::pin::PinChecker;
use crate::store::{Store, Tx};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// An approver's name and PIN as they came in. No Debug: the PIN must not reach a log.
pub struct ApprovalInput {
    pub actor: String,
    pub pin: String,
}

pub struct Staff {
    /// Wrong PINs are counted on disk: a restart gives nobody more tries.
    store: Store,
    pins: PinChecker,
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
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StaffRole {
    Cashier,
    Supervisor,
    Owner,
}

impl From<StaffEntry> for StaffMember {
    fn from(entry: StaffEntry) -> Self {
        let role = match entry.role {
            StaffRole::Cashier => Role::Cashier,
            StaffRole::Supervisor => Role::Supervisor,
            StaffRole::Owner => Role::Owner,
        };
        Self { name: entry.name, role, pin_hash: entry.pin_hash }
    }
}

impl Staff {
    /// Brings in who stands in the text of `staff.toml` and is not known yet.
    pub async fn load(staff_toml: Vec<u8>, store: Store) -> anyhow::Result<Self> {
        let text = String::from_utf8(staff_toml).context("staff.toml")?;
        let file: StaffFile = toml::from_str(&text).context("staff.toml")?;
        let bring_in = move |tx: &mut Tx| {
            for person in file.staff.into_iter().map(StaffMember::from) {
                if !tx.knows_person(&person.name)? {
                    tx.put_person("system", &person)?;
                }
            }
            Ok(())
        };
        store.write(bring_in).await?;
        Ok(Self { store, pins: PinChecker::default() })
    }

    /// The name is one of the staff's.
    pub async fn known(&self, field: &'static str, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.store.read(move |view| view.person(field, &name)).await.map(|_| ())
    }

    /// As `known`, of one whose role allows the act. For calls that name who acts and carry no PIN.
    pub async fn may(&self, field: &'static str, name: &str, act: Act) -> Result<()> {
        let name = name.to_owned();
        let member = self.store.read(move |view| view.person(field, &name)).await?;
        approval::check(act, &member, None)
            .map_err(|error| Refusal { field: Some(field.into()), ..refuse("", &error) })
    }

    pub async fn all(&self) -> Result<Vec<StaffMember>> {
        self.store.read(crate::store::View::people).await
    }

    /// Checks a PIN alone. It counts towards the same lockout as an Approval.
    pub fn sign_in(&self, input: &ApprovalInput, now: Timestamp) -> Result<StaffMember> {
        self.identify("", input, now)
    }

    /// Checks PIN, role and the rule about one's own sale. Takes tens of milliseconds: argon2id.
    pub fn approve(
        &self,
        input: Option<&ApprovalInput>,
        act: Act,
        sale_cashier: Option<&str>,
        now: Timestamp,
    ) -> Result<Grant> {
        debug_assert!(!act.needs_two_people(), "{act:?} is for approve_two");
        let approver = self.identify(FIRST, first_of(input, act)?, now)?;
        approval::check(act, &approver, sale_cashier).map_err(|error| refuse(FIRST, &error))?;
        Ok(Grant::new(act, &approver.name))
    }

    /// The same for an act that takes two people.
    pub fn approve_two(
        &self,
        first: Option<&ApprovalInput>,
        second: Option<&ApprovalInput>,
        act: Act,
        now: Timestamp,
    ) -> Result<JointGrant> {
        let (first, second) = (first_of(first, act)?, second_of(second)?);
        let (approver, witness) = (self.identify(FIRST, first, now)?, self.identify(SECOND, second, now)?);
        approval::check_two(act, &approver, &witness).map_err(|error| {
            let field = if error == ApprovalError::SamePerson { SECOND } else { FIRST };
            refuse(field, &error)
        })?;
        Ok(JointGrant { approver: Grant::new(act, &approver.name), witness: Grant::new(act, &witness.name) })
    }

    /// Whose name and PIN these are. `part` is where they stand in the request.
    fn identify(&self, part: &str, input: &ApprovalInput, now: Timestamp) -> Result<StaffMember> {
        let field = format!("{part}actor");
        let (member, known) = self.store.read_blocking(|view| {
            let member = view.person(&field, &input.actor)?;
            let lockout = view.pin_lockout(&member.name)?;
            Ok((member, lockout))
        })?;
        known.check(now).map_err(|error| refuse(part, &error))?;
        let right = self.pins.verify(&input.pin, &member.pin_hash).map_err(|error| refuse(part, &error))?;
        // Others may have tried meanwhile, so it is read once more where it is written.
        let name = member.name.clone();
        let tried = self.store.write_blocking(move |tx| {
            let before = tx.pin_lockout(&name)?;
            let (after, answer) = before.after_try(right, now);
            if after != before {
                tx.put_pin_lockout(&name, after);
            }
            Ok(answer)
        })?;
        tried.map_err(|error| refuse(part, &error))?;
        Ok(member)
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
        ApprovalError::PinForm | ApprovalError::WrongPin { .. } | ApprovalError::LockedOut { .. } => "pin",
        _ => "actor",
    };
    Refusal {
        field: Some(format!("{part}{field}")),
        ..Refusal::new(RefusalKind::NotAllowed, error.reason(), error.to_string())
    }
}
