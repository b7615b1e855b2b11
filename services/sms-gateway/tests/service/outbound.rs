//! Sending through the real binary, its socket and a pseudo terminal.

use crate::support::modem::{Fate, Modem};
use crate::support::{Desk, delivered, message, until};
use chit_proto::sms_gateway::v1::{self as pb, MessageClass, MessageState, ModemState};

const ID: &str = "01JDTESTTESTTESTTESTTEST01";
const OTHER_ID: &str = "01JDTESTTESTTESTTESTTEST02";
/// SUBMIT, report asked for, validity one day: "reply row 23".
const PDU: &str = "0031000D91683108108300F00000A70CF2329C9D07C9DF77906C06";

#[tokio::test]
async fn a_message_is_submitted_and_its_report_makes_it_delivered() {
    let modem = Modem::start();
    let desk = Desk::start(&modem.path, "").await;
    let queued = desk.send(message(ID, MessageClass::Challenge)).await.unwrap();
    assert_eq!((queued.state(), queued.text_chars), (MessageState::Queued, 12));
    let submitted = desk.wait_message(ID, MessageState::Submitted).await;
    assert_eq!(submitted.submits, 1);
    modem.with(|script| assert_eq!(script.submitted, [PDU]));
    modem.report(&delivered(1));
    let done = desk.wait_message(ID, MessageState::Delivered).await;
    assert!(done.submit_time.is_some() && done.deliver_time.is_some() && !done.possible_duplicate);
}

#[tokio::test]
async fn a_swallowed_answer_is_unknown_and_a_challenge_is_resent_once_after_two_minutes() {
    let modem = Modem::start();
    modem.with(|script| script.fates.extend([Fate::Swallow, Fate::Swallow]));
    let desk = Desk::start(&modem.path, "answer_timeout_s = 1").await;
    desk.send(message(ID, MessageClass::Challenge)).await.unwrap();
    let unknown = desk.wait_message(ID, MessageState::Unknown).await;
    assert_eq!((unknown.submits, unknown.possible_duplicate), (1, false));
    desk.wait_modem(ModemState::Ready).await;
    desk.advance(121);
    let resent = desk.wait_message_after(ID, MessageState::Unknown, unknown.revision).await;
    assert_eq!((resent.submits, resent.possible_duplicate), (2, true));
    modem.with(|script| {
        assert_eq!(script.submitted.len(), 2);
        assert_eq!(script.submitted[0], script.submitted[1], "the same text and code");
    });
    // Held from now on: a later message passes it.
    desk.advance(100_000);
    desk.send(message(OTHER_ID, MessageClass::Challenge)).await.unwrap();
    desk.wait_message(OTHER_ID, MessageState::Submitted).await;
    modem.with(|script| assert_eq!(script.submitted.len(), 3));
}

#[tokio::test]
async fn an_unknown_notice_is_held_until_its_report_or_a_confirmation() {
    let modem = Modem::start();
    modem.with(|script| script.fates.extend([Fate::Swallow, Fate::Refuse(500)]));
    let mut desk = Desk::start(&modem.path, "answer_timeout_s = 1").await;
    for id in [ID, OTHER_ID] {
        desk.send(message(id, MessageClass::Notice)).await.unwrap();
        desk.wait_message(id, MessageState::Unknown).await;
    }
    desk.advance(100_000);
    assert_eq!(desk.wait_modem(ModemState::Ready).await.unknown, 2);
    modem.report(&delivered(77));
    desk.wait_message(ID, MessageState::Delivered).await;
    let request = pb::ConfirmDeliveredRequest { request_id: "r1".into(), message_id: OTHER_ID.into() };
    let first = desk.client.confirm_delivered(request.clone()).await.unwrap().into_inner();
    assert_eq!(first.message.as_ref().unwrap().state(), MessageState::Delivered);
    assert_eq!(desk.client.confirm_delivered(request).await.unwrap().into_inner(), first);
    modem.with(|script| assert_eq!(script.submitted.len(), 2));
}

#[tokio::test]
async fn a_report_that_comes_instead_of_the_answer_is_heard_at_once() {
    let modem = Modem::start();
    modem.with(|script| script.fates.push_back(Fate::Swallow));
    let desk = Desk::start(&modem.path, "").await;
    desk.send(message(ID, MessageClass::Notice)).await.unwrap();
    until("the PDU is with the modem", || async { modem.with(|script| script.submitted.len() == 1) }).await;
    modem.report(&delivered(9));
    assert!(desk.wait_message(ID, MessageState::Delivered).await.submit_time.is_some());
    desk.send(message(OTHER_ID, MessageClass::Notice)).await.unwrap();
    desk.wait_message(OTHER_ID, MessageState::Submitted).await;
}

