//! Checkout's list of exceptions at the bank, as the office shows it.

use std::pin::Pin;

use chit_proto::checkout::v1::*;
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use crate::fake_checkout::FakeCheckout;

type Pieces<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn not_played() -> Status {
    Status::unimplemented("not played")
}

#[tonic::async_trait]
impl bank_service_server::BankService for FakeCheckout {
    type GetBankFileStream = Pieces<GetBankFileResponse>;

    async fn list_exceptions(
        &self,
        _: Request<ListExceptionsRequest>,
    ) -> Result<Response<ListExceptionsResponse>, Status> {
        let exceptions = self.state().exceptions.clone();
        Ok(Response::new(ListExceptionsResponse { exceptions, ..Default::default() }))
    }

    async fn take_exception(
        &self,
        request: Request<TakeExceptionRequest>,
    ) -> Result<Response<TakeExceptionResponse>, Status> {
        self.meets(&request)?;
        let actor = self.state().actor.clone();
        self.note(&format!("take_exception by {actor}"));
        self.state().exceptions[0].owner = actor;
        Ok(Response::new(TakeExceptionResponse::default()))
    }

    async fn close_exception(
        &self,
        request: Request<CloseExceptionRequest>,
    ) -> Result<Response<CloseExceptionResponse>, Status> {
        self.meets(&request)?;
        let by = format!("close_exception by {}: {}", self.state().actor, request.get_ref().note);
        self.note(&by);
        self.state().exceptions.clear();
        Ok(Response::new(CloseExceptionResponse::default()))
    }

    async fn get_bank_file(
        &self,
        _: Request<GetBankFileRequest>,
    ) -> Result<Response<Self::GetBankFileStream>, Status> {
        Err(not_played())
    }

    async fn set_mandate(
        &self,
        _: Request<SetMandateRequest>,
    ) -> Result<Response<SetMandateResponse>, Status> {
        Err(not_played())
    }

    async fn get_mandate(
        &self,
        _: Request<GetMandateRequest>,
    ) -> Result<Response<GetMandateResponse>, Status> {
        Err(not_played())
    }

    async fn preview_settlement(
        &self,
        _: Request<PreviewSettlementRequest>,
    ) -> Result<Response<PreviewSettlementResponse>, Status> {
        Err(not_played())
    }

    async fn import_bank_file(
        &self,
        _: Request<Streaming<ImportBankFileRequest>>,
    ) -> Result<Response<ImportBankFileResponse>, Status> {
        Err(not_played())
    }

    async fn reconcile(&self, _: Request<ReconcileRequest>) -> Result<Response<ReconcileResponse>, Status> {
        Err(not_played())
    }

    type ExportReconciliationStream = Pieces<ExportReconciliationResponse>;

    async fn export_reconciliation(
        &self,
        _: Request<ExportReconciliationRequest>,
    ) -> Result<Response<Self::ExportReconciliationStream>, Status> {
        Err(not_played())
    }

    async fn mark_statement(
        &self,
        _: Request<MarkStatementRequest>,
    ) -> Result<Response<MarkStatementResponse>, Status> {
        Err(not_played())
    }

    type ExportBadRecordsStream = Pieces<ExportBadRecordsResponse>;

    async fn export_bad_records(
        &self,
        _: Request<ExportBadRecordsRequest>,
    ) -> Result<Response<Self::ExportBadRecordsStream>, Status> {
        Err(not_played())
    }

    async fn resolve_hand_over(
        &self,
        _: Request<ResolveHandOverRequest>,
    ) -> Result<Response<ResolveHandOverResponse>, Status> {
        Err(not_played())
    }
}
