//! Chit's scanner: one stream of the codes that the serial handheld reads, and QR codes out of camera frames.

mod api;
mod config;
mod device;
mod domain;
mod scans;
mod sources;

use std::sync::Arc;

use chit_proto::scanner::v1::scanner_service_server::ScannerServiceServer;
use chit_runtime::{Context, Server};

pub use config::Config;

use api::Api;
use device::camera::Camera;
use device::decoder::Decoder;
use device::handheld::Handheld;
use scans::Scans;
use sources::Sources;

/// Runs the service until shutdown.
pub async fn run(ctx: Context, config: Config) -> anyhow::Result<()> {
    let scans = Arc::new(Scans::new(ctx.clock.clone())?);
    let sources = Arc::new(Sources::default());
    let camera = match config.camera {
        true => Some(Camera::new(&ctx.shared, Decoder::start(Arc::clone(&sources))?)),
        false => None,
    };
    if let Some(port) = &config.port {
        let handheld = Handheld::new(port.clone(), &config, Arc::clone(&scans), Arc::clone(&sources));
        tokio::spawn(handheld.run(ctx.shutdown.clone()));
    }
    let api = Api::new(scans, sources, camera, config.port.is_some(), ctx.shutdown.clone());
    Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET).add(ScannerServiceServer::new(api)).run().await
}
