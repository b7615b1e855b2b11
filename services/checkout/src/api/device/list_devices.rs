use std::sync::Arc;

use chit_proto::checkout::v1::{ListDevicesRequest, ListDevicesResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::context::Shop;

pub async fn handle(
    shop: &Arc<Shop>,
    _call: Call<ListDevicesRequest>,
) -> Result<ListDevicesResponse, Status> {
    let mut devices = shop.store.read(|view| view.devices()).await?;
    devices.sort_by(|(_, one), (_, other)| one.name.cmp(&other.name));
    Ok(ListDevicesResponse { devices: devices.iter().map(|(_, device)| super::shown(device)).collect() })
}
