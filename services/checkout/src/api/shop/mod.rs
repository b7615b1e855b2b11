//! Everything that is not about one sale, payer or batch: enquiry, events, status, reports, the sandbox's clock.

mod advance_clock;
mod dialogue;
mod get_status;
mod get_z_report;
mod look_up_sale;
mod search_goods;
mod watch_events;

use chit_proto::checkout::v1;
use tonic::{Request, Response, Status};

use super::Api;

#[tonic::async_trait]
impl v1::enquiry_service_server::EnquiryService for Api {
    async fn look_up_sale(
        &self,
        request: Request<v1::LookUpSaleRequest>,
    ) -> Result<Response<v1::LookUpSaleResponse>, Status> {
        look_up_sale::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }
}

#[tonic::async_trait]
impl v1::event_service_server::EventService for Api {
    type WatchEventsStream = watch_events::Events;

    async fn watch_events(
        &self,
        request: Request<v1::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        watch_events::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }
}

#[tonic::async_trait]
impl v1::shop_service_server::ShopService for Api {
    async fn get_status(
        &self,
        request: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        get_status::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }

    async fn get_z_report(
        &self,
        request: Request<v1::GetZReportRequest>,
    ) -> Result<Response<v1::GetZReportResponse>, Status> {
        get_z_report::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }

    async fn search_goods(
        &self,
        request: Request<v1::SearchGoodsRequest>,
    ) -> Result<Response<v1::SearchGoodsResponse>, Status> {
        search_goods::handle(&self.shop, request.into_inner()).map(Response::new)
    }
}

#[tonic::async_trait]
impl v1::sandbox_service_server::SandboxService for Api {
    async fn advance_clock(
        &self,
        request: Request<v1::AdvanceClockRequest>,
    ) -> Result<Response<v1::AdvanceClockResponse>, Status> {
        advance_clock::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }
}
