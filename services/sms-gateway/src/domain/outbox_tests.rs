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
        priority: class.priority(),
        on_unknown: class.on_unknown(),
        subject_id: String::new(),
        client: 0,
        not_before: None,
        not_after: None,
        encoding: Encoding::Gsm7,
        units: 6,
        parts: 1,
        created_at: at(0),
        state: State::Queued,
        held: false,
        accepted_parts: 0,
        delivered_parts: 0,
        modem: String::new(),
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
    message.hand_over("m", true, at(0)).unwrap();
    message
}

#[test]
fn a_message_is_submitted_and_then_delivered_by_its_report() {
    let mut message = handed_over(Class::Challenge);
    message.accept("m", Some(7), at(1));
    assert_eq!(message.state, State::Submitted);
    assert!(!message.report(0, DeliveryOutcome::StillTrying, at(2)));
    assert!(message.report(0, DeliveryOutcome::Delivered, at(3)));
    assert_eq!((message.state, message.delivered_at), (State::Delivered, Some(at(3))));
    assert!(!message.report(0, DeliveryOutcome::Delivered, at(4)));
}

#[test]
fn a_lost_answer_before_ctrl_z_is_retried_and_after_it_is_unknown() {
    let mut message = message(Class::Notice);
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
    message.hand_over("m", true, at(121)).unwrap();
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
    assert!(reported.report(0, DeliveryOutcome::Delivered, at(1)));
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
        message.hand_over("m", true, at(now)).unwrap();
        message.refuse(Verdict::Temporary, "CMS_ERROR_38".into(), at(now));
        assert_eq!(message.state, State::RetryWait { until: at(now + wait) });
        assert!(!message.is_sendable(at(now + wait - 1)));
        now += wait;
    }
    message.hand_over("m", true, at(now)).unwrap();
    message.refuse(Verdict::Temporary, "CMS_ERROR_38".into(), at(now));
    assert_eq!((message.state, message.failure_reason.as_str()), (State::Failed, "CMS_ERROR_38"));
    assert!(!message.possible_duplicate, "known refusals are no duplicates");
}

#[test]
fn a_busy_modem_is_waited_for_without_counting_refusals() {
    let mut message = message(Class::Challenge);
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
    message.hand_over("m", true, at(121)).unwrap();
    message.refuse(Verdict::Permanent, "CMS_ERROR_1".into(), at(122));
    assert_eq!(message.state, State::Unknown { since: at(122) });
    assert!(!message.pass_time(at(1000), RESEND));
}

