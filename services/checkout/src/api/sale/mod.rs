//! SaleService.

mod commit_sale;
mod confirm_person;
mod get_sale;
mod list_sales;
mod override_evidence;
mod present_payer;
mod record_other_payment;
mod release_sale;
mod reprint_receipt;
mod resolve_receipt;
mod scan_payer;
mod set_basket;
mod start_sale;
mod void_sale;

use chit_proto::checkout::v1;
use tonic::{Request, Response, Status};

use super::Api;

/// One line a call: the work is in the file of the call's name.
macro_rules! calls {
    ($($method:ident($request:ident) -> $response:ident),* $(,)?) => {
        #[tonic::async_trait]
        impl v1::sale_service_server::SaleService for Api {
            $(async fn $method(&self, request: Request<v1::$request>) -> Result<Response<v1::$response>, Status> {
                $method::handle(&self.shop, request.into_inner()).await.map(Response::new)
            })*
        }
    };
}

calls! {
    start_sale(StartSaleRequest) -> StartSaleResponse,
    set_basket(SetBasketRequest) -> SetBasketResponse,
    scan_payer(ScanPayerRequest) -> ScanPayerResponse,
    present_payer(PresentPayerRequest) -> PresentPayerResponse,
    confirm_person(ConfirmPersonRequest) -> ConfirmPersonResponse,
    commit_sale(CommitSaleRequest) -> CommitSaleResponse,
    release_sale(ReleaseSaleRequest) -> ReleaseSaleResponse,
    void_sale(VoidSaleRequest) -> VoidSaleResponse,
    override_evidence(OverrideEvidenceRequest) -> OverrideEvidenceResponse,
    resolve_receipt(ResolveReceiptRequest) -> ResolveReceiptResponse,
    reprint_receipt(ReprintReceiptRequest) -> ReprintReceiptResponse,
    record_other_payment(RecordOtherPaymentRequest) -> RecordOtherPaymentResponse,
    get_sale(GetSaleRequest) -> GetSaleResponse,
    list_sales(ListSalesRequest) -> ListSalesResponse,
}
