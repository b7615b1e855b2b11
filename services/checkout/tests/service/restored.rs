//! A shop restored from a backup asks no row that it may have asked since.

use chit_proto::checkout::v1 as proto;

use crate::house::House;
use crate::sale::enrol;

async fn rows_left(house: &House, payer: &proto::Payer) -> u32 {
    let request = proto::GetPayerRequest { payer_id: payer.payer_id.clone() };
    house.payers().get_payer(request).await.unwrap().into_inner().payer.unwrap().rows_left
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cards_skip_the_rows_that_may_have_been_asked_since_the_backup_once() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    assert_eq!(rows_left(&house, &payer).await, 59, "the first challenge took one");
    let note = house.state_folder().join("restored");
    let backup = house.now() - jiff::SignedDuration::from_hours(30);
    std::fs::write(&note, backup.to_string()).unwrap();
    house.restart().await;
    assert_eq!(rows_left(&house, &payer).await, 53, "two a day, of three days that begin in 30 hours");
    assert!(!note.exists());
    // The note is gone after the rows: a start that died between finds it again.
    std::fs::write(&note, backup.to_string()).unwrap();
    house.restart().await;
    assert_eq!(rows_left(&house, &payer).await, 53);
}
