use super::*;

const T: Us = 1_800_000_000_000_000;
const CUSTOM: Profile = Profile::Custom(Terms {
    film_days_after_conclusion: 10,
    film_hours_after_notice: 24,
    film_days_after_answer: 7,
    rest_days_after_conclusion: 40,
});

fn facts(verified: Option<Us>, notice_delivered: Option<Us>, concluded: Option<Us>) -> Facts {
    Facts { verified, notice_delivered, concluded }
}

/// (profile, what became of the sale, film releasable, film due, rest due), each counted from T.
#[test]
fn the_table_of_profiles_and_states_holds() {
    let verified = Some(T);
    let notice = Some(T + 2 * DAY);
    let settled = Some(T + 5 * DAY);
    let none = facts(None, None, None);
    let table = [
        (Profile::Cn, none, None, None, None),
        (Profile::Cn, facts(verified, None, None), None, None, None),
        (Profile::Cn, facts(verified, notice, None), None, None, None),
        (Profile::Cn, facts(verified, notice, settled), Some(95 * DAY), Some(95 * DAY), Some(1_100 * DAY)),
        (Profile::Cn, facts(None, None, settled), Some(95 * DAY), Some(95 * DAY), Some(1_100 * DAY)),
        (Profile::Eu, none, None, None, None),
        // A notice without an answer (a bad record's) starts no clock.
        (Profile::Eu, facts(None, notice, None), None, None, None),
        (Profile::Eu, facts(verified, None, None), Some(30 * DAY), Some(30 * DAY), None),
        (Profile::Eu, facts(verified, notice, None), Some(2 * DAY), Some(5 * DAY), None),
        (Profile::Eu, facts(verified, notice, settled), Some(2 * DAY), Some(5 * DAY), Some(401 * DAY)),
        // A notice delivered late does not keep the film beyond 30 days after the answer.
        (
            Profile::Eu,
            facts(verified, Some(T + 29 * DAY), settled),
            Some(29 * DAY),
            Some(30 * DAY),
            Some(401 * DAY),
        ),
        (Profile::Eu, facts(verified, Some(T + 40 * DAY), None), Some(30 * DAY), Some(30 * DAY), None),
        (Profile::Eu, facts(None, None, settled), Some(8 * DAY), Some(8 * DAY), Some(401 * DAY)),
        (CUSTOM, facts(verified, None, None), Some(7 * DAY), Some(7 * DAY), None),
        (CUSTOM, facts(verified, notice, settled), Some(2 * DAY), Some(3 * DAY), Some(45 * DAY)),
        (CUSTOM, facts(None, None, settled), Some(15 * DAY), Some(15 * DAY), Some(45 * DAY)),
    ];
    for (profile, facts, releasable, due, rest) in table {
        let schedule = profile.schedule(&facts);
        let from_t = |at: Option<Us>| at.map(|at| at - T);
        let found = (from_t(schedule.film_releasable), from_t(schedule.film_due), from_t(schedule.rest_due));
        assert_eq!(found, (releasable, due, rest), "{} {facts:?}", profile.word());
        assert_eq!(schedule.rule.is_some(), due.is_some());
    }
}

#[test]
fn what_is_held_stays_and_what_is_due_goes_film_first() {
    let schedule = Profile::Eu.schedule(&facts(Some(T), Some(T), Some(T)));
    let due = T + 3 * DAY;
    assert_eq!(schedule.rule.as_deref(), Some("eu/notice+72h"));
    assert_eq!(schedule.judge(due - 1, false, true, false), Verdict::Keep);
    assert_eq!(schedule.judge(due - 1, false, true, true), Verdict::EraseFilm, "the disk is short of room");
    assert_eq!(schedule.judge(T - 1, false, true, true), Verdict::Keep, "not before the payer was told");
    assert_eq!(schedule.judge(due, false, true, false), Verdict::EraseFilm);
    assert_eq!(schedule.judge(due, true, true, true), Verdict::Keep);
    assert_eq!(schedule.judge(due, false, false, false), Verdict::Keep, "it went before");
    assert_eq!(schedule.judge(T + 396 * DAY, false, false, false), Verdict::EraseAll);
    assert_eq!(schedule.judge(T + 396 * DAY, true, false, true), Verdict::Keep);
    assert_eq!((schedule.next(true), schedule.next(false)), (Some(due), Some(T + 396 * DAY)));
}

/// Sixty days of a shop on a disk for some thousand films: nothing is erased before it may, nothing is kept longer
/// than an hour after it is due, and the store stays within its budget.
#[test]
fn sixty_days_of_a_busy_shop_stay_within_the_disk_and_every_film_goes_at_its_time() {
    const FILM: u64 = 3;
    const DISK: u64 = 3 * 600;
    for (profile, a_day) in [(Profile::Eu, 40), (CUSTOM, 60)] {
        let mut store = Vec::new();
        let mut random = 7u64;
        let mut dice = |sides: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % sides
        };
        let (mut erased, mut photo_only, mut most) = (0, 0, 0);
        for hour in 0..60 * 24i64 {
            let now = T + hour * HOUR;
            if hour % 24 < 12 {
                for _ in 0..a_day / 12 {
                    let used = store.iter().filter(|(_, _, kept)| *kept).count() as u64 * FILM;
                    let budget = super::super::budget::of((DISK - used) << 30, DISK << 30, 0, 0);
                    let films = budget < super::super::budget::Budget::PhotoOnly;
                    photo_only += u32::from(!films);
                    let verified = now + (1 + dice(48) as i64) * HOUR;
                    let answers = dice(20) > 0;
                    let sale = facts(
                        answers.then_some(verified),
                        (answers && dice(10) > 0).then_some(verified + HOUR),
                        Some(verified + (1 + dice(9) as i64) * DAY),
                    );
                    let held_until = if dice(30) == 0 { now + 20 * DAY } else { now };
                    store.push((sale, held_until, films));
                }
            }
            let used = store.iter().filter(|(_, _, kept)| *kept).count() as u64 * FILM;
            most = most.max(used);
            let budget = super::super::budget::of((DISK - used) << 30, DISK << 30, 0, 0);
            for (sale, held_until, kept) in &mut store {
                let known = |at: Option<Us>| at.filter(|at| *at <= now);
                let told = facts(known(sale.verified), known(sale.notice_delivered), known(sale.concluded));
                let schedule = profile.schedule(&told);
                let short = budget >= super::super::budget::Budget::Prune;
                let held = *held_until > now;
                if *kept && schedule.judge(now, held, true, short) == Verdict::EraseFilm {
                    assert!(!held && schedule.film_releasable.unwrap() <= now, "too early");
                    *kept = false;
                    erased += 1;
                }
                assert!(!*kept || held || schedule.film_due.is_none_or(|due| due > now), "too late");
            }
        }
        assert!(most <= DISK * 95 / 100 + FILM * 6, "{most} of {DISK}");
        assert!(erased > 1_000 && photo_only < erased / 10, "{erased} erased, {photo_only} photos only");
    }
}
