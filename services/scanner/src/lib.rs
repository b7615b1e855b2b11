//! Chit's scanner: one stream of the codes that handhelds read, and codes out of pictures.

mod api;
mod config;
mod device;
pub mod domain;
mod intake;
mod scans;
pub mod sight;
mod sources;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use chit_proto::scanner::v1::scanner_service_server::ScannerServiceServer;
use chit_runtime::{Context, HealthHandle, Server};

pub use config::Config;
pub use device::decoder::{Effort, Eye};
pub use sources::Sources;
pub use worker::main as worker_main;

use api::Api;
use device::camera::Camera;
use device::decoder::Decoder;
use device::hid_pos::HidPos;
use device::keyboard::KeyboardWedge;
use device::serial::Serial;
use domain::profile::Command;
use domain::scan::Source;
use intake::Intake;
use scans::Scans;

/// A health entry of its own: the service is fine while the handheld is away.
const HANDHELD_HEALTH: &str = "chit.scanner.v1.Handheld";
const HEALTH_TICK: Duration = Duration::from_secs(1);
/// A picture of a caller, and what is around it.
const REQUEST_LEN_MAX: usize = device::image_file::FILE_LEN_MAX + (1 << 16);

/// Runs the service until shutdown.
pub async fn run(ctx: Context, config: Config) -> anyhow::Result<()> {
    let scans = Arc::new(Scans::new(ctx.clock.clone())?);
    let mut sources = Sources::default();
    start_handhelds(&ctx, &config, &scans, &mut sources)?;
    let view = config.camera.then(|| sources.add("camera", Source::Camera));
    let sources = Arc::new(sources);
    let health = HealthHandle::new();
    tokio::spawn(report_health(health.clone(), Arc::clone(&sources)));
    let decoder = Decoder::start(Arc::clone(&sources), config.worker()?)?;
    let camera = view.map(|device| (Camera::new(&ctx.shared, decoder.clone()), device));
    let api = Api::new(scans, sources, camera, decoder, ctx.shutdown.clone());
    let service = ScannerServiceServer::new(api).max_decoding_message_size(REQUEST_LEN_MAX);
    Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET)
        .calls(api::CALLS)
        .add(service)
        .health(health)
        .run()
        .await
}

/// A scanner without a handheld has no such entry.
async fn report_health(health: HealthHandle, sources: Arc<Sources>) {
    let mut tick = tokio::time::interval(HEALTH_TICK);
    loop {
        tick.tick().await;
        let handhelds = sources.devices().iter().filter(|device| device.source != Source::Camera);
        if let Some(ready) = handhelds.map(|device| device.health().ready).max() {
            health.set(HANDHELD_HEALTH, ready);
        }
    }
}

fn start_handhelds(
    ctx: &Context,
    config: &Config,
    scans: &Arc<Scans>,
    sources: &mut Sources,
) -> anyhow::Result<()> {
    let settings = config.settings();
    if let Some(port) = &config.port {
        let (device, commands) =
            sources.add_commanded(&port.to_string_lossy(), Source::Serial, config.profile()?);
        if let (true, Some(sender)) = (config.set_up, &device.commands) {
            // The queue is empty yet.
            let _ = sender.try_send(Command::Setup);
        }
        let intake = Intake::new(device, Arc::clone(scans), settings);
        let serial = Serial { port: port.clone(), baud: config.baud, commands, intake };
        tokio::spawn(serial.run(ctx.shutdown.clone()));
    }
    if let (Some(which), Some(name)) = (config.keyboard()?, &config.keyboard) {
        let intake = Intake::new(sources.add(name, Source::Keyboard), Arc::clone(scans), settings);
        let wedge = KeyboardWedge { which, layout: config.layout, intake };
        tokio::spawn(wedge.run(ctx.shutdown.clone()));
    }
    if let (Some(which), Some(name)) = (config.hid_pos()?, &config.hid_pos) {
        let intake = Intake::new(sources.add(name, Source::HidPos), Arc::clone(scans), settings);
        HidPos { which, intake }.start(ctx.shutdown.clone())?;
    }
    Ok(())
}
