//! The payers of the fake checkout: one of them.

use chit_proto::checkout::v1::*;
use tonic::{Request, Response, Status};

use crate::fake_checkout::{FakeCheckout, PIN, refuse, service};

/// Both approvals of a change, as checkout judges them.
fn two_people(first: Option<Approval>, second: Option<Approval>) -> Result<String, Status> {
    let (Some(first), Some(second)) = (first, second) else { return Err(refuse("APPROVAL_REQUIRED")) };
    if first.pin != PIN || second.pin != PIN {
        return Err(refuse("PIN_WRONG"));
    }
    Ok(format!("{} and {}", first.actor, second.actor))
}

pub fn payer() -> Payer {
    Payer {
        payer_id: "8361eb0013f73355".to_owned(),
        state: PayerState::Active as i32,
        last4: "3355".to_owned(),
        card_serial: "31276793".to_owned(),
        ..Payer::default()
    }
}

service!(payer_service_server::PayerService {
    enrol_payer(EnrolPayerRequest) -> EnrolPayerResponse = |fake: &Self, request: EnrolPayerRequest| {
        if !request.consent {
            return Err(refuse("CONSENT_MISSING"));
        }
        match request.approval {
            Some(approval) if approval.pin == PIN => {
                fake.note(&format!("enrol_payer {} in {} approved by {}", request.name, request.language, approval.actor));
                Ok(EnrolPayerResponse { payer: Some(payer()) })
            }
            _ => Err(refuse("APPROVAL_REQUIRED")),
        }
    },
    get_payer(GetPayerRequest) -> GetPayerResponse = |fake: &Self, _| {
        let known = fake.state().payer.clone().unwrap_or_else(payer);
        let code_png = fake.state().code_png.clone();
        Ok(GetPayerResponse { payer: Some(known), photo_jpeg: vec![0xFF, 0xD8], code_png })
    },
    list_payers(ListPayersRequest) -> ListPayersResponse = |_: &Self, _| {
        Ok(ListPayersResponse { payers: vec![payer()], ..Default::default() })
    },
    freeze_payer(FreezePayerRequest) -> FreezePayerResponse = |fake: &Self, _| {
        let by = format!("freeze_payer by {}", fake.state().actor);
        fake.note(&by);
        Ok(FreezePayerResponse { payer: Some(payer()) })
    },
    change_phone(ChangePhoneRequest) -> ChangePhoneResponse = |fake: &Self, request: ChangePhoneRequest| {
        let people = two_people(request.approval, request.second_approval)?;
        fake.note(&format!("change_phone approved by {people}"));
        Ok(ChangePhoneResponse { payer: Some(payer()) })
    },
    reset_payer(ResetPayerRequest) -> ResetPayerResponse = |fake: &Self, request: ResetPayerRequest| {
        let people = two_people(request.approval, request.second_approval)?;
        fake.note(&format!("reset_payer approved by {people}"));
        Ok(ResetPayerResponse { payer: Some(payer()) })
    },
    answer_in_person(AnswerInPersonRequest) -> AnswerInPersonResponse,
});
