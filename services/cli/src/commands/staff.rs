//! `chit staff`: who works here.

use chit_proto::checkout::v1::{
    AddStaffRequest, CancelOwnerResetRequest, DisableStaffRequest, ListStaffRequest, ResetOwnerRequest,
    ResetPinRequest, StaffMember, StaffRole,
};
use clap::{Subcommand, ValueEnum};
use serde_json::json;

use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::shop::{Shop, ask};
use crate::view;

#[derive(Subcommand, Debug)]
pub enum StaffCommand {
    /// List who may sign in.
    List,
    /// Add a person; prints their one-time PIN.
    Add {
        /// Name: letters, digits, spaces, `.` and `-`.
        name: String,
        /// What they may do.
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Disable a person for good; their name stays on what they did.
    Disable {
        /// Name.
        name: String,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Give a person a new one-time PIN.
    ResetPin {
        /// Name.
        name: String,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// As root, when no owner can sign in: ask for an owner's new PIN, and fetch it 24 hours later.
    ResetOwner {
        /// Name of the owner.
        name: String,
    },
    /// As an owner: cancel what `reset-owner` asked for.
    CancelReset {
        /// Name of the owner.
        name: String,
    },
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum Role {
    /// Sells.
    Cashier,
    /// Approves, too.
    Supervisor,
    /// Everything.
    Owner,
    /// Looks at everything and changes nothing.
    Auditor,
}

impl From<Role> for StaffRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Cashier => Self::Cashier,
            Role::Supervisor => Self::Supervisor,
            Role::Owner => Self::Owner,
            Role::Auditor => Self::Auditor,
        }
    }
}

pub async fn run(shop: &Shop, command: StaffCommand) -> Result<(), Failure> {
    let (staff, request_id) = (shop.staff(), shop.request_id());
    match command {
        StaffCommand::List => {
            let known = ask!(staff.list_staff(ListStaffRequest {})).await?.staff;
            let value: Vec<_> = known.iter().map(of_member).collect();
            shop.output.result(table(&known), &json!({ "staff": value }));
        }
        StaffCommand::Add { name, role, approval } => {
            let approval = Some(approval.needed().await?);
            let role = StaffRole::from(role).into();
            let request = AddStaffRequest { request_id, name, role, approval };
            let added = ask!(staff.add_staff(request)).await?;
            one_time(shop, added.member.unwrap_or_default().name, &added.one_time_pin);
        }
        StaffCommand::Disable { name, approval } => {
            let approval = Some(approval.needed().await?);
            let request = DisableStaffRequest { request_id, name: name.clone(), approval };
            ask!(staff.disable_staff(request)).await?;
            shop.output.result(format!("{name} is disabled"), &json!({ "name": name }));
        }
        StaffCommand::ResetPin { name, approval } => {
            let approval = Some(approval.needed().await?);
            let request = ResetPinRequest { request_id, name: name.clone(), approval };
            let pin = ask!(staff.reset_pin(request)).await?.one_time_pin;
            one_time(shop, name, &pin);
        }
        StaffCommand::ResetOwner { name } => {
            // As root, not as whoever is signed in at this terminal.
            let host = shop.staff_unsigned();
            let request = ResetOwnerRequest { name: name.clone() };
            let answer = ask!(host.reset_owner(request)).await?;
            if !answer.one_time_pin.is_empty() {
                one_time(shop, name, &answer.one_time_pin);
                return Ok(());
            }
            let ready = view::local_time(answer.ready_time.as_ref(), &shop.shared.time_zone);
            let text = format!("on record; repeat the command after {ready}, unless an owner cancels it");
            shop.output
                .result(text, &json!({ "name": name, "ready_time": view::time(answer.ready_time.as_ref()) }));
        }
        StaffCommand::CancelReset { name } => {
            ask!(staff.cancel_owner_reset(CancelOwnerResetRequest { name: name.clone() })).await?;
            shop.output.result(format!("the PIN of {name} stays"), &json!({ "name": name }));
        }
    }
    Ok(())
}

fn one_time(shop: &Shop, name: String, pin: &str) {
    let text = if pin.is_empty() {
        format!("{name}: done before; the one-time PIN was told then. `chit staff reset-pin` makes another")
    } else {
        format!("one-time PIN of {name}, shown only now: {pin}")
    };
    shop.output.result(text, &json!({ "name": name, "one_time_pin": pin }));
}

fn of_member(member: &StaffMember) -> serde_json::Value {
    let role = member.role().as_str_name().trim_start_matches("STAFF_ROLE_");
    json!({ "name": member.name, "role": role, "must_change_pin": member.must_change_pin })
}

fn table(staff: &[StaffMember]) -> String {
    let mut text = String::new();
    for member in staff {
        let role = member.role().as_str_name().trim_start_matches("STAFF_ROLE_").to_lowercase();
        let note = if member.must_change_pin { "  (one-time PIN)" } else { "" };
        text.push_str(&format!("{:<16} {role}{note}\n", member.name));
    }
    text
}
