//! BankService.

mod close_exception;
mod export_bad_records;
mod export_reconciliation;
mod get_bank_file;
mod get_mandate;
mod import_bank_file;
mod list_exceptions;
mod mark_statement;
mod preview_settlement;
mod reconcile;
mod resolve_hand_over;
mod set_mandate;
mod take_exception;
mod two_sources;

use chit_proto::checkout::v1;
use tonic::{Request, Response, Status, Streaming};

use super::Api;
use super::access::{Access, Table};
use super::call::Call;

pub(in crate::api) const CALLS: Table = &[
    ("set_mandate", Access::STAFF),
    ("get_mandate", Access::LOOK),
    ("preview_settlement", Access::LOOK),
    ("import_bank_file", Access::SETTLE),
    ("get_bank_file", Access::SETTLE_IN_PERSON),
    ("list_exceptions", Access::LOOK),
    ("take_exception", Access::STAFF),
    ("close_exception", Access::SETTLE_IN_PERSON),
    ("reconcile", Access::LOOK),
    ("export_reconciliation", Access::LOOK),
    ("mark_statement", Access::SETTLE_IN_PERSON),
    ("export_bad_records", Access::SETTLE_IN_PERSON),
    ("resolve_hand_over", Access::SETTLE_IN_PERSON),
];

/// One of its calls takes a stream and some return one, so it stands outside `calls!`.
macro_rules! unary {
    ($($method:ident($request:ident) -> $response:ident for $access:ident),* $(,)?) => {
        #[tonic::async_trait]
        impl v1::bank_service_server::BankService for Api {
            type GetBankFileStream = get_bank_file::Pieces;

            async fn get_bank_file(
                &self,
                request: Request<v1::GetBankFileRequest>,
            ) -> Result<Response<Self::GetBankFileStream>, Status> {
                let access = Access::SETTLE_IN_PERSON;
                let call = Call::admit(&self.shop, request, access, "get_bank_file", None).await?;
                get_bank_file::handle(&self.shop, call).await.map(Response::new)
            }

            type ExportReconciliationStream = export_reconciliation::Pieces;

            async fn export_reconciliation(
                &self,
                request: Request<v1::ExportReconciliationRequest>,
            ) -> Result<Response<Self::ExportReconciliationStream>, Status> {
                let call = Call::admit(&self.shop, request, Access::LOOK, "export_reconciliation", None).await?;
                export_reconciliation::handle(&self.shop, call).await.map(Response::new)
            }

            type ExportBadRecordsStream = export_bad_records::Pieces;

            async fn export_bad_records(
                &self,
                request: Request<v1::ExportBadRecordsRequest>,
            ) -> Result<Response<Self::ExportBadRecordsStream>, Status> {
                let access = Access::SETTLE_IN_PERSON;
                let call = Call::admit(&self.shop, request, access, "export_bad_records", None).await?;
                export_bad_records::handle(&self.shop, call).await.map(Response::new)
            }

            async fn import_bank_file(
                &self,
                request: Request<Streaming<v1::ImportBankFileRequest>>,
            ) -> Result<Response<v1::ImportBankFileResponse>, Status> {
                let call = Call::admit(&self.shop, request, Access::SETTLE, "import_bank_file", None).await?;
                import_bank_file::handle(&self.shop, call).await.map(Response::new)
            }

            $(async fn $method(
                &self,
                request: Request<v1::$request>,
            ) -> Result<Response<v1::$response>, Status> {
                let call = Call::admit(&self.shop, request, Access::$access, stringify!($method), None).await?;
                $method::handle(&self.shop, call).await.map(Response::new)
            })*
        }
    };
}

unary! {
    set_mandate(SetMandateRequest) -> SetMandateResponse for STAFF,
    get_mandate(GetMandateRequest) -> GetMandateResponse for LOOK,
    preview_settlement(PreviewSettlementRequest) -> PreviewSettlementResponse for LOOK,
    list_exceptions(ListExceptionsRequest) -> ListExceptionsResponse for LOOK,
    take_exception(TakeExceptionRequest) -> TakeExceptionResponse for STAFF,
    close_exception(CloseExceptionRequest) -> CloseExceptionResponse for SETTLE_IN_PERSON,
    reconcile(ReconcileRequest) -> ReconcileResponse for LOOK,
    mark_statement(MarkStatementRequest) -> MarkStatementResponse for SETTLE_IN_PERSON,
    resolve_hand_over(ResolveHandOverRequest) -> ResolveHandOverResponse for SETTLE_IN_PERSON,
}
