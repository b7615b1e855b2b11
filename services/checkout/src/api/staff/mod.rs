//! StaffService.

mod list_staff;
mod sign_in;

use chit_proto::checkout::v1;
use tonic::{Request, Response, Status};

use super::Api;
use crate::domain::approval::{Role, StaffMember};

#[tonic::async_trait]
impl v1::staff_service_server::StaffService for Api {
    async fn list_staff(
        &self,
        _request: Request<v1::ListStaffRequest>,
    ) -> Result<Response<v1::ListStaffResponse>, Status> {
        Ok(Response::new(list_staff::handle(&self.shop)))
    }

    async fn sign_in(
        &self,
        request: Request<v1::SignInRequest>,
    ) -> Result<Response<v1::SignInResponse>, Status> {
        sign_in::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }
}

fn member(member: &StaffMember) -> v1::StaffMember {
    let role = match member.role {
        Role::Cashier => v1::StaffRole::Cashier,
        Role::Supervisor => v1::StaffRole::Supervisor,
        Role::Owner => v1::StaffRole::Owner,
    };
    v1::StaffMember { name: member.name.clone(), role: role as i32 }
}
