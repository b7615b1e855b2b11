//! A sale is voided at the moments around its paper.

use chit_proto::checkout::v1 as proto;
use chit_proto::printer::v1::document::Content;
use chit_runtime::error::reason_of;
use proto::SaleState;
use tokio::time::timeout;

use crate::house::{House, PATIENCE};
use crate::sale::{approval, commit, draft, enrol};
use crate::world::Facts;

/// Mandate and code card, before anything is sold.
const PAPERS_OF_ENROLMENT: usize = 2;

async fn void(house: &House, sale_id: &str, returned: bool) -> Result<proto::Sale, tonic::Status> {
    let request = proto::VoidSaleRequest {
        request_id: house.new_id(),
        sale_id: sale_id.to_owned(),
        approval: approval(),
        original_returned: returned,
        ..proto::VoidSaleRequest::default()
    };
    house.sales().void_sale(request).await.map(|answer| answer.into_inner().sale.unwrap())
}

async fn until<T>(house: &House, look: impl FnMut(&Facts) -> Option<T>) -> T {
    timeout(PATIENCE, house.world.until(look)).await.expect("it happens")
}

/// The reservation of the only sale is given up, and nothing was posted of it.
async fn reservation_is_void(house: &House) {
    until(house, |facts| (facts.ids("void").len() == 1).then_some(())).await;
    let facts = house.world.facts();
    let [pending] = &facts.transfers("pending")[..] else { panic!("one reservation") };
    assert_eq!(facts.transfers("void")[0].pending_transfer_id, pending.transfer_id);
    assert_eq!((facts.ids("post").len(), facts.ids("posted").len()), (0, 0));
    assert_eq!(facts.conflicts, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_voided_while_its_paper_is_being_submitted_takes_the_paper_back() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale = draft(&mut house, &payer).await;
    house.world.change(|facts| (facts.paper, facts.holds_papers) = (false, true));
    let before = house.world.facts().papers_before_it;
    commit(&house, &sale.sale_id).await.unwrap();
    until(&house, |facts| (facts.papers_before_it > before).then_some(())).await;
    let voided = void(&house, &sale.sale_id, false).await.unwrap();
    assert_eq!(voided.state(), SaleState::Voided);
    // Wanted back before the printer has it: the one who submits it must look again.
    until(&house, |facts| (facts.wanted_back.len() == 1).then_some(())).await;
    house.world.change(|facts| facts.holds_papers = false);
    let taken = until(&house, |facts| facts.taken_back.first().cloned()).await;
    assert!(matches!(house.world.facts().jobs[&taken].content, Some(Content::Sale(_))));
    reservation_is_void(&house).await;
    assert_eq!(
        house.world.facts().ids("job").len(),
        PAPERS_OF_ENROLMENT + 1,
        "and no notice of a paper that never was"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_waits_for_paper_is_taken_back_with_its_sale() {
    let mut house = House::open(true).await;
    let payer = enrol(&mut house).await;
    let sale = draft(&mut house, &payer).await;
    house.world.change(|facts| facts.paper = false);
    commit(&house, &sale.sale_id).await.unwrap();
    let blocked = |sale: &proto::Sale| sale.receipt.as_ref().unwrap().state() == proto::ReceiptState::Blocked;
    house.sale_until(&sale.sale_id, blocked).await;
    house.step().await;
    void(&house, &sale.sale_id, false).await.unwrap();
    house.step().await;
    until(&house, |facts| facts.taken_back.first().cloned()).await;
    reservation_is_void(&house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_printed_receipt_comes_back_before_its_sale_is_voided_and_a_notice_says_that_it_counts_for_nothing()
{
    let mut house = House::open(true).await;
    let payer = enrol(&mut house).await;
    let sale = draft(&mut house, &payer).await;
    commit(&house, &sale.sale_id).await.unwrap();
    let ready = |sale: &proto::Sale| sale.attention().any(|item| item == proto::Attention::Release);
    house.sale_until(&sale.sale_id, ready).await;
    house.step().await;
    let refused = void(&house, &sale.sale_id, false).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("WRONG_STATE"));
    assert!(house.world.facts().ids("void").is_empty());
    void(&house, &sale.sale_id, true).await.unwrap();
    house.step().await;
    let notice = until(&house, |facts| {
        facts.jobs.values().find_map(|document| match &document.content {
            Some(Content::Notice(notice)) => Some(notice.clone()),
            _ => None,
        })
    })
    .await;
    assert!(notice.voided && notice.sale_id == sale.sale_id, "{notice:?}");
    assert_eq!(
        (notice.approved_by.as_str(), notice.amount.unwrap().amount_minor),
        ("wang", crate::sale::TOTAL_MINOR)
    );
    reservation_is_void(&house).await;
}
