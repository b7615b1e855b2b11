//! DeductionService.

mod get_challenge;
mod list_bad_record;
mod release_deduction;
mod run_deductions;

use chit_proto::checkout::v1;
use tonic::{Request, Response, Status};

use super::Api;

#[tonic::async_trait]
impl v1::deduction_service_server::DeductionService for Api {
    async fn run_deductions(
        &self,
        request: Request<v1::RunDeductionsRequest>,
    ) -> Result<Response<v1::RunDeductionsResponse>, Status> {
        run_deductions::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }

    async fn release_deduction(
        &self,
        request: Request<v1::ReleaseDeductionRequest>,
    ) -> Result<Response<v1::ReleaseDeductionResponse>, Status> {
        release_deduction::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }

    async fn get_challenge(
        &self,
        request: Request<v1::GetChallengeRequest>,
    ) -> Result<Response<v1::GetChallengeResponse>, Status> {
        get_challenge::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }

    async fn list_bad_record(
        &self,
        request: Request<v1::ListBadRecordRequest>,
    ) -> Result<Response<v1::ListBadRecordResponse>, Status> {
        list_bad_record::handle(&self.shop, request.into_inner()).await.map(Response::new)
    }
}
