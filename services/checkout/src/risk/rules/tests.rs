use super::*;
use crate::risk::verdict::{ActionCodes, Verdict};

const TODAY: DayNumber = DayNumber(2_500);

fn now() -> Timestamp {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

fn good() -> Standing {
    Standing {
        code_serial: 4,
        newest_serial: Some(4),
        code_to_day: DayNumber(TODAY.0 + 60),
        deny_listed: false,
        frozen: false,
        locked: false,
        active: true,
        enrolled_here: true,
        changed_at: None,
        face: Face::Same,
        time_in_doubt: false,
    }
}

fn result(exposure: &Exposure, standing: &Standing, amount_minor: i64) -> RiskResult {
    assess(&Limits::default(), exposure, standing, amount_minor, now(), TODAY)
}

#[test]
fn a_known_payer_within_every_limit_is_allowed() {
    let exposure = Exposure {
        payer_unverified_minor: 30_000,
        payer_unverified_sales: 2,
        payer_today_minor: 30_000,
        till_unverified_minor: 480_000,
        oldest_unverified: Some(now() - SignedDuration::from_hours(7 * 24)),
    };
    let result = result(&exposure, &good(), 20_000);
    assert_eq!(result, RiskResult::NONE);
    assert_eq!(ActionCodes::default().verdict(result), Verdict::Allow);
}

#[test]
fn one_fen_or_one_sale_too_many_is_noticed() {
    let exposure = Exposure {
        payer_unverified_minor: 30_000,
        payer_unverified_sales: 3,
        payer_today_minor: 30_000,
        till_unverified_minor: 480_000,
        oldest_unverified: Some(now() - SignedDuration::from_hours(7 * 24) - SignedDuration::from_secs(1)),
    };
    let expected = [
        "OVER_SALE_LIMIT",
        "OVER_PAYER_LIMIT",
        "TOO_MANY_UNVERIFIED",
        "OVER_TILL_LIMIT",
        "OLDEST_UNVERIFIED_TOO_OLD",
        "OVER_DAY_LIMIT",
    ];
    assert_eq!(result(&exposure, &good(), 20_001).names(), expected);
}

#[test]
fn a_day_has_a_bound_whatever_was_confirmed_unless_the_shop_sets_none() {
    let bought = Exposure { payer_today_minor: 40_000, ..Exposure::default() };
    assert_eq!(result(&bought, &good(), 10_000), RiskResult::NONE);
    assert_eq!(result(&bought, &good(), 10_001), RiskResult::OVER_DAY_LIMIT);
    let unbound = Limits { payer_day_minor: 0, ..Limits::default() };
    assert_eq!(assess(&unbound, &bought, &good(), 10_001, now(), TODAY), RiskResult::NONE);
}

#[test]
fn the_magic_amount_is_refused_in_a_sandbox_only() {
    let real = Limits::default();
    let sandbox = Limits { refused_ending: Some(SANDBOX_REFUSED_ENDING), ..real };
    let result = |limits, amount| assess(limits, &Exposure::default(), &good(), amount, now(), TODAY);
    for amount in [9_001, 19_001] {
        assert_eq!(result(&sandbox, amount), RiskResult::OVER_TILL_LIMIT);
        assert_eq!(result(&real, amount), RiskResult::NONE);
    }
    assert_eq!(result(&sandbox, 9_000), RiskResult::NONE);
}

#[test]
fn a_payer_of_another_till_gets_one_small_sale() {
    let foreign = Standing { enrolled_here: false, newest_serial: None, ..good() };
    assert_eq!(result(&Exposure::default(), &foreign, 5_000), RiskResult::FOREIGN_TILL);
    assert!(result(&Exposure::default(), &foreign, 5_001).contains(RiskResult::OVER_SALE_LIMIT));
    let second = Exposure { payer_unverified_sales: 1, ..Exposure::default() };
    assert!(result(&second, &foreign, 100).contains(RiskResult::TOO_MANY_UNVERIFIED));
}

#[test]
fn a_barred_payer_is_refused_whatever_the_amount() {
    let cases = [
        (Standing { deny_listed: true, ..good() }, RiskResult::DENY_LISTED),
        (Standing { code_serial: 3, ..good() }, RiskResult::SERIAL_OLD),
        (Standing { frozen: true, ..good() }, RiskResult::FROZEN),
        (Standing { locked: true, ..good() }, RiskResult::LOCKED),
        (Standing { face: Face::Different, ..good() }, RiskResult::FACE_DIFFERENT),
        (Standing { changed_at: Some(now()), ..good() }, RiskResult::CHANGED_WITHIN_24_HOURS),
        (Standing { active: false, ..good() }, RiskResult::NOT_ACTIVE),
    ];
    for (standing, bit) in cases {
        let verdict = ActionCodes::default().verdict(result(&Exposure::default(), &standing, 1));
        assert_eq!(verdict, Verdict::Refuse(bit));
    }
}

#[test]
fn an_overrun_needs_an_approval_and_says_for_what() {
    let result = result(&Exposure::default(), &good(), 20_001);
    let verdict = ActionCodes::default().verdict(result);
    assert_eq!(verdict, Verdict::NeedsApproval(RiskResult::OVER_SALE_LIMIT));
}

#[test]
fn a_code_near_its_end_is_noted_and_a_result_reads_back() {
    let standing = Standing { code_to_day: DayNumber(TODAY.0 + 13), ..good() };
    let result = result(&Exposure::default(), &standing, 100);
    assert_eq!(result.names(), ["CODE_EXPIRES_SOON"]);
    assert_eq!(RiskResult::from_bits(result.bits()), result);
    assert_eq!(ActionCodes::default().verdict(result), Verdict::Allow);
}

#[test]
fn each_remark_on_a_payer_begins_and_ends_at_its_limit() {
    let alone = |standing: Standing| result(&Exposure::default(), &standing, 100);
    let until = |day| alone(Standing { code_to_day: DayNumber(day), ..good() });
    assert_eq!(until(TODAY.0 + 14), RiskResult::NONE);
    assert_eq!(until(TODAY.0), RiskResult::CODE_EXPIRES_SOON);
    assert_eq!(until(TODAY.0 - 1), RiskResult::CODE_EXPIRES_SOON);
    let changed = |ago: SignedDuration| alone(Standing { changed_at: Some(now() - ago), ..good() });
    let day = SignedDuration::from_hours(24);
    assert_eq!(changed(day), RiskResult::NONE);
    assert_eq!(changed(day - SignedDuration::from_millis(1)), RiskResult::CHANGED_WITHIN_24_HOURS);
    assert_eq!(alone(Standing { code_serial: 5, ..good() }), RiskResult::NONE, "renewed elsewhere");
    assert_eq!(alone(Standing { face: Face::NotAsked, ..good() }), RiskResult::FACE_NOT_CONFIRMED);
    assert_eq!(alone(Standing { time_in_doubt: true, ..good() }), RiskResult::TIME_IN_DOUBT);
}

#[test]
fn a_shop_that_is_stricter_with_its_own_is_as_strict_with_others() {
    let limits = Limits { sale_minor: 3_000, payer_sales: 0, ..Limits::default() };
    let foreign = Standing { enrolled_here: false, newest_serial: None, ..good() };
    let result = assess(&limits, &Exposure::default(), &foreign, 3_001, now(), TODAY);
    assert!(result.contains(RiskResult::OVER_SALE_LIMIT.with(RiskResult::TOO_MANY_UNVERIFIED)));
}

#[test]
fn each_result_has_a_bit_of_its_own() {
    let named = [
        RiskResult::CODE_EXPIRES_SOON,
        RiskResult::OVER_SALE_LIMIT,
        RiskResult::OVER_PAYER_LIMIT,
        RiskResult::TOO_MANY_UNVERIFIED,
        RiskResult::OVER_TILL_LIMIT,
        RiskResult::OLDEST_UNVERIFIED_TOO_OLD,
        RiskResult::DENY_LISTED,
        RiskResult::SERIAL_OLD,
        RiskResult::FROZEN,
        RiskResult::LOCKED,
        RiskResult::FOREIGN_TILL,
        RiskResult::FACE_NOT_CONFIRMED,
        RiskResult::FACE_DIFFERENT,
        RiskResult::CHANGED_WITHIN_24_HOURS,
        RiskResult::NOT_ACTIVE,
        RiskResult::TIME_IN_DOUBT,
        RiskResult::OVER_DAY_LIMIT,
    ];
    assert_eq!(named.len(), NAMES.len());
    for (bit, result) in named.into_iter().enumerate() {
        assert_eq!((result.bits(), result.names()), (1 << bit, vec![NAMES[bit]]));
        assert_eq!(RiskResult::named(NAMES[bit]), Some(result));
    }
    let together = named.into_iter().fold(RiskResult::NONE, RiskResult::with);
    assert_eq!(together.names(), NAMES);
}

#[test]
fn what_follows_from_the_payer_is_known_before_anything_is_sold() {
    let of_the_payer = [
        "DENY_LISTED",
        "SERIAL_OLD",
        "FROZEN",
        "LOCKED",
        "FOREIGN_TILL",
        "CHANGED_WITHIN_24_HOURS",
        "NOT_ACTIVE",
    ];
    assert_eq!(RiskResult::OF_THE_PAYER.names(), of_the_payer);
}
