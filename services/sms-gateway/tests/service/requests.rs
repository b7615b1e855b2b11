//! What the interface accepts and refuses.

use crate::support::{Desk, message};
use chit_proto::sms_gateway::v1::{self as pb, Encoding, MessageClass};
use chit_runtime::error::reason_of;
use tonic::Code;

const ID: &str = "01JDTESTTESTTESTTESTTEST01";
const NO_MODEM: &str = "/dev/null/none";

#[tokio::test]
async fn the_same_id_returns_the_first_answer_and_another_body_already_exists() {
    let desk = Desk::start(NO_MODEM, "").await;
    let request = message(ID, MessageClass::Challenge);
    let first = desk.send(request.clone()).await.unwrap();
    assert_eq!(desk.send(request.clone()).await.unwrap(), first);
    let refused = desk.send(pb::SendMessageRequest { text: "other".into(), ..request }).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(reason_of(&refused).as_deref(), Some("MESSAGE_EXISTS_WITH_DIFFERENT_BODY"));
}

#[tokio::test]
async fn bad_input_names_its_field_and_never_repeats_number_or_text() {
    let desk = Desk::start(NO_MODEM, "").await;
    let good = message(ID, MessageClass::Notice);
    let past = desk.in_seconds(-1);
    let cases = [
        (pb::SendMessageRequest { to: "13800138000".into(), ..good.clone() }, "NUMBER_INVALID"),
        (pb::SendMessageRequest { to: "+10086".into(), ..good.clone() }, "NUMBER_INVALID"),
        (pb::SendMessageRequest { text: String::new(), ..good.clone() }, "TEXT_EMPTY"),
        (pb::SendMessageRequest { text: "字".repeat(71), ..good.clone() }, "TEXT_TOO_LONG"),
        (pb::SendMessageRequest { text: "a".repeat(161), ..good.clone() }, "TEXT_TOO_LONG"),
        (pb::SendMessageRequest { class: 0, ..good.clone() }, "CLASS_UNSPECIFIED"),
        (pb::SendMessageRequest { message_id: "x".into(), ..good.clone() }, "MESSAGE_ID_INVALID"),
        (pb::SendMessageRequest { not_after: Some(past), ..good.clone() }, "NOT_AFTER_PASSED"),
        (
            pb::SendMessageRequest {
                not_before: Some(desk.in_seconds(61)),
                not_after: Some(desk.in_seconds(60)),
                ..good.clone()
            },
            "NOT_BEFORE_INVALID",
        ),
    ];
    for (request, reason) in cases {
        let refused = desk.send(request).await.unwrap_err();
        assert_eq!((refused.code(), reason_of(&refused).as_deref()), (Code::InvalidArgument, Some(reason)));
        assert!(!refused.message().contains("138") && !refused.message().contains('字'));
    }
}

#[tokio::test]
async fn a_text_is_counted_in_the_alphabet_it_needs() {
    let desk = Desk::start(NO_MODEM, "").await;
    for (number, text, encoding, chars) in
        [(1, "5 €", Encoding::Gsm7, 4), (2, "付款", Encoding::Ucs2, 2), (3, "😀", Encoding::Ucs2, 2)]
    {
        let id = format!("01JDTESTTESTTESTTESTTEST0{number}");
        let request = pb::SendMessageRequest { text: text.into(), ..message(&id, MessageClass::Notice) };
        let sent = desk.send(request).await.unwrap();
        assert_eq!((sent.encoding(), sent.text_chars), (encoding, chars), "{text}");
    }
}

#[tokio::test]
async fn an_acknowledgement_of_the_future_is_out_of_range() {
    let mut desk = Desk::start(NO_MODEM, "").await;
    let ack = pb::AckInboundRequest { consumer: "checkout".into(), up_to_seq: 1 };
    let refused = desk.client.ack_inbound(ack).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason_of(&refused).as_deref()),
        (Code::OutOfRange, Some("ACK_OUT_OF_RANGE"))
    );
}
