//! Who works here, and which devices are paired.

use chit_proto::checkout::v1::{ListDevicesRequest, ListStaffRequest, StaffRole};

use crate::pages::visitor::SignedIn;
use crate::peers::call;
use crate::till::Till;
use crate::view::{Reader, Region, people};

pub async fn all(till: &Till, reader: &Reader, staff: &SignedIn) -> Vec<Region> {
    let owner = staff.session.is_at_least(StaffRole::Owner);
    let known = call!(till.peers.staff.list_staff(ListStaffRequest {})).await;
    let known = known.map(|answer| answer.staff).unwrap_or_default();
    let mut regions = vec![("people", people::list(reader, &known, owner).into_string())];
    if owner {
        let paired = call!(till.peers.devices.list_devices(ListDevicesRequest {})).await;
        let paired = paired.map(|answer| answer.devices).unwrap_or_default();
        regions.push(("devices-paired", people::devices(reader, &paired).into_string()));
    }
    regions
}
