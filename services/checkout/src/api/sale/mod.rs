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

super::calls! {
    chit_proto::checkout::v1::sale_service_server::SaleService {
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
}
