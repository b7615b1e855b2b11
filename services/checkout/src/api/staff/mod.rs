//! StaffService.

mod list_staff;
mod sign_in;

super::calls! {
    chit_proto::checkout::v1::staff_service_server::StaffService {
        list_staff(ListStaffRequest) -> ListStaffResponse,
        sign_in(SignInRequest) -> SignInResponse,
    }
}

use crate::staff::approval::{Role, StaffMember};
use chit_proto::checkout::v1;

fn member(member: &StaffMember) -> v1::StaffMember {
    let role = match member.role {
        Role::Cashier => v1::StaffRole::Cashier,
        Role::Supervisor => v1::StaffRole::Supervisor,
        Role::Owner => v1::StaffRole::Owner,
    };
    v1::StaffMember { name: member.name.clone(), role: role as i32 }
}
