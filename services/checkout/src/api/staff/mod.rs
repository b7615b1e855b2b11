//! StaffService.

mod add_staff;
mod cancel_owner_reset;
mod change_pin;
mod disable_staff;
mod get_session;
mod list_staff;
mod one_time;
mod reset_owner;
mod reset_pin;
mod sign_in;
mod sign_out;

use chit_proto::checkout::v1;

use crate::staff::person::{Person, Role};

super::calls! {
    chit_proto::checkout::v1::staff_service_server::StaffService {
        list_staff(ListStaffRequest) -> ListStaffResponse for ANYONE,
        sign_in(SignInRequest) -> SignInResponse for ANYONE,
        sign_out(SignOutRequest) -> SignOutResponse for OWN_SESSION,
        get_session(GetSessionRequest) -> GetSessionResponse for OWN_SESSION,
        add_staff(AddStaffRequest) -> AddStaffResponse for OWNER,
        disable_staff(DisableStaffRequest) -> DisableStaffResponse for OWNER,
        change_pin(ChangePinRequest) -> ChangePinResponse for OWN_SESSION,
        reset_pin(ResetPinRequest) -> ResetPinResponse for OWNER,
        reset_owner(ResetOwnerRequest) -> ResetOwnerResponse for HOST,
        cancel_owner_reset(CancelOwnerResetRequest) -> CancelOwnerResetResponse for OWNER,
    }
}

fn member(person: &Person) -> v1::StaffMember {
    let role = match person.role {
        Role::Cashier => v1::StaffRole::Cashier,
        Role::Supervisor => v1::StaffRole::Supervisor,
        Role::Owner => v1::StaffRole::Owner,
        Role::Auditor => v1::StaffRole::Auditor,
    };
    v1::StaffMember { name: person.name.clone(), role: role as i32, must_change_pin: person.must_change_pin }
}

fn role(number: i32) -> Option<Role> {
    match v1::StaffRole::try_from(number).ok()? {
        v1::StaffRole::Cashier => Some(Role::Cashier),
        v1::StaffRole::Supervisor => Some(Role::Supervisor),
        v1::StaffRole::Owner => Some(Role::Owner),
        v1::StaffRole::Auditor => Some(Role::Auditor),
        v1::StaffRole::Unspecified => None,
    }
}
