//! What the network brings: stored once, joined, acknowledged.

use super::super::tests::{Desk, at, reply, wait};
use crate::store::{Sitting, StoreError, Taken};

#[test]
fn a_message_listed_twice_is_stored_once_within_a_week() {
    let mut desk = Desk::new();
    assert_eq!(desk.take("m", &reply("5426"), at(0)), Taken::Message);
    desk.restart(at(1));
    assert_eq!(desk.take("m", &reply("5426"), at(1)), Taken::Duplicate);
    let row = &desk.store().inbound_after(0, 10).unwrap()[0];
    assert_eq!((row.seq, row.message.text.0.as_str()), (1, "否"));
    assert_eq!(desk.store().inbound_after(1, 10).unwrap(), []);
    let week = 7 * 24 * 3600;
    assert_eq!(desk.take("m", &reply("5426"), at(week - 1)), Taken::Duplicate);
    assert_eq!(desk.take("m", &reply("5426"), at(week)), Taken::Message);
}

#[test]
fn a_letter_that_a_server_repeats_in_its_next_session_is_stored_once() {
    let mut desk = Desk::new();
    let sitting = |since| Sitting { modem: "operator".into(), since: at(since) };
    let take = |desk: &Desk, since, letter: u8, now| {
        // The time in the PDU is when it came: only the letter itself tells a repetition.
        let mut pdu = reply("5426");
        pdu[18] = u8::try_from(now % 60).unwrap();
        wait(desk.store().take_letter(&sitting(since), [letter; 32], pdu, at(now))).unwrap()
    };
    assert_eq!(take(&desk, 0, 1, 1), Taken::Message);
    assert_eq!(take(&desk, 0, 1, 2), Taken::Message, "in one session it is the payer who writes it again");
    desk.restart(at(3));
    assert_eq!(take(&desk, 10, 1, 11), Taken::Duplicate);
    wait(desk.store().confirm_letters(&sitting(10))).unwrap();
    assert_eq!(take(&desk, 20, 1, 21), Taken::Message, "the server knows that we have it");
    assert_eq!(take(&desk, 30, 1, 650), Taken::Message, "a server does not wait so long");
}

#[test]
fn parts_make_one_message_in_any_order_even_across_a_restart() {
    let mut desk = Desk::new();
    let part = |number: &str, unit: &str| {
        hex::decode(format!("00440D91683108108300F000084211428150902308050003AB02{number}{unit}")).unwrap()
    };
    assert_eq!(desk.take("m", &part("02", "DE00"), at(0)), Taken::Part);
    desk.restart(at(1));
    assert_eq!(desk.take("m", &part("01", "D83D"), at(1)), Taken::Message);
    let rows = desk.store().inbound_after(0, 10).unwrap();
    assert_eq!((rows.len(), rows[0].message.text.0.as_str(), rows[0].message.complete), (1, "😀", true));
}

#[test]
fn missing_parts_are_waited_for_and_then_the_rest_is_passed_on() {
    let desk = Desk::new();
    let part = hex::decode("00440D91683108108300F000084211428150902308050003AB02015426").unwrap();
    desk.take("m", &part, at(0));
    desk.store().flush_parts(at(599)).unwrap();
    assert_eq!(desk.store().inbound_after(0, 10).unwrap(), []);
    desk.store().flush_parts(at(600)).unwrap();
    let rows = desk.store().inbound_after(0, 10).unwrap();
    assert_eq!((rows[0].message.text.0.as_str(), rows[0].message.complete), ("否", false));
}

#[test]
fn acknowledgements_are_cumulative_per_consumer_and_never_ahead() {
    let mut desk = Desk::new();
    desk.take("m", &reply("5426"), at(0));
    desk.take("m", &reply("5427"), at(0));
    assert!(matches!(desk.store().ack_inbound("checkout", 3), Err(StoreError::AckOutOfRange)));
    assert_eq!(desk.store().ack_inbound("checkout", 2).unwrap(), 2);
    desk.restart(at(1));
    assert_eq!(desk.store().ack_inbound("checkout", 1).unwrap(), 2);
    assert_eq!(desk.store().ack_inbound("other", 0).unwrap(), 0);
}

#[test]
fn a_sender_who_floods_is_stored_and_marked() {
    let desk = Desk::new();
    for text in 0..31u16 {
        desk.take("m", &reply(&format!("{:04X}", 0x4E00 + text)), at(0));
    }
    let marked: Vec<bool> =
        desk.store().inbound_after(0, 100).unwrap().iter().map(|row| row.message.over_rate).collect();
    assert_eq!((marked.len(), marked[29], marked[30]), (31, false, true));
}
