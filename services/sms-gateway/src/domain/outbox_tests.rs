use super::*;

const RESEND: SignedDuration = SignedDuration::from_secs(120);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

pub fn message(class: Class) -> Outgoing {
    Outgoing {
        id: "01JD0000000000000000000000".into(),
        to: PhoneE164::parse("+8613800138000").unwrap(),
        text: SmsText("row 23".into()),
        class,
        subject_id: String::new(),
        not_after: None,
        encoding: Encoding::Gsm7,
        units: 6,
        created_at: at(0),
        state: State::Queued,
        submits: 0,
        unknown_submits: 0,
        resent: false,
        refusals: 0,
        busy: 0,
        possible_duplicate: false,
        report_requested: false,
        failure_reason: String::new(),
        references: Vec::new(),
        submitted_at: None,
        delivered_at: None,
    }
}

fn handed_over(class: Class) -> Outgoing {
    let mut message = message(class);
    message.claim(at(0)).unwrap();
    message.hand_over(true).unwrap();
    message
}

#[test]
fn a_message_is_submitted_and_then_delivered_by_its_report() {
    let mut message = handed_over(Class::Challenge);
    message.accept("m", Some(7), at(1));
    assert_eq!(message.state, State::Submitted);
    assert!(!message.report(DeliveryOutcome::StillTrying, at(2)));
    assert!(message.report(DeliveryOutcome::Delivered, at(3)));
    assert_eq!((message.state, message.delivered_at), (State::Delivered, Some(at(3))));
    assert!(!message.report(DeliveryOutcome::Delivered, at(4)));
}

#[test]
fn a_lost_answer_before_ctrl_z_is_retried_and_after_it_is_unknown() {
    let mut message = message(Class::Notice);
    message.claim(at(0)).unwrap();
    message.lose_answer(at(1));
    assert_eq!(message.state, State::Queued);
    let mut message = handed_over(Class::Notice);
    message.lose_answer(at(1));
    assert_eq!(message.state, State::Unknown { since: at(1) });
}

#[test]
fn an_unknown_challenge_is_resent_once_and_flagged_then_held() {
    let mut message = handed_over(Class::Challenge);
    message.lose_answer(at(0));
    assert!(!message.pass_time(at(119), RESEND));
    assert!(message.pass_time(at(120), RESEND));
    assert_eq!((message.state, message.possible_duplicate), (State::Queued, false));
    message.claim(at(121)).unwrap();
    message.hand_over(true).unwrap();
    assert!(message.possible_duplicate);
    message.lose_answer(at(122));
    assert!(!message.pass_time(at(100_000), RESEND));
    assert_eq!((message.state, message.submits), (State::Unknown { since: at(122) }, 2));
}

#[test]
fn an_unknown_notice_or_answer_is_held_for_a_person() {
    for class in [Class::Notice, Class::Answer] {
        let mut message = handed_over(class);
        message.lose_answer(at(0));
        assert!(!message.pass_time(at(1_000_000), RESEND));
    }
}

#[test]
fn an_unknown_message_is_resolved_by_a_report_or_a_confirmation() {
    let mut reported = handed_over(Class::Notice);
    reported.lose_answer(at(0));
    assert!(reported.report(DeliveryOutcome::Delivered, at(1)));
    assert_eq!(reported.state, State::Delivered);
    let mut confirmed = handed_over(Class::Challenge);
    confirmed.lose_answer(at(0));
    confirmed.confirm(at(1)).unwrap();
    assert!(!confirmed.pass_time(at(500), RESEND));
    assert_eq!(confirmed.state, State::Delivered);
}

#[test]
fn temporary_refusals_wait_longer_each_time_and_then_fail() {
    let mut message = message(Class::Challenge);
    let mut now = 0;
    for wait in [30, 120, 600] {
        message.claim(at(now)).unwrap();
        message.hand_over(true).unwrap();
        message.refuse(Verdict::Temporary, "CMS_ERROR_38".into(), at(now));
        assert_eq!(message.state, State::RetryWait { until: at(now + wait) });
        assert!(!message.is_sendable(at(now + wait - 1)));
        now += wait;
    }
    message.claim(at(now)).unwrap();
    message.hand_over(true).unwrap();
    message.refuse(Verdict::Temporary, "CMS_ERROR_38".into(), at(now));
    assert_eq!((message.state, message.failure_reason.as_str()), (State::Failed, "CMS_ERROR_38"));
    assert!(!message.possible_duplicate, "known refusals are no duplicates");
}

#[test]
fn a_busy_modem_is_waited_for_without_counting_refusals() {
    let mut message = message(Class::Challenge);
    message.claim(at(0)).unwrap();
    message.refuse(Verdict::Busy, "CME_ERROR_14".into(), at(0));
    assert_eq!((message.state, message.refusals), (State::RetryWait { until: at(1) }, 0));
}

#[test]
fn a_permanent_refusal_fails_at_once_unless_an_earlier_copy_may_have_been_sent() {
    let mut message = handed_over(Class::Challenge);
    message.refuse(Verdict::Permanent, "CMS_ERROR_1".into(), at(0));
    assert_eq!(message.state, State::Failed);
    let mut message = handed_over(Class::Challenge);
    message.lose_answer(at(0));
    message.pass_time(at(120), RESEND);
    message.claim(at(121)).unwrap();
    message.hand_over(true).unwrap();
    message.refuse(Verdict::Permanent, "CMS_ERROR_1".into(), at(122));
    assert_eq!(message.state, State::Unknown { since: at(122) });
    assert!(!message.pass_time(at(1000), RESEND));
}

#[test]
fn only_a_waiting_message_can_be_cancelled() {
    let mut waiting = message(Class::Notice);
    waiting.cancel().unwrap();
    assert_eq!(waiting.state, State::Cancelled);
    assert_eq!(handed_over(Class::Notice).cancel(), Err(Refused::NotWaiting));
    assert_eq!(waiting.claim(at(0)), Err(Refused::NotWaiting));
}

#[test]
fn a_message_past_its_time_expires_and_is_never_claimed() {
    let mut message = message(Class::Challenge);
    message.not_after = Some(at(10));
    assert!(!message.is_sendable(at(11)));
    assert!(message.pass_time(at(11), RESEND));
    assert_eq!(message.state, State::Expired);
}

#[test]
fn an_unknown_message_past_its_time_is_not_resent() {
    let mut message = handed_over(Class::Challenge);
    message.not_after = Some(at(100));
    message.lose_answer(at(0));
    assert!(!message.pass_time(at(121), RESEND));
}

#[test]
fn a_report_that_never_comes_times_out_and_a_late_one_still_counts() {
    let mut message = handed_over(Class::Challenge);
    message.accept("m", Some(1), at(0));
    assert!(!message.pass_time(at(25 * 3600), RESEND));
    assert!(message.pass_time(at(25 * 3600 + 1), RESEND));
    assert_eq!(message.state, State::ReportTimeout);
    assert!(message.report(DeliveryOutcome::Delivered, at(30 * 3600)));
}

#[test]
fn an_answer_of_the_payer_that_overtakes_the_modem_keeps_it_delivered() {
    let mut message = handed_over(Class::Challenge);
    message.confirm(at(1)).unwrap();
    message.accept("m", Some(1), at(2));
    assert_eq!(message.state, State::Delivered);
    assert_eq!(super::tests::message(Class::Notice).confirm(at(0)), Err(Refused::NeverSubmitted));
}
