//! One file for each call: decode, one call of the journal, encode. Who may call is the runtime's business.

mod calls;
mod cancel_job;
mod check_text;
mod errors;
mod get_job;
mod get_status;
mod list_jobs;
mod operations;
mod render_preview;
mod reprint_job;
mod resolve_in_doubt;
mod submit_job;
mod watch_job;
mod watch_status;

pub use calls::CALLS;

use std::pin::Pin;
use std::sync::Arc;

use chit_proto::printer::v1 as proto;
use proto::printer_service_server::PrinterService;
use tokio::sync::{mpsc, watch};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use crate::device::order::Order;
use crate::device::station;
use crate::domain::layout::Stationery;
use crate::drawing::font::Face;
use crate::journal::Journal;
use crate::wire::DocumentReader;

#[derive(Clone)]
pub struct Api {
    pub journal: Arc<Journal>,
    pub reader: DocumentReader,
    pub status: watch::Receiver<station::Status>,
    pub link_name: String,
    pub stationery: Arc<Stationery>,
    /// For pictures of papers; none if the font is missing.
    pub face: Option<Arc<Face>>,
    /// To the actor that owns the printer.
    pub orders: mpsc::Sender<Order>,
    /// Whether code cards may be sent over this link.
    pub code_cards: bool,
    pub copies_max: u32,
}

type Answer<T> = Result<Response<T>, Status>;
type Events<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl PrinterService for Api {
    type WatchJobStream = Events<proto::WatchJobResponse>;
    type WatchStatusStream = Events<proto::WatchStatusResponse>;

    async fn submit_job(
        &self,
        request: Request<proto::SubmitJobRequest>,
    ) -> Answer<proto::SubmitJobResponse> {
        submit_job::call(self, request.into_inner()).await.map(Response::new)
    }

    async fn check_text(
        &self,
        request: Request<proto::CheckTextRequest>,
    ) -> Answer<proto::CheckTextResponse> {
        check_text::call(self, request.into_inner()).await.map(Response::new)
    }

    async fn get_job(&self, request: Request<proto::GetJobRequest>) -> Answer<proto::GetJobResponse> {
        get_job::call(self, request.into_inner()).await.map(Response::new)
    }

    async fn list_jobs(&self, request: Request<proto::ListJobsRequest>) -> Answer<proto::ListJobsResponse> {
        list_jobs::call(self, request.into_inner()).await.map(Response::new)
    }

    async fn watch_job(&self, request: Request<proto::WatchJobRequest>) -> Answer<Self::WatchJobStream> {
        watch_job::call(self, request.into_inner()).await.map(Response::new)
    }

    async fn cancel_job(
        &self,
        request: Request<proto::CancelJobRequest>,
    ) -> Answer<proto::CancelJobResponse> {
        cancel_job::call(self, request.into_inner()).await.map(Response::new)
    }

    async fn resolve_in_doubt(
        &self,
        request: Request<proto::ResolveInDoubtRequest>,
    ) -> Answer<proto::ResolveInDoubtResponse> {
        resolve_in_doubt::call(self, request.into_inner()).await.map(Response::new)
    }

    async fn reprint_job(
        &self,
        request: Request<proto::ReprintJobRequest>,
    ) -> Answer<proto::ReprintJobResponse> {
        reprint_job::call(self, request.into_inner()).await.map(Response::new)
    }

    async fn get_status(&self, _: Request<proto::GetStatusRequest>) -> Answer<proto::GetStatusResponse> {
        get_status::call(self).await.map(Response::new)
    }

    async fn watch_status(&self, _: Request<proto::WatchStatusRequest>) -> Answer<Self::WatchStatusStream> {
        watch_status::call(self).map(Response::new)
    }

    async fn render_preview(
        &self,
        request: Request<proto::RenderPreviewRequest>,
    ) -> Answer<proto::RenderPreviewResponse> {
        render_preview::call(self, &request.into_inner()).await.map(Response::new)
    }

    async fn kick_drawer(
        &self,
        request: Request<proto::KickDrawerRequest>,
    ) -> Answer<proto::KickDrawerResponse> {
        operations::kick_drawer(self, request.into_inner()).await.map(Response::new)
    }

    async fn cut_paper(&self, request: Request<proto::CutPaperRequest>) -> Answer<proto::CutPaperResponse> {
        operations::cut_paper(self, request.into_inner()).await.map(Response::new)
    }

    async fn feed_paper(
        &self,
        request: Request<proto::FeedPaperRequest>,
    ) -> Answer<proto::FeedPaperResponse> {
        operations::feed_paper(self, request.into_inner()).await.map(Response::new)
    }

    async fn beep(&self, request: Request<proto::BeepRequest>) -> Answer<proto::BeepResponse> {
        operations::beep(self, request.into_inner()).await.map(Response::new)
    }

    async fn record_roll_change(
        &self,
        request: Request<proto::RecordRollChangeRequest>,
    ) -> Answer<proto::RecordRollChangeResponse> {
        operations::record_roll_change(self, request.into_inner()).await.map(Response::new)
    }
}
