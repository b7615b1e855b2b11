//! `chit.scanner.v1.ScannerService`: one file a call. Callers are authorised by the socket (`chit_runtime::peer`).

mod encode;
mod get_status;
mod scan_camera;
mod watch_scans;

use std::sync::Arc;

use chit_proto::scanner::v1 as pb;
use chit_proto::scanner::v1::scanner_service_server::ScannerService;
use chit_runtime::Shutdown;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use crate::device::camera::Camera;
use crate::scans::Scans;
use crate::sources::Sources;

/// Streams of scans at one time; each holds a task and a small buffer.
const WATCHERS_MAX: usize = 64;

/// What every call works with.
pub struct Api {
    scans: Arc<Scans>,
    sources: Arc<Sources>,
    camera: Option<Camera>,
    handheld: bool,
    shutdown: Shutdown,
    watchers: Arc<Semaphore>,
}

impl Api {
    pub fn new(
        scans: Arc<Scans>,
        sources: Arc<Sources>,
        camera: Option<Camera>,
        handheld: bool,
        shutdown: Shutdown,
    ) -> Self {
        let watchers = Arc::new(Semaphore::new(WATCHERS_MAX));
        Self { scans, sources, camera, handheld, shutdown, watchers }
    }
}

#[tonic::async_trait]
impl ScannerService for Api {
    type WatchScansStream = watch_scans::Events;

    async fn watch_scans(
        &self,
        request: Request<pb::WatchScansRequest>,
    ) -> Result<Response<Self::WatchScansStream>, Status> {
        watch_scans::handle(self, request.into_inner()).map(Response::new)
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
}
