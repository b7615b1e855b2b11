//! EventService.

mod watch_events;

use chit_proto::checkout::v1;
use tonic::{Request, Response, Status};

use super::Api;
use super::access::{Access, Table};
use super::call::Call;

pub(in crate::api) const CALLS: Table = &[("watch_events", Access::LOOK_AT_SALE)];

/// A stream, so it stands outside `calls!`.
#[tonic::async_trait]
impl v1::event_service_server::EventService for Api {
    type WatchEventsStream = watch_events::Events;

    async fn watch_events(
        &self,
        request: Request<v1::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let call = Call::admit(&self.shop, request, Access::LOOK_AT_SALE, "watch_events", None).await?;
        watch_events::handle(&self.shop, call).await.map(Response::new)
    }
}
