//! A checkout that knows deductions only, restarts as often as asked, and records who called.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chit_proto::checkout::v1::deduction_service_server::{DeductionService, DeductionServiceServer};
use chit_proto::checkout::v1::{
    GetChallengeRequest, GetChallengeResponse, ListBadRecordRequest, ListBadRecordResponse,
    ReleaseDeductionRequest, ReleaseDeductionResponse, RunDeductionsRequest, RunDeductionsResponse,
};
use chit_runtime::{Context, Server, error};
use tonic::{Request, Response, Status};

/// Request id and traceparent of one call.
type Call = (String, String);

#[derive(Clone, Default)]
pub struct FakeCheckout {
    calls: Arc<Mutex<Vec<Call>>>,
    restarts: usize,
}

/// Returns when its socket is there.
pub async fn start(dir: &Path, restarts: usize) -> FakeCheckout {
    let ctx = Context::sandbox_in("checkout", dir);
    let socket = ctx.shared.socket_of("checkout");
    let checkout = FakeCheckout { restarts, ..FakeCheckout::default() };
    let service = DeductionServiceServer::new(checkout.clone());
    tokio::spawn(async move {
        Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET).add(service).run().await.unwrap();
    });
    tokio::time::timeout(Duration::from_secs(10), async {
        while !socket.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    checkout
}

impl FakeCheckout {
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

#[tonic::async_trait]
impl DeductionService for FakeCheckout {
    async fn run_deductions(
        &self,
        request: Request<RunDeductionsRequest>,
    ) -> Result<Response<RunDeductionsResponse>, Status> {
        let traceparent =
            request.metadata().get("traceparent").map(|value| value.to_str().unwrap().to_owned());
        let mut calls = self.calls.lock().unwrap();
        calls.push((request.into_inner().request_id, traceparent.unwrap_or_default()));
        if calls.len() <= self.restarts {
            return Err(error::status(tonic::Code::Unavailable, "SERVICE_STOPPING", "restarting"));
        }
        Ok(Response::new(RunDeductionsResponse { challenge_ids: Vec::new(), waiting: 7 }))
    }

    async fn release_deduction(
        &self,
        _: Request<ReleaseDeductionRequest>,
    ) -> Result<Response<ReleaseDeductionResponse>, Status> {
        Err(error::bad_field("sale_id", "SALE_NOT_FOUND", "no such sale; check the id"))
    }

    async fn get_challenge(
        &self,
        _: Request<GetChallengeRequest>,
    ) -> Result<Response<GetChallengeResponse>, Status> {
        Err(Status::unimplemented("deductions only"))
    }

    async fn list_bad_record(
        &self,
        _: Request<ListBadRecordRequest>,
    ) -> Result<Response<ListBadRecordResponse>, Status> {
        Err(Status::unimplemented("deductions only"))
    }
}
