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

    async fn reconcile(
        &self,
        request: Request<ReconcileRequest>,
    ) -> Result<Response<ReconcileResponse>, Status> {
        assert!(request.get_ref().with_ledger, "the page shows both sources");
        self.state().reconciled.clone().map(Response::new).ok_or_else(not_played)
    }

    type ExportReconciliationStream = Pieces<ExportReconciliationResponse>;

    async fn export_reconciliation(
        &self,
        request: Request<ExportReconciliationRequest>,
    ) -> Result<Response<Self::ExportReconciliationStream>, Status> {
        let request = request.into_inner();
        let words = format!("{} {}", request.format().as_str_name(), request.language);
        let piece = ExportReconciliationResponse { chunk: words.into_bytes() };
        Ok(Response::new(Box::pin(tokio_stream::iter([Ok(piece)]))))
    }

    async fn mark_statement(
        &self,
        request: Request<MarkStatementRequest>,
    ) -> Result<Response<MarkStatementResponse>, Status> {
        self.meets(&request)?;
        let request = request.into_inner();
        if request.approval.is_none() {
            let code = tonic::Code::FailedPrecondition;
            return Err(chit_runtime::error::status(code, "APPROVAL_REQUIRED", "two people"));
        }
        let line = &request.lines[0];
        let minor = line.amount.as_ref().unwrap().amount_minor;
        let told = format!("mark {} {} {minor} {}", line.sale, line.outcome().as_str_name(), line.booked_on);
        self.note(&told);
        Ok(Response::new(MarkStatementResponse::default()))
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
        request: Request<ResolveHandOverRequest>,
    ) -> Result<Response<ResolveHandOverResponse>, Status> {
        self.meets(&request)?;
        self.note(&format!("resolve_hand_over again={}", request.get_ref().again));
        Ok(Response::new(ResolveHandOverResponse::default()))
    }
}
