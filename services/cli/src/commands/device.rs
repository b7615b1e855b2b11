//! `chit device`: callers without a person.

use chit_proto::checkout::v1::{DeviceKind, ListDevicesRequest, PairDeviceRequest, RevokeDeviceRequest};
use clap::{Subcommand, ValueEnum};
use serde_json::json;

use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::shop::{Shop, ask};
use crate::view;

#[derive(Subcommand, Debug)]
pub enum DeviceCommand {
    /// Pair a device; prints its token.
    Pair {
        /// Name: letters, digits, `_` and `-`.
        name: String,
        /// What it is for.
        #[arg(long)]
        kind: Kind,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// List the paired devices.
    List,
    /// End a pairing.
    Revoke {
        /// Name.
        name: String,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum Kind {
    /// A till's own process.
    Till,
    /// Runs deductions and settlements at set times.
    Timer,
    /// Shows the basket to the payer.
    Display,
}

impl From<Kind> for DeviceKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Till => Self::Till,
            Kind::Timer => Self::Timer,
            Kind::Display => Self::Display,
        }
    }
}

pub async fn run(shop: &Shop, command: DeviceCommand) -> Result<(), Failure> {
    let (devices, request_id) = (shop.devices(), shop.request_id());
    match command {
        DeviceCommand::Pair { name, kind, approval } => {
            let (approval, kind) = (Some(approval.needed().await?), DeviceKind::from(kind).into());
            let request = PairDeviceRequest { request_id, name: name.clone(), kind, approval };
            let token = ask!(devices.pair_device(request)).await?.device_token;
            let text = if token.is_empty() {
                format!(
                    "{name}: paired before; its token was told then. Revoke and pair it again for another"
                )
            } else {
                format!("token of {name}, shown only now; it sends this as metadata chit-device:\n{token}")
            };
            shop.output.result(text, &json!({ "name": name, "device_token": token }));
        }
        DeviceCommand::List => {
            let known = ask!(devices.list_devices(ListDevicesRequest {})).await?.devices;
            let mut text = String::new();
            let mut value = Vec::new();
            for device in &known {
                let kind = device.kind().as_str_name().trim_start_matches("DEVICE_KIND_").to_lowercase();
                let since = view::local_time(device.pair_time.as_ref(), &shop.shared.time_zone);
                text.push_str(&format!(
                    "{:<16} {kind:<8} since {since} by {}\n",
                    device.name, device.paired_by
                ));
                value.push(json!({ "name": device.name, "kind": kind, "paired_by": device.paired_by }));
            }
            if known.is_empty() {
                text.push_str("no device is paired");
            }
            shop.output.result(text, &json!({ "devices": value }));
        }
        DeviceCommand::Revoke { name, approval } => {
            let approval = Some(approval.needed().await?);
            ask!(devices.revoke_device(RevokeDeviceRequest { request_id, name: name.clone(), approval }))
                .await?;
            shop.output.result(format!("{name} may call no more"), &json!({ "name": name }));
        }
    }
    Ok(())
}