#[test]
fn only_a_waiting_message_can_be_cancelled() {
    let mut waiting = message(Class::Notice);
    waiting.cancel(at(0)).unwrap();
    assert_eq!(waiting.state, State::Cancelled);
    assert_eq!(handed_over(Class::Notice).cancel(at(0)), Err(Refused::NotWaiting));
    assert_eq!(waiting.hand_over("m", true, at(0)), Err(Refused::NotWaiting));
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
fn a_message_before_its_time_waits_and_does_not_leave() {
    let mut message = message(Class::Challenge);
    (message.not_before, message.not_after) = (Some(at(10)), Some(at(20)));
    assert!(!message.is_sendable(at(9)));
    assert_eq!(message.hand_over("m", true, at(9)), Err(Refused::NotWaiting));
    assert!(!message.pass_time(at(9), RESEND));
    assert_eq!(message.state, State::Queued);
    message.hand_over("m", true, at(10)).unwrap();
}

#[test]
fn the_one_resend_keeps_to_the_hours_of_the_message() {
    let mut message = handed_over(Class::Challenge);
    message.lose_answer(at(0));
    message.not_before = Some(at(500));
    assert!(message.pass_time(at(120), RESEND));
    assert!(!message.is_sendable(at(499)));
    assert!(message.is_sendable(at(500)));
}

#[test]
fn an_unknown_message_past_its_time_is_not_resent() {
    let mut message = handed_over(Class::Challenge);
    message.not_after = Some(at(100));
    message.lose_answer(at(0));
    assert!(!message.pass_time(at(121), RESEND));
}

#[test]
fn a_late_acknowledgement_ends_the_doubt_and_the_resend() {
    for resent in [false, true] {
        let mut message = handed_over(Class::Challenge);
        message.lose_answer(at(0));
        assert!(message.pass_time(at(120), RESEND));
        if !resent {
            message.state = State::Unknown { since: at(0) };
        }
        message.accept_late("m", Some(4), at(130));
        assert_eq!((message.state, message.submits), (State::Submitted, 1));
        assert!(!message.is_sendable(at(131)));
        message.accept_late("m", Some(5), at(140));
        assert_eq!(message.references.len(), 1, "only what was given up has a late acknowledgement");
    }
}

#[test]
fn a_report_that_never_comes_times_out_and_a_late_one_still_counts() {
    let mut message = handed_over(Class::Challenge);
    message.accept("m", Some(1), at(0));
    assert!(!message.pass_time(at(25 * 3600), RESEND));
    assert!(message.pass_time(at(25 * 3600 + 1), RESEND));
    assert_eq!(message.state, State::ReportTimeout);
    assert!(message.report(0, DeliveryOutcome::Delivered, at(30 * 3600)));
}

#[test]
fn an_answer_of_the_payer_that_overtakes_the_modem_keeps_it_delivered() {
    let mut message = handed_over(Class::Challenge);
    message.confirm(at(1)).unwrap();
    message.accept("m", Some(1), at(2));
    assert_eq!(message.state, State::Delivered);
    assert_eq!(super::tests::message(Class::Notice).confirm(at(0)), Err(Refused::NeverSubmitted));
}

#[test]
fn what_may_have_been_sent_cannot_be_cancelled_and_is_not_resent_by_itself() {
    let mut message = handed_over(Class::Challenge);
    message.lose_answer(at(0));
    message.pass_time(at(120), RESEND);
    message.cancel(at(121)).unwrap();
    assert_eq!(message.state, State::Unknown { since: at(121) });
    assert!(!message.pass_time(at(100_000), RESEND));
}

#[test]
fn a_held_message_waits_for_its_release_and_still_expires() {
    let mut message = message(Class::Notice);
    message.not_after = Some(at(10));
    message.hold().unwrap();
    assert!(!message.is_sendable(at(0)));
    message.release().unwrap();
    assert!(message.is_sendable(at(0)));
    message.hold().unwrap();
    assert!(message.pass_time(at(11), RESEND));
    assert_eq!((message.state, message.hold()), (State::Expired, Err(Refused::NotWaiting)));
}

#[test]
fn a_person_may_send_an_unknown_or_failed_message_again_but_no_other() {
    let mut unknown = handed_over(Class::Notice);
    unknown.lose_answer(at(0));
    unknown.resend().unwrap();
    unknown.hand_over("m", true, at(1)).unwrap();
    assert!(unknown.possible_duplicate);
    assert_eq!(unknown.resend(), Err(Refused::NotResendable));
    let mut failed = handed_over(Class::Notice);
    failed.refuse(Verdict::Permanent, "CMS_ERROR_1".into(), at(0));
    failed.resend().unwrap();
    failed.hand_over("m", true, at(1)).unwrap();
    assert!(!failed.possible_duplicate);
}

#[test]
fn the_parts_of_a_long_message_go_one_after_another_and_never_from_the_start_again() {
    let mut long = message(Class::Notice);
    (long.parts, long.on_unknown) = (3, OnUnknown::ResendOnce);
    long.hand_over("m", true, at(0)).unwrap();
    long.accept("m", Some(1), at(0));
    assert_eq!((long.state, long.accepted_parts, long.is_bound()), (State::Queued, 1, true));
    long.hand_over("m", true, at(1)).unwrap();
    long.lose_answer(at(1));
    assert!(long.pass_time(at(121), RESEND));
    assert_eq!((long.state, long.accepted_parts), (State::Queued, 1));
    long.hand_over("m", true, at(122)).unwrap();
    long.accept("m", Some(2), at(122));
    long.hand_over("m", true, at(123)).unwrap();
    long.accept("m", Some(3), at(123));
    assert_eq!(long.state, State::Submitted);
    for part in [2, 0] {
        assert!(long.report(part, DeliveryOutcome::Delivered, at(124)));
        assert_eq!(long.state, State::Submitted);
    }
    assert!(long.report(1, DeliveryOutcome::Delivered, at(125)));
    assert_eq!(long.state, State::Delivered);
}

#[test]
fn a_report_on_a_lost_part_lets_the_next_part_go() {
    let mut long = message(Class::Notice);
    long.parts = 2;
    long.hand_over("m", true, at(0)).unwrap();
    long.lose_answer(at(0));
    assert!(long.report(0, DeliveryOutcome::Delivered, at(1)));
    assert_eq!((long.state, long.accepted_parts), (State::Queued, 1));
}

#[test]
fn a_long_message_without_its_report_is_sent_again_from_its_first_part() {
    for reported in [0b00, 0b01] {
        let mut long = message(Class::Notice);
        long.parts = 2;
        for (number, second) in [(1, 0), (2, 1)] {
            long.hand_over("m", true, at(second)).unwrap();
            long.accept("m", Some(number), at(second));
        }
        if reported != 0 {
            assert!(long.report(0, DeliveryOutcome::Delivered, at(2)));
        }
        assert!(long.pass_time(at(25 * 3600 + 2), RESEND));
        long.resend().unwrap();
        assert_eq!((long.state, long.accepted_parts, long.delivered_parts), (State::Queued, 0, 0));
        long.hand_over("m", true, at(100_000)).unwrap();
        long.accept("m", Some(3), at(100_000));
        assert_eq!(long.state, State::Queued, "the second part is still to go");
        assert!(long.possible_duplicate);
    }
}

#[test]
fn a_report_belongs_to_a_message_for_twenty_five_hours_and_longer_while_its_end_is_open() {
    let (window, end) = (REPORT_WINDOW, at(0) + REPORT_WINDOW);
    let mut ended = handed_over(Class::Challenge);
    ended.accept("m", Some(1), at(0));
    assert!(ended.is_reportable(end + window), "it waits for its report");
    assert!(ended.report(0, DeliveryOutcome::Delivered, at(1)));
    for (now, reportable) in [(at(2), true), (end, true), (end + SignedDuration::from_secs(1), false)] {
        assert_eq!(ended.is_reportable(now), reportable, "{now}");
    }
    assert!(!message(Class::Challenge).is_reportable(at(1)), "it never left");
}
