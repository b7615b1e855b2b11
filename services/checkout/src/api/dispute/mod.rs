//! DisputeService.

mod get_dispute;
mod list_disputes;
mod open_dispute;
mod resolve_dispute;
mod withdraw_dispute;

use chit_proto::checkout::v1;
use tonic::{Request, Response, Status};

use super::Api;

#[tonic::async_trait]
impl v1::dispute_service_server::DisputeService for Api {
    async fn open_dispute(
        &self,
        request: Request<v1::OpenDisputeRequest>,
    ) -> Result<Response<v1::OpenDisputeResponse>, Status> {
        open_dispute::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }

    async fn resolve_dispute(
        &self,
        request: Request<v1::ResolveDisputeRequest>,
    ) -> Result<Response<v1::ResolveDisputeResponse>, Status> {
        resolve_dispute::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }

    async fn withdraw_dispute(
        &self,
        request: Request<v1::WithdrawDisputeRequest>,
    ) -> Result<Response<v1::WithdrawDisputeResponse>, Status> {
        withdraw_dispute::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }

    async fn get_dispute(
        &self,
        request: Request<v1::GetDisputeRequest>,
    ) -> Result<Response<v1::GetDisputeResponse>, Status> {
        get_dispute::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }

    async fn list_disputes(
        &self,
        request: Request<v1::ListDisputesRequest>,
    ) -> Result<Response<v1::ListDisputesResponse>, Status> {
        list_disputes::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }
}