#[tokio::test]
async fn a_modem_that_restarts_instead_of_answering_leaves_the_message_unknown_at_once() {
    let modem = Modem::start();
    modem.with(|script| script.fates.push_back(Fate::Swallow));
    let desk = Desk::start(&modem.path, "").await;
    desk.send(message(ID, MessageClass::Notice)).await.unwrap();
    until("the PDU is with the modem", || async { modem.with(|script| script.submitted.len() == 1) }).await;
    modem.with(|script| script.say.extend(b"\r\nRDY\r\n"));
    desk.wait_message(ID, MessageState::Unknown).await;
    desk.wait_modem(ModemState::Ready).await;
}

#[tokio::test]
async fn an_acknowledgement_counts_even_if_the_ok_after_it_is_lost() {
    let modem = Modem::start();
    modem.with(|script| script.fates.push_back(Fate::AcknowledgeOnly));
    let desk = Desk::start(&modem.path, "").await;
    desk.send(message(ID, MessageClass::Notice)).await.unwrap();
    desk.wait_message(ID, MessageState::Submitted).await;
    desk.send(message(OTHER_ID, MessageClass::Notice)).await.unwrap();
    desk.wait_message(OTHER_ID, MessageState::Submitted).await;
    assert_eq!(desk.wait_message(ID, MessageState::Submitted).await.submits, 1);
}

/// The modem's answer to A comes when B is already with it: it is A's, and B has one of its own.
#[tokio::test]
async fn a_late_acknowledgement_is_not_credited_to_the_next_message() {
    for (fate, state, reference) in [
        (Fate::LateThenRefuse(9, 1), MessageState::Failed, None),
        (Fate::LateThenAccept(9), MessageState::Submitted, Some(77)),
    ] {
        let modem = Modem::start();
        modem.with(|script| script.fates.extend([Fate::Swallow, fate]));
        let desk = Desk::start(&modem.path, "answer_timeout_s = 1").await;
        desk.send(message(ID, MessageClass::Notice)).await.unwrap();
        let unknown = desk.wait_message(ID, MessageState::Unknown).await;
        desk.wait_modem(ModemState::Ready).await;
        desk.send(message(OTHER_ID, MessageClass::Notice)).await.unwrap();
        desk.wait_message(OTHER_ID, state).await;
        let late = desk.wait_message_after(ID, MessageState::Submitted, unknown.revision).await;
        assert_eq!(late.submits, 1);
        modem.report(&delivered(9));
        desk.wait_message(ID, MessageState::Delivered).await;
        if let Some(reference) = reference {
            modem.report(&delivered(reference));
            desk.wait_message(OTHER_ID, MessageState::Delivered).await;
        }
    }
}

#[tokio::test]
async fn a_late_acknowledgement_that_comes_alone_ends_the_doubt() {
    let modem = Modem::start();
    modem.with(|script| script.fates.push_back(Fate::Swallow));
    let desk = Desk::start(&modem.path, "answer_timeout_s = 1").await;
    desk.send(message(ID, MessageClass::Challenge)).await.unwrap();
    let unknown = desk.wait_message(ID, MessageState::Unknown).await;
    desk.wait_modem(ModemState::Ready).await;
    modem.with(|script| script.say.extend(*b"\r\n+CMGS: 5\r\n\r\nOK\r\n"));
    desk.wait_message_after(ID, MessageState::Submitted, unknown.revision).await;
    desk.advance(121);
    desk.send(message(OTHER_ID, MessageClass::Notice)).await.unwrap();
    desk.wait_message(OTHER_ID, MessageState::Submitted).await;
    assert_eq!(modem.with(|script| script.submitted.len()), 2, "not sent again");
}

#[tokio::test]
async fn an_ok_of_an_earlier_command_is_not_taken_for_the_networks_answer() {
    let modem = Modem::start();
    let desk = Desk::start(&modem.path, "").await;
    for (id, says) in [(ID, "+CMS ERROR: 38"), (OTHER_ID, "+CMGS: 9\r\n\r\nOK\r\n\r\nOK")] {
        desk.wait_modem(ModemState::Ready).await;
        modem.with(|script| script.fates.push_back(Fate::StrayOk));
        desk.send(message(id, MessageClass::Notice)).await.unwrap();
        until("a sign is asked for", || async { modem.with(|script| script.ignored > 0) }).await;
        modem.with(|script| {
            script.mute = false;
            script.say.extend(format!("\r\n{says}\r\n").bytes());
        });
        if id == ID {
            let unknown = desk.wait_message(id, MessageState::Unknown).await;
            assert!(unknown.submit_time.is_none());
        }
    }
    desk.wait_message(OTHER_ID, MessageState::Submitted).await;
    modem.report(&delivered(9));
    desk.wait_message(OTHER_ID, MessageState::Delivered).await;
}

