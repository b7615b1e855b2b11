//! Staff and devices.

use chit_proto::checkout::v1 as proto;
use proto::device_service_client::DeviceServiceClient;
use proto::staff_service_client::StaffServiceClient;
use proto::{DeviceKind, StaffRole};

use super::reason;
use crate::house::{House, PIN};

/// Devices that a shop may have.
const DEVICES_MAX: usize = 32;

fn owner() -> Option<proto::Approval> {
    Some(proto::Approval { actor: "zhao".into(), pin: PIN.into() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_or_a_role_that_nobody_can_have_is_refused() {
    let house = House::open(false).await;
    let mut staff = StaffServiceClient::new(house.signed_in("zhao").await);
    let add = |name: &str, role: i32| proto::AddStaffRequest {
        request_id: house.new_id(),
        name: name.into(),
        role,
        approval: owner(),
    };
    let cashier = StaffRole::Cashier as i32;
    for (name, role, expected) in [
        ("", cashier, "NAME_INVALID"),
        (&"x".repeat(33), cashier, "NAME_INVALID"),
        ("sun", 99, "ROLE_INVALID"),
        ("li", cashier, "STAFF_EXISTS"),
    ] {
        assert_eq!(reason(staff.add_staff(add(name, role))).await, expected, "{name} {role}");
    }
    let cancel = proto::CancelOwnerResetRequest { name: "zhao".into() };
    assert_eq!(reason(staff.cancel_owner_reset(cancel)).await, "NO_OWNER_RESET");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_has_so_many_devices_each_with_its_own_name_and_a_kind() {
    let house = House::open(false).await;
    let mut devices = DeviceServiceClient::new(house.signed_in("zhao").await);
    let pair = |name: &str, kind: i32| proto::PairDeviceRequest {
        request_id: house.new_id(),
        name: name.into(),
        kind,
        approval: owner(),
    };
    let display = DeviceKind::Display as i32;
    assert_eq!(reason(devices.pair_device(pair("pad", 99))).await, "KIND_INVALID");
    assert_eq!(reason(devices.pair_device(pair("a pad", display))).await, "NAME_INVALID");
    for number in 0..DEVICES_MAX {
        devices.pair_device(pair(&format!("pad-{number}"), display)).await.unwrap();
    }
    assert_eq!(reason(devices.pair_device(pair("pad-0", display))).await, "DEVICE_EXISTS");
    assert_eq!(reason(devices.pair_device(pair("one-more", display))).await, "TOO_MANY_DEVICES");
    let revoke = |name: &str| proto::RevokeDeviceRequest {
        request_id: house.new_id(),
        name: name.into(),
        approval: owner(),
    };
    devices.revoke_device(revoke("pad-0")).await.unwrap();
    assert_eq!(reason(devices.revoke_device(revoke("pad-0"))).await, "DEVICE_UNKNOWN");
    devices.pair_device(pair("one-more", display)).await.unwrap();
}
