//! Long messages whose reference is used again, as PDUs.

use super::super::tests::{Desk, at};
use crate::domain::pdu::FromNetwork;
use crate::store::Taken;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Part `number` of two under reference 9 from +8613800138000, sent in this minute of the hour: one character of UCS-2.
fn part(number: u8, minute: u8, letter: char) -> Vec<u8> {
    let swapped = minute % 10 * 16 + minute / 10;
    let text = format!(
        "00440D91683108108300F0 00 08 62110301{swapped:02X}0023 08 050003 0902{number:02X}{:04X}",
        u32::from(letter)
    );
    let pdu = hex::decode(text.replace(' ', "")).unwrap();
    assert!(matches!(crate::domain::pdu::decode(&pdu), Ok(FromNetwork::Deliver(_))));
    pdu
}

fn inbox(desk: &Desk) -> Vec<(String, bool)> {
    let rows = desk.store().inbound_after(0, 100).unwrap();
    rows.into_iter().map(|row| (row.message.text.0, row.message.complete)).collect()
}

#[test]
fn a_reference_that_is_used_again_passes_the_old_part_on_and_the_new_message_is_whole() {
    let desk = Desk::new();
    assert_eq!(desk.take("m", &part(1, 0, 'A'), at(0)), Taken::Part);
    assert_eq!(desk.take("m", &part(1, 8, 'B'), at(480)), Taken::Part);
    assert_eq!(inbox(&desk), [("A".into(), false)], "told at once, not joined later");
    assert_eq!(desk.take("m", &part(2, 8, 'C'), at(481)), Taken::Message);
    assert_eq!(inbox(&desk), [("A".into(), false), ("BC".into(), true)]);
    desk.store().flush_parts(at(7200)).unwrap();
    assert_eq!(inbox(&desk).len(), 2);
}

#[test]
fn the_second_part_of_a_later_message_does_not_end_an_earlier_one() {
    let desk = Desk::new();
    desk.take("m", &part(1, 0, 'A'), at(0));
    assert_eq!(desk.take("m", &part(2, 9, 'D'), at(540)), Taken::Part);
    assert_eq!(desk.take("m", &part(1, 9, 'C'), at(541)), Taken::Message);
    assert_eq!(inbox(&desk), [("A".into(), false), ("CD".into(), true)]);
}

#[test]
fn a_part_that_the_network_repeats_changes_nothing() {
    let desk = Desk::new();
    desk.take("m", &part(1, 0, 'A'), at(0));
    assert_eq!(desk.take("m", &part(1, 1, 'A'), at(60)), Taken::Duplicate);
    assert_eq!(desk.take("m", &part(2, 1, 'B'), at(61)), Taken::Message);
    assert_eq!(inbox(&desk), [("AB".into(), true)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Three messages under one reference, six minutes apart: in whatever order their parts come, and whatever is lost,
    /// each letter is told once and none beside another message's.
    #[test]
    fn parts_of_different_messages_never_make_one(
        arrivals in proptest::sample::subsequence(vec![(0u8, 1u8), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2)], 1..=6).prop_shuffle(),
    ) {
        let desk = Desk::new();
        let letter = |message: u8, number: u8| char::from(b'A' + 2 * message + number - 1);
        for (place, (message, number)) in arrivals.iter().enumerate() {
            desk.take("m", &part(*number, 6 * message, letter(*message, *number)), at(place as i64));
        }
        desk.store().flush_parts(at(7200)).unwrap();
        let mut told: BTreeMap<char, u32> = BTreeMap::new();
        for (text, complete) in inbox(&desk) {
            prop_assert_eq!(complete, matches!(text.as_str(), "AB" | "CD" | "EF"));
            prop_assert!(complete || text.len() == 1, "{} is of two messages", text);
            text.chars().for_each(|letter| *told.entry(letter).or_default() += 1);
        }
        let expected: BTreeMap<char, u32> =
            arrivals.iter().map(|(message, number)| (letter(*message, *number), 1)).collect();
        prop_assert_eq!(told, expected);
    }
}
