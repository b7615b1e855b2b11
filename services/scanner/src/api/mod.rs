//! `chit.scanner.v1.ScannerService`: one file a call. Callers are authorised by the socket (`chit_runtime::peer`).

mod calls;
mod command_device;
mod decode_image;
mod enable_scanner;
mod encode;
mod get_status;
mod scan_camera;
mod watch_devices;
mod watch_scans;

pub use calls::CALLS;

use std::sync::Arc;

use chit_proto::scanner::v1 as pb;
use chit_proto::scanner::v1::scanner_service_server::ScannerService;
use chit_runtime::Shutdown;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use crate::device::camera::Camera;
use crate::device::decoder::Decoder;
use crate::scans::Scans;
use crate::sources::{Device, Sources};

/// Streams at one time; each holds a task and a small buffer.
const WATCHERS_MAX: usize = 64;
/// Pictures of callers at one time; each may have 12 million pixels.
const PICTURES_MAX: usize = 4;

/// What every call works with.
pub struct Api {
    scans: Arc<Scans>,
    sources: Arc<Sources>,
    camera: Option<(Camera, Arc<Device>)>,
    decoder: Decoder,
    shutdown: Shutdown,
    watchers: Arc<Semaphore>,
    pictures: Arc<Semaphore>,
}

impl Api {
    pub fn new(
        scans: Arc<Scans>,
        sources: Arc<Sources>,
        camera: Option<(Camera, Arc<Device>)>,
        decoder: Decoder,
        shutdown: Shutdown,
    ) -> Self {
        let (watchers, pictures) = (Semaphore::new(WATCHERS_MAX), Semaphore::new(PICTURES_MAX));
        Self {
            scans,
            sources,
            camera,
            decoder,
            shutdown,
            watchers: Arc::new(watchers),
            pictures: Arc::new(pictures),
        }
    }
}

#[tonic::async_trait]
impl ScannerService for Api {
    type WatchScansStream = watch_scans::Events<pb::WatchScansResponse>;
    type ClaimScannerStream = watch_scans::Events<pb::ClaimScannerResponse>;
    type WatchDevicesStream = watch_devices::Events;

    async fn watch_scans(
        &self,
        request: Request<pb::WatchScansRequest>,
    ) -> Result<Response<Self::WatchScansStream>, Status> {
        watch_scans::handle(self, request.get_ref()).map(Response::new)
    }

    async fn claim_scanner(
        &self,
        request: Request<pb::ClaimScannerRequest>,
    ) -> Result<Response<Self::ClaimScannerStream>, Status> {
        watch_scans::claim(self, request.get_ref()).map(Response::new)
    }

    async fn scan_camera(
        &self,
        request: Request<pb::ScanCameraRequest>,
    ) -> Result<Response<pb::ScanCameraResponse>, Status> {
        scan_camera::handle(self, request.into_inner()).await.map(Response::new)
    }

    async fn get_status(
        &self,
        _request: Request<pb::GetStatusRequest>,
    ) -> Result<Response<pb::GetStatusResponse>, Status> {
        Ok(Response::new(get_status::handle(self).await))
    }

    async fn decode_image(
        &self,
        request: Request<pb::DecodeImageRequest>,
    ) -> Result<Response<pb::DecodeImageResponse>, Status> {
        decode_image::handle(self, request.into_inner()).await.map(Response::new)
    }

    async fn enable_scanner(
        &self,
        _request: Request<pb::EnableScannerRequest>,
    ) -> Result<Response<pb::EnableScannerResponse>, Status> {
        enable_scanner::handle(self, true);
        Ok(Response::new(pb::EnableScannerResponse {}))
    }

    async fn disable_scanner(
        &self,
        _request: Request<pb::DisableScannerRequest>,
    ) -> Result<Response<pb::DisableScannerResponse>, Status> {
        enable_scanner::handle(self, false);
        Ok(Response::new(pb::DisableScannerResponse {}))
    }

    async fn command_device(
        &self,
        request: Request<pb::CommandDeviceRequest>,
    ) -> Result<Response<pb::CommandDeviceResponse>, Status> {
        command_device::handle(self, &request.into_inner()).map(Response::new)
    }

    async fn watch_devices(
        &self,
        _request: Request<pb::WatchDevicesRequest>,
    ) -> Result<Response<Self::WatchDevicesStream>, Status> {
        watch_devices::handle(self).map(Response::new)
    }
}
