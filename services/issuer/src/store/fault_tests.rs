//! The disk fails or loses power: a request was answered and is remembered, or it never was.

use chit_failing_disk::{Power, SimulatedDisk, at_every_moment};

use super::*;

const MOMENTS: u64 = 120;
const REQUESTS_MADE: u8 = 4;

fn open_on(disk: &SimulatedDisk) -> Result<Store> {
    Store::on(disk.database()?, &Credential::read(&[4; 32]).unwrap())
}

/// One row more of the card for each request.
fn assign(store: &Store, request: u8) -> Result<Vec<u8>> {
    let asked = Request {
        caller: "corner".into(),
        id: [request; 16],
        fingerprint: [request; 32],
        now_ms: request.into(),
    };
    store.once(&asked, |draft| {
        let known = draft.card(b"cardcard")?;
        let mut card = known.unwrap_or_else(|| Card::new(CardSerial::new(48_151_623).unwrap(), *b"cardcard"));
        let order: Vec<_> = chit_code_card::Row::all().collect();
        card.assign("corner", &order, 1).unwrap();
        draft.put(&card)?;
        Ok(vec![card.assigned.len() as u8])
    })
}

/// The answers that were given.
fn live(disk: &SimulatedDisk) -> Vec<Vec<u8>> {
    let Ok(store) = open_on(disk) else { return Vec::new() };
    (1..=REQUESTS_MADE).map_while(|request| assign(&store, request).ok()).collect()
}

/// A store that a process before has made.
fn made(disk: &SimulatedDisk) {
    drop(open_on(disk).unwrap());
}

#[test]
fn whenever_the_power_goes_no_row_is_assigned_twice_and_a_request_again_gets_its_first_answer() {
    at_every_moment(MOMENTS, made, live, |found, answers| {
        let how = &found.how;
        let store = open_on(&found.disk).unwrap_or_else(|error| panic!("{how}: {error:?}"));
        for (request, answer) in (1..).zip(answers) {
            assert_eq!(assign(&store, request).unwrap(), *answer, "{how}");
        }
        let all: Vec<_> = (1..=REQUESTS_MADE).map(|request| assign(&store, request).unwrap()).collect();
        assert_eq!(all, [[1], [2], [3], [4]], "{how}");
    });
}

#[tokio::test]
async fn a_store_whose_disk_failed_takes_nothing_more_and_says_so() {
    let disk = SimulatedDisk::new(&Power::default());
    let store = open_on(&disk).unwrap();
    assign(&store, 1).unwrap();
    disk.has_room_for(Some(0));
    assert!(matches!(assign(&store, 2), Err(StoreError::Database(_))));
    store.failed().await;
    disk.has_room_for(None);
    let store = open_on(&disk.after_kill(&Power::default())).unwrap();
    assert_eq!(assign(&store, 1).unwrap(), [1]);
    assert_eq!(assign(&store, 2).unwrap(), [2]);
}
