//! EnquiryService.

mod dialogue;
mod look_up_sale;

pub(super) use look_up_sale::{Why, whole};

super::calls! {
    chit_proto::checkout::v1::enquiry_service_server::EnquiryService {
        look_up_sale(LookUpSaleRequest) -> LookUpSaleResponse for ENQUIRE,
    }
}
