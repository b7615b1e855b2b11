use super::*;
use crate::domain::outbox::Class;
use crate::domain::outbox::Outgoing;
use crate::domain::outbox::tests::message;
use crate::domain::pdu::{Body, Deliver, FromNetwork};
use crate::domain::phone::SmsText;
use rusmpp::tlvs::MessageDeliveryRequestTlvValue;
use rusmpp::types::AnyOctetString;
use rusmpp::values::MessagePayload;

const SOURCE: &str = "+8610086";

fn row(text: &str, parts: u8, accepted_parts: u8) -> Row {
    let text = SmsText(text.to_owned());
    let message = Outgoing { text, parts, accepted_parts, ..message(Class::Notice) };
    Row { message, number: 0x1_2A, revision: 1 }
}

fn deliver(esm_class: u8, data_coding: DataCoding, text: &[u8]) -> DeliverSm {
    DeliverSm::builder()
        .source_addr_ton(Ton::International)
        .source_addr(COctetString::from_str("8613800138000").unwrap())
        .esm_class(EsmClass::from(esm_class))
        .data_coding(data_coding)
        .short_message(OctetString::from_vec(text.to_vec()).unwrap())
        .build()
}

fn kept(letter: &DeliverSm) -> Deliver {
    let now = Timestamp::from_second(1_764_000_000).unwrap();
    match pdu::decode(&pdu(letter, now)).unwrap() {
        FromNetwork::Deliver(kept) => {
            assert_eq!(kept.sent_at, Some(now));
            assert_eq!(
                (kept.from.kind, kept.from.raw.as_str()),
                (TypeOfNumber::International, "+8613800138000")
            );
            kept
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_short_message_goes_as_it_is_without_a_header() {
    let one = submit(&row("row 23", 1, 0), SOURCE, true).unwrap();
    assert_eq!(one.short_message().as_ref(), b"row 23");
    assert_eq!((u8::from(one.esm_class), one.data_coding), (0, DataCoding::McSpecific));
    assert_eq!((one.source_addr.as_str(), one.destination_addr.as_str()), ("8610086", "8613800138000"));
    assert_eq!((one.source_addr_ton, one.dest_addr_ton), (Ton::International, Ton::International));
    assert_eq!(u8::from(one.registered_delivery), 1);
    let silent = submit(&row("row 23", 1, 0), SOURCE, false).unwrap();
    assert_eq!(u8::from(silent.registered_delivery), 0);
}

#[test]
fn each_part_of_a_long_message_says_which_it_is_of_how_many() {
    let text = "A long notice. ".repeat(20);
    let mut whole = Vec::new();
    for part in 0..2 {
        let sent = submit(&row(&text, 2, part), SOURCE, true).unwrap();
        let octets = sent.short_message().as_ref();
        assert_eq!(octets[..6], [5, 0, 3, 0x2A, 2, part + 1]);
        assert_eq!(u8::from(sent.esm_class), ESM_HEADER);
        whole.extend_from_slice(&octets[6..]);
    }
    assert_eq!(whole, text.as_bytes());
    assert!(submit(&row(&text, 2, 2), SOURCE, true).is_none(), "there is no third part");
}

#[test]
fn chinese_goes_in_utf_16() {
    let sent = submit(&row("第23行", 1, 0), SOURCE, true).unwrap();
    assert_eq!(sent.data_coding, DataCoding::Ucs2);
    assert_eq!(sent.short_message().as_ref(), [0x7B, 0x2C, 0, b'2', 0, b'3', 0x88, 0x4C]);
}

#[test]
fn a_receipt_is_read_from_its_text_and_rather_from_its_fields() {
    let text =
        b"id:7A sub:001 dlvrd:001 submit date:2511240900 done date:2511240901 stat:DELIVRD err:000 text:row";
    let mut letter = deliver(0x04, DataCoding::McSpecific, text);
    assert_eq!(receipt(&letter), Some(("7A".into(), Some(DeliveryOutcome::Delivered))));
    letter
        .push_tlv(MessageDeliveryRequestTlvValue::ReceiptedMessageId(COctetString::from_str("122").unwrap()));
    letter.push_tlv(MessageDeliveryRequestTlvValue::MessageState(MessageState::Undeliverable));
    assert_eq!(receipt(&letter), Some(("122".into(), Some(DeliveryOutcome::Undelivered))));
    // Some servers forget to say that it is one.
    letter.esm_class = EsmClass::from(0);
    assert!(receipt(&letter).is_some());
    let plain = deliver(0, DataCoding::McSpecific, text);
    assert_eq!(receipt(&plain), None, "what a payer types is never a receipt");
    assert_eq!(receipt(&deliver(0x04, DataCoding::McSpecific, b"stat:DELIVRD")), None, "of no message");
}

#[test]
fn every_final_word_and_state_is_known_and_no_other() {
    let outcome = |word: &str| {
        let text = format!("id:1 stat:{word} err:000");
        receipt(&deliver(0x04, DataCoding::McSpecific, text.as_bytes())).unwrap().1
    };
    assert_eq!(outcome("DELIVRD"), Some(DeliveryOutcome::Delivered));
    for word in ["EXPIRED", "DELETED", "UNDELIV", "REJECTD"] {
        assert_eq!(outcome(word), Some(DeliveryOutcome::Undelivered), "{word}");
    }
    for word in ["ENROUTE", "ACCEPTD", "UNKNOWN", ""] {
        assert_eq!(outcome(word), None, "{word}");
    }
    let of_states: Vec<u8> =
        (0..=9).filter(|state| outcome_of_state(MessageState::from(*state)).is_some()).collect();
    assert_eq!(of_states, [2, 3, 4, 5, 8]);
    assert_eq!(outcome_of_state(MessageState::from(2)), Some(DeliveryOutcome::Delivered));
}

#[test]
fn a_letter_that_comes_again_is_known_by_its_content_alone() {
    let letter = deliver(0, DataCoding::McSpecific, b"123456");
    assert_eq!(hash(&letter), hash(&letter.clone()));
    let mut from_another = letter.clone();
    from_another.source_addr = COctetString::from_str("8613800138001").unwrap();
    let others = [
        deliver(0, DataCoding::McSpecific, b"123457"),
        deliver(0, DataCoding::Ucs2, b"123456"),
        from_another,
    ];
    for other in others {
        assert_ne!(hash(&letter), hash(&other));
    }
}

#[test]
fn a_letter_keeps_its_sender_and_text_in_the_inbox_s_form() {
    let said = |letter: &DeliverSm| match kept(letter).body {
        Body::Septets(septets, _) => gsm7::decode(&septets),
        Body::Utf16(units) => String::from_utf16(&units).unwrap(),
        Body::Data(_) => panic!("no text"),
    };
    assert_eq!(said(&deliver(0, DataCoding::McSpecific, b"123456 OK")), "123456 OK");
    // The eighth bit is no part of a septet.
    assert_eq!(said(&deliver(0, DataCoding::McSpecific, &[b'1' | 0x80, b'2'])), "12");
    assert_eq!(said(&deliver(0, DataCoding::Ucs2, &[0x7B, 0x2C, 0, b'2'])), "第2");
    assert_eq!(said(&deliver(0, DataCoding::Latin1, b"12\xE9")), "12é");
    assert_eq!(said(&deliver(0, DataCoding::Latin1, b"12\xFE")), "12þ", "no letter of GSM's alphabet");
}

#[test]
fn a_header_and_a_payload_are_read_where_the_server_says_that_they_are() {
    let part = kept(&deliver(ESM_HEADER, DataCoding::McSpecific, &[5, 0, 3, 9, 2, 1, b'1', b'2']));
    let place = part.concatenation.unwrap();
    assert_eq!((place.reference, place.total, place.number), (9, 2, 1));
    assert!(matches!(part.body, Body::Septets(septets, _) if septets == b"12"));
    // Without the mark the same octets are text.
    assert!(kept(&deliver(0, DataCoding::McSpecific, &[5, 0, 3, 9, 2, 1, b'1'])).concatenation.is_none());
    let mut long = deliver(0, DataCoding::McSpecific, b"");
    let payload = MessagePayload { value: AnyOctetString::from_slice(b"654321") };
    long.push_tlv(MessageDeliveryRequestTlvValue::MessagePayload(payload));
    assert!(matches!(kept(&long).body, Body::Septets(septets, _) if septets == b"654321"));
}
