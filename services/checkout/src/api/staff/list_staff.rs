use chit_proto::checkout::v1::ListStaffResponse;

use crate::shop::Shop;

pub fn handle(shop: &Shop) -> ListStaffResponse {
    let mut staff: Vec<_> = shop.staff.all().collect();
    staff.sort_by(|left, right| (left.role, &left.name).cmp(&(right.role, &right.name)));
    ListStaffResponse { staff: staff.into_iter().map(super::member).collect() }
}
