//! PayerService.

mod answer_in_person;
mod change_phone;
mod enrol_payer;
mod freeze_payer;
mod get_payer;
mod list_payers;
mod reset_payer;

use chit_proto::checkout::v1;
use tonic::{Request, Response, Status};

use super::Api;

/// One line a call: the work is in the file of the call's name.
macro_rules! calls {
    ($($method:ident($request:ident) -> $response:ident),* $(,)?) => {
        #[tonic::async_trait]
        impl v1::payer_service_server::PayerService for Api {
            $(async fn $method(&self, request: Request<v1::$request>) -> Result<Response<v1::$response>, Status> {
                $method::handle(&self.shop, request.into_inner()).await.map(Response::new)
            })*
        }
    };
}

calls! {
    enrol_payer(EnrolPayerRequest) -> EnrolPayerResponse,
    get_payer(GetPayerRequest) -> GetPayerResponse,
    list_payers(ListPayersRequest) -> ListPayersResponse,
    freeze_payer(FreezePayerRequest) -> FreezePayerResponse,
    change_phone(ChangePhoneRequest) -> ChangePhoneResponse,
    reset_payer(ResetPayerRequest) -> ResetPayerResponse,
    answer_in_person(AnswerInPersonRequest) -> AnswerInPersonResponse,
}
