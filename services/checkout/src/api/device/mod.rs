//! DeviceService.

mod list_devices;
mod pair_device;
mod revoke_device;

use chit_proto::checkout::v1;

use crate::api::convert;
use crate::staff::device::Device;

super::calls! {
    chit_proto::checkout::v1::device_service_server::DeviceService {
        pair_device(PairDeviceRequest) -> PairDeviceResponse for OWNER,
        list_devices(ListDevicesRequest) -> ListDevicesResponse for DEVICES_LIST,
        revoke_device(RevokeDeviceRequest) -> RevokeDeviceResponse for OWNER,
    }
}

fn shown(device: &Device) -> v1::Device {
    v1::Device {
        name: device.name.clone(),
        kind: device.kind as i32,
        pair_time: convert::time(device.paired_at),
        paired_by: device.paired_by.clone(),
    }
}