#[tokio::test]
async fn a_kill_after_ctrl_z_is_unknown_and_nothing_is_sent_twice() {
    let modem = Modem::start();
    modem.with(|script| script.fates.push_back(Fate::Swallow));
    let mut desk = Desk::start(&modem.path, "").await;
    desk.send(message(ID, MessageClass::Notice)).await.unwrap();
    until("the PDU is with the modem", || async { modem.with(|script| script.submitted.len() == 1) }).await;
    desk.kill_and_restart().await;
    desk.wait_message(ID, MessageState::Unknown).await;
    desk.wait_modem(ModemState::Ready).await;
    desk.send(message(OTHER_ID, MessageClass::Notice)).await.unwrap();
    desk.wait_message(OTHER_ID, MessageState::Submitted).await;
    modem.with(|script| assert_eq!(script.submitted.len(), 2));
}

#[tokio::test]
async fn a_refusal_waits_or_fails_and_never_blocks_the_next_message() {
    let modem = Modem::start();
    modem.with(|script| script.fates.extend([Fate::Refuse(38), Fate::Refuse(1)]));
    let desk = Desk::start(&modem.path, "").await;
    desk.send(message(ID, MessageClass::Challenge)).await.unwrap();
    desk.wait_message(ID, MessageState::RetryWait).await;
    desk.send(message(OTHER_ID, MessageClass::Challenge)).await.unwrap();
    let failed = desk.wait_message(OTHER_ID, MessageState::Failed).await;
    assert_eq!(failed.failure_reason, "CMS_ERROR_1");
    desk.advance(31);
    let submitted = desk.wait_message(ID, MessageState::Submitted).await;
    assert_eq!((submitted.submits, submitted.possible_duplicate), (2, false));
}

#[tokio::test]
async fn a_message_waits_for_a_modem_that_is_plugged_in_later() {
    let link = tempfile::tempdir().unwrap();
    let path = link.path().join("modem");
    let desk = Desk::start(path.to_str().unwrap(), "").await;
    desk.send(message(ID, MessageClass::Challenge)).await.unwrap();
    assert_eq!(desk.wait_modem(ModemState::Absent).await.queued, 1);
    let modem = Modem::start();
    std::os::unix::fs::symlink(&modem.path, &path).unwrap();
    desk.wait_message(ID, MessageState::Submitted).await;
    modem.unplug();
    desk.wait_modem(ModemState::Absent).await;
}

/// Quiet hours bind when a message leaves: one that is queued at night waits, one that would leave too late does not go.
#[tokio::test]
async fn a_message_leaves_only_in_its_hours() {
    let modem = Modem::start();
    let desk = Desk::start(&modem.path, "").await;
    desk.wait_modem(ModemState::Ready).await;
    let morning = pb::SendMessageRequest {
        not_before: Some(desk.in_seconds(3600)),
        not_after: Some(desk.in_seconds(7200)),
        ..message(ID, MessageClass::Challenge)
    };
    let queued = desk.send(morning).await.unwrap();
    assert!(queued.not_before.is_some() && queued.not_after.is_some());
    // One that may leave at once overtakes it, so the modem has looked at both.
    desk.send(message(OTHER_ID, MessageClass::Notice)).await.unwrap();
    desk.wait_message(OTHER_ID, MessageState::Submitted).await;
    let id = pb::GetMessageRequest { message_id: ID.into() };
    let waits = desk.client.clone().get_message(id).await.unwrap().into_inner().message.unwrap();
    assert_eq!((waits.state(), waits.submits), (MessageState::Queued, 0));
    desk.advance(3601);
    desk.wait_message(ID, MessageState::Submitted).await;
    assert_eq!(modem.with(|script| script.submitted.len()), 2);
}

#[tokio::test]
async fn a_waiting_message_expires_or_is_cancelled() {
    let mut desk = Desk::start("/dev/null/none", "").await;
    let limited = pb::SendMessageRequest {
        not_after: Some(desk.in_seconds(60)),
        ..message(ID, MessageClass::Challenge)
    };
    desk.send(limited).await.unwrap();
    desk.send(message(OTHER_ID, MessageClass::Notice)).await.unwrap();
    let cancel = pb::CancelMessageRequest { request_id: "r1".into(), message_id: OTHER_ID.into() };
    let cancelled = desk.client.cancel_message(cancel).await.unwrap().into_inner().message.unwrap();
    assert_eq!(cancelled.state(), MessageState::Cancelled);
    desk.advance(61);
    desk.wait_message(ID, MessageState::Expired).await;
    let again = pb::CancelMessageRequest { request_id: "r2".into(), message_id: ID.into() };
    let refused = desk.client.cancel_message(again).await.unwrap_err();
    assert_eq!(chit_runtime::error::reason_of(&refused).as_deref(), Some("MESSAGE_NOT_CANCELLABLE"));
}
