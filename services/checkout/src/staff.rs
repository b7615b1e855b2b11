//! Who works here, and the check of an Approval.

use std::collections::HashMap;
use std::sync::Mutex;

use anyhow::Context as _;
use chit_runtime::Shared;
use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::approval::{self, Act, ApprovalError, PinLockout, Role, StaffMember};
use crate::domain::refusal::{Refusal, RefusalKind, Result};

/// An approver's name and PIN as they came in. No Debug: the PIN must not reach a log.
pub struct ApprovalInput {
    pub actor: String,
    pub pin: String,
}

pub struct Staff {
    members: HashMap<String, StaffMember>,
    lockouts: Mutex<HashMap<String, PinLockout>>,
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

impl Staff {
    pub fn load(shared: &Shared) -> anyhow::Result<Self> {
        let text = String::from_utf8(shared.key("staff.toml")?).context("staff.toml")?;
        let file: StaffFile = toml::from_str(&text).context("staff.toml")?;
        let members = file
            .staff
            .into_iter()
            .map(|entry| {
                let role = match entry.role {
                    StaffRole::Cashier => Role::Cashier,
                    StaffRole::Supervisor => Role::Supervisor,
                    StaffRole::Owner => Role::Owner,
                };
                (entry.name.clone(), StaffMember { name: entry.name, role, pin_hash: entry.pin_hash })
            })
            .collect();
        Ok(Self { members, lockouts: Mutex::new(HashMap::new()) })
    }

    /// The name is one of the staff's.
    pub fn known(&self, field: &str, name: &str) -> Result<()> {
        self.member(field, name).map(|_| ())
    }

    pub fn all(&self) -> impl Iterator<Item = &StaffMember> {
        self.members.values()
    }

    /// Checks a PIN alone. It counts towards the same lockout as an Approval.
    pub fn sign_in(&self, input: &ApprovalInput, now: Timestamp) -> Result<&StaffMember> {
        let member = self.member("actor", &input.actor)?;
        self.check_pin(member, &input.pin, now)
            .map_err(|error| Refusal { field: Some("pin".into()), ..refuse(error) })?;
        Ok(member)
    }

    fn check_pin(
        &self,
        member: &StaffMember,
        pin: &str,
        now: Timestamp,
    ) -> std::result::Result<(), ApprovalError> {
        self.lockout_of(&member.name).check(now)?;
        let right = approval::verify_pin(pin, &member.pin_hash)?;
        self.count(&member.name, right, now)
    }

    fn member(&self, field: &str, name: &str) -> Result<&StaffMember> {
        self.members
            .get(name)
            .ok_or_else(|| Refusal::field(field, "STAFF_UNKNOWN", "give the name of somebody in staff.toml"))
    }

    /// Checks PIN, role and the rule about one's own sale. Takes tens of milliseconds: argon2id.
    pub fn approve(
        &self,
        input: Option<&ApprovalInput>,
        act: Act,
        sale_cashier: Option<&str>,
        now: Timestamp,
    ) -> Result<String> {
        let input = input.filter(|input| !input.actor.is_empty()).ok_or_else(|| {
            let message = format!(
                "this needs the approval of a {:?}: send approval.actor and approval.pin",
                act.required_role()
            );
            Refusal {
                field: Some("approval".into()),
                ..Refusal::new(RefusalKind::NotAllowed, "APPROVAL_REQUIRED", message)
            }
        })?;
        let member = self.member("approval.actor", &input.actor)?;
        self.check_pin(member, &input.pin, now).map_err(refuse)?;
        approval::check(act, member, sale_cashier).map_err(refuse)?;
        Ok(member.name.clone())
    }

    fn lockout_of(&self, name: &str) -> PinLockout {
        let lockouts = self.lockouts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        lockouts.get(name).copied().unwrap_or_default()
    }

    fn count(&self, name: &str, right: bool, now: Timestamp) -> std::result::Result<(), ApprovalError> {
        let mut lockouts = self.lockouts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let entry = lockouts.entry(name.to_owned()).or_default();
        let (next, answer) = entry.after_try(right, now);
        *entry = next;
        answer
    }
}

fn refuse(error: ApprovalError) -> Refusal {
    let field = match error {
        ApprovalError::PinForm | ApprovalError::WrongPin { .. } | ApprovalError::LockedOut { .. } => {
            "approval.pin"
        }
        _ => "approval.actor",
    };
    let reason = match error {
        ApprovalError::PinForm | ApprovalError::WrongPin { .. } => "PIN_WRONG",
        ref other => other.reason(),
    };
    Refusal { field: Some(field.into()), ..Refusal::new(RefusalKind::NotAllowed, reason, error.to_string()) }
}
