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
        start_sale(StartSaleRequest) -> StartSaleResponse for SELL,
        set_basket(SetBasketRequest) -> SetBasketResponse for SELL on sale_id,
        scan_payer(ScanPayerRequest) -> ScanPayerResponse for SELL on sale_id,
        present_payer(PresentPayerRequest) -> PresentPayerResponse for SELL on sale_id,
        confirm_person(ConfirmPersonRequest) -> ConfirmPersonResponse for SELL on sale_id,
        commit_sale(CommitSaleRequest) -> CommitSaleResponse for SELL on sale_id,
        release_sale(ReleaseSaleRequest) -> ReleaseSaleResponse for SELL on sale_id,
        void_sale(VoidSaleRequest) -> VoidSaleResponse for SELL on sale_id,
        override_evidence(OverrideEvidenceRequest) -> OverrideEvidenceResponse for SELL on sale_id,
        resolve_receipt(ResolveReceiptRequest) -> ResolveReceiptResponse for SELL on sale_id,
        reprint_receipt(ReprintReceiptRequest) -> ReprintReceiptResponse for SELL on sale_id,
        record_other_payment(RecordOtherPaymentRequest) -> RecordOtherPaymentResponse for SELL on sale_id,
        get_sale(GetSaleRequest) -> GetSaleResponse for LOOK_AT_SALE on sale_id,
        list_sales(ListSalesRequest) -> ListSalesResponse for LOOK_AT_SALES,
    }
}
