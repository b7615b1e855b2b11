//! `CommandDevice`.

use chit_proto::scanner::v1::{CommandDeviceRequest, CommandDeviceResponse, DeviceAction};
use chit_runtime::error::{bad_field, status};
use tonic::{Code, Status};

use super::Api;
use crate::domain::profile::Command;
use crate::sources::Device;

pub fn handle(api: &Api, request: &CommandDeviceRequest) -> Result<CommandDeviceResponse, Status> {
    let command = command(request.action())?;
    let device = device(api, &request.device)?;
    let messages =
        device.profile.as_ref().and_then(|profile| profile.messages(command).ok()).unwrap_or_default();
    let (Some(commands), false) = (&device.commands, messages.is_empty()) else {
        let text = "the device cannot be asked for that; set `profile` in [scanner] to its make, or write a profile that knows the command";
        return Err(status(Code::FailedPrecondition, "ACTION_UNSUPPORTED", text));
    };
    if !device.health().ready {
        return Err(status(Code::FailedPrecondition, "DEVICE_ABSENT", "the device is not there; plug it in"));
    }
    commands.try_send(command).map_err(|_full| {
        status(
            Code::ResourceExhausted,
            "DEVICE_ABSENT",
            "the device takes no more commands; unplug it and plug it in again",
        )
    })?;
    Ok(CommandDeviceResponse { messages: u32::try_from(messages.len()).unwrap_or(u32::MAX) })
}

fn command(action: DeviceAction) -> Result<Command, Status> {
    match action {
        DeviceAction::SetUp => Ok(Command::Setup),
        DeviceAction::Enable => Ok(Command::Enable),
        DeviceAction::Disable => Ok(Command::Disable),
        DeviceAction::TriggerOn => Ok(Command::TriggerOn),
        DeviceAction::TriggerOff => Ok(Command::TriggerOff),
        DeviceAction::Beep => Ok(Command::Beep),
        DeviceAction::Unspecified => {
            Err(bad_field("action", "ACTION_INVALID", "must be one of the actions of this version"))
        }
    }
}

fn device<'a>(api: &'a Api, name: &str) -> Result<&'a Device, Status> {
    let mut fitting = api.sources.devices().iter().filter(|device| match name {
        "" => device.commands.is_some(),
        name => *device.name == *name,
    });
    match (fitting.next(), fitting.next()) {
        (Some(device), None) => Ok(device),
        _ => Err(bad_field("device", "DEVICE_UNKNOWN", "must be a name that GetStatus tells")),
    }
}
