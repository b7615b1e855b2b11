//! PayerService.

mod answer_in_person;
mod change_phone;
mod enrol_payer;
mod envelope;
mod freeze_payer;
mod get_payer;
mod list_payers;
mod reset_payer;

super::calls! {
    chit_proto::checkout::v1::payer_service_server::PayerService {
        enrol_payer(EnrolPayerRequest) -> EnrolPayerResponse for STAFF,
        get_payer(GetPayerRequest) -> GetPayerResponse for LOOK,
        list_payers(ListPayersRequest) -> ListPayersResponse for LOOK,
        freeze_payer(FreezePayerRequest) -> FreezePayerResponse for STAFF,
        change_phone(ChangePhoneRequest) -> ChangePhoneResponse for STAFF,
        reset_payer(ResetPayerRequest) -> ResetPayerResponse for STAFF,
        answer_in_person(AnswerInPersonRequest) -> AnswerInPersonResponse for ROW,
    }
}
