//! EnquiryService.

mod dialogue;
mod look_up_sale;

super::calls! {
    chit_proto::checkout::v1::enquiry_service_server::EnquiryService {
        look_up_sale(LookUpSaleRequest) -> LookUpSaleResponse for ENQUIRE,
    }
}
