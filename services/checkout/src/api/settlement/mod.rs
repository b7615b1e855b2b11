//! SettlementService.

mod get_settlement_batch;
mod list_settlement_batches;
mod run_settlement;

use chit_proto::checkout::v1;
use tonic::{Request, Response, Status};

use super::Api;

#[tonic::async_trait]
impl v1::settlement_service_server::SettlementService for Api {
    async fn run_settlement(
        &self,
        request: Request<v1::RunSettlementRequest>,
    ) -> Result<Response<v1::RunSettlementResponse>, Status> {
        run_settlement::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }

    async fn get_settlement_batch(
        &self,
        request: Request<v1::GetSettlementBatchRequest>,
    ) -> Result<Response<v1::GetSettlementBatchResponse>, Status> {
        get_settlement_batch::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }

    async fn list_settlement_batches(
        &self,
        request: Request<v1::ListSettlementBatchesRequest>,
    ) -> Result<Response<v1::ListSettlementBatchesResponse>, Status> {
        list_settlement_batches::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }
}
