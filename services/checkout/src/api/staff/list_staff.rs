use std::sync::Arc;

use chit_proto::checkout::v1::{ListStaffRequest, ListStaffResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::context::Shop;

pub async fn handle(shop: &Arc<Shop>, call: Call<ListStaffRequest>) -> Result<ListStaffResponse, Status> {
    let _ = call;
    let mut staff = shop.staff.all().await?;
    staff.sort_by(|left, right| (left.role, &left.name).cmp(&(right.role, &right.name)));
    Ok(ListStaffResponse { staff: staff.iter().map(super::member).collect() })
}
