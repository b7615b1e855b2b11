use std::sync::Arc;

use chit_proto::checkout::v1::{ListStaffRequest, ListStaffResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::context::Shop;

pub async fn handle(shop: &Arc<Shop>, _call: Call<ListStaffRequest>) -> Result<ListStaffResponse, Status> {
    let mut staff = shop.store.read(crate::store::View::people).await?;
    staff.sort_by(|left, right| (left.role, &left.name).cmp(&(right.role, &right.name)));
    Ok(ListStaffResponse { staff: staff.iter().map(super::member).collect() })
}
