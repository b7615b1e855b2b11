//! What is stored of a payer: given to them, and erased at their wish.

use chit_proto::checkout::v1 as proto;
use chit_runtime::error::reason_of;
use proto::export_payer_response::Part;
use proto::payer_data_service_client::PayerDataServiceClient;
use proto::{PayerState, SaleState};

use crate::custody::sell;
use crate::house::{House, PHONE, PIN};
use crate::sale::{TOTAL_MINOR, answer, approval, enrol, enrolment};

fn by(actor: &str) -> Option<proto::Approval> {
    Some(proto::Approval { actor: actor.into(), pin: PIN.into() })
}

async fn exported(
    house: &House,
    payer_id: &str,
    approval: Option<proto::Approval>,
) -> Result<Vec<Part>, tonic::Status> {
    let mut client = PayerDataServiceClient::new(house.signed_in("li").await);
    let request = proto::ExportPayerRequest { payer_id: payer_id.to_owned(), approval };
    let mut answers = client.export_payer(request).await?.into_inner();
    let mut parts = Vec::new();
    while let Some(answer) = answers.message().await? {
        parts.extend(answer.part);
    }
    Ok(parts)
}

async fn erased(
    house: &House,
    payer_id: &str,
    second_approval: Option<proto::Approval>,
) -> Result<proto::Payer, tonic::Status> {
    let mut client = PayerDataServiceClient::new(house.signed_in("li").await);
    let request = proto::ErasePayerRequest {
        request_id: house.new_id(),
        payer_id: payer_id.to_owned(),
        approval: approval(),
        second_approval,
    };
    Ok(client.erase_payer(request).await?.into_inner().payer.unwrap())
}

fn reason<T: std::fmt::Debug>(refused: Result<T, tonic::Status>) -> String {
    reason_of(&refused.unwrap_err()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_is_given_all_that_is_stored_of_them_under_approval_and_no_film_is_held_for_it() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let first = sell(&mut house, &payer).await;
    answer(&house, 2).await;
    house.sale_is(&first, SaleState::Verified).await;
    let second = sell(&mut house, &payer).await;
    assert_eq!(reason(exported(&house, &payer.payer_id, None).await), "APPROVAL_REQUIRED");
    assert_eq!(reason(exported(&house, &payer.payer_id, by("li")).await), "ROLE_TOO_LOW");

    let parts = exported(&house, &payer.payer_id, approval()).await.unwrap();
    let [Part::Person(person), Part::Sale(older), Part::Sale(newer)] = &parts[..] else {
        panic!("the person, then two sales");
    };
    assert_eq!((person.phone.as_str(), person.name.is_empty()), (PHONE, false));
    assert!(!person.photo_jpeg.is_empty() && person.mandate.is_none());
    assert_eq!((&person.enrolled_by[..], &person.approved_by[..]), ("li", "wang"));
    let sales = [older, newer].map(|whole| whole.sale.as_ref().unwrap());
    assert_eq!(sales.map(|sale| &sale.sale_id), [&first, &second], "oldest first");
    assert_eq!(sales[0].total.as_ref().unwrap().amount_minor, TOTAL_MINOR);
    let said: Vec<bool> = older.dialogue.iter().map(|text| text.inbound).collect();
    assert!(said.contains(&true) && said.contains(&false), "both sides of the dialogue");
    let request = proto::OpenDisputeRequest {
        request_id: house.new_id(),
        sale_id: first,
        cause: proto::DisputeCause::InPerson.into(),
    };
    house.disputes().open_dispute(request).await.unwrap();
    let holds = house.world.until(|facts| (!facts.holds.is_empty()).then_some(facts.holds.len())).await;
    assert_eq!(
        holds, 1,
        "the dispute's alone: no question was asked before, so no film waited for an answer"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_is_erased_by_two_people_once_nothing_is_open_and_no_picture_of_their_code_is_left() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale_id = sell(&mut house, &payer).await;
    assert_eq!(reason(erased(&house, &payer.payer_id, by("li")).await), "PAYER_STILL_NEEDED");
    let paid = proto::RecordOtherPaymentRequest {
        request_id: house.new_id(),
        sale_id: sale_id.clone(),
        amount: None,
        approval: approval(),
    };
    house.sales().record_other_payment(paid).await.unwrap();
    house.sale_is(&sale_id, SaleState::PaidOtherwise).await;
    assert_eq!(reason(erased(&house, &payer.payer_id, None).await), "SECOND_APPROVAL_REQUIRED");
    assert!(std::path::Path::new(&payer.code_png_path).exists());

    let gone = erased(&house, &payer.payer_id, by("li")).await.unwrap();
    assert_eq!(gone.state(), PayerState::Erased);
    assert!(!std::path::Path::new(&payer.code_png_path).exists(), "who holds it could show it");
    house.restart().await;
    let get = proto::GetPayerRequest { payer_id: payer.payer_id.clone() };
    let found = house.payers().get_payer(get).await.unwrap().into_inner();
    assert_eq!(found.payer.unwrap().state(), PayerState::Erased);
    assert!(found.photo_jpeg.is_empty() && found.code_png.is_empty());
    assert_eq!(reason(exported(&house, &payer.payer_id, approval()).await), "WRONG_STATE");
    let kept = house.sale_is(&sale_id, SaleState::PaidOtherwise).await;
    assert_eq!(kept.total.unwrap().amount_minor, TOTAL_MINOR);
    let again = house.payers().enrol_payer(enrolment(&house)).await.unwrap().into_inner().payer.unwrap();
    assert_ne!(again.payer_id, payer.payer_id, "their number is free again");
}
