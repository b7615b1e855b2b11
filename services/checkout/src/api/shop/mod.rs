//! Everything that is not about one sale, payer or batch: enquiry, events, status, reports, the clock.

mod advance_clock;
mod close_shift;
mod confirm_time;
mod dialogue;
mod get_status;
mod get_z_report;
mod look_up_sale;
mod search_goods;
mod watch_events;

use chit_proto::checkout::v1;
use tonic::{Request, Response, Status};

use super::Api;

super::calls! {
    chit_proto::checkout::v1::enquiry_service_server::EnquiryService {
        look_up_sale(LookUpSaleRequest) -> LookUpSaleResponse,
    }
}

super::calls! {
    chit_proto::checkout::v1::shop_service_server::ShopService {
        get_status(GetStatusRequest) -> GetStatusResponse,
        get_z_report(GetZReportRequest) -> GetZReportResponse,
        close_shift(CloseShiftRequest) -> CloseShiftResponse,
        confirm_time(ConfirmTimeRequest) -> ConfirmTimeResponse,
        search_goods(SearchGoodsRequest) -> SearchGoodsResponse,
    }
}

super::calls! {
    chit_proto::checkout::v1::sandbox_service_server::SandboxService {
        advance_clock(AdvanceClockRequest) -> AdvanceClockResponse,
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
