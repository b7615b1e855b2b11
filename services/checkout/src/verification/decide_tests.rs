//! One test for each rule of DESIGN.md "Verification".

use proptest::prelude::*;
use ulid::Ulid;

use super::*;
use crate::values::time::HOUR_MS;

const SALE_A: SaleId = SaleId(Ulid(0xa));
const SALE_B: SaleId = SaleId(Ulid(0xb));

/// On the heard clock.
fn hours(hours: i64) -> i64 {
    1_795_000_000_000 + hours * HOUR_MS
}

fn code(digits: &str) -> RowCode {
    digits.parse().unwrap()
}

fn hash(code: &RowCode) -> CodeHash {
    let mut hash = [0; 16];
    hash[..6].copy_from_slice(code.reveal().as_bytes());
    CodeHash(hash)
}

fn waiting(id: SaleId) -> ChallengedSale {
    ChallengedSale { id, standing: SaleStanding::Waiting }
}

fn challenge(row: u8, digits: &str, submitted: i64, state: ChallengeState) -> ChallengeFacts {
    ChallengeFacts {
        row: Row::new(row).unwrap(),
        expected: Expected::Code(code(digits)),
        asked: Asked::Sales(vec![waiting(SALE_A), waiting(SALE_B)]),
        tries: Vec::new(),
        wrong_tries: 0,
        ends_heard_ms: Some(hours(submitted + 24)),
        state,
    }
}

fn open() -> ChallengeFacts {
    challenge(23, "481516", 0, ChallengeState::Open)
}

fn answered(submitted: i64) -> ChallengeFacts {
    with_standing(challenge(7, "777000", submitted, ChallengeState::Answered), SaleStanding::Verified)
}

fn enrolment(waiting: bool) -> ChallengeFacts {
    ChallengeFacts { asked: Asked::Enrolment { waiting }, ..open() }
}

fn with_standing(mut facts: ChallengeFacts, standing: SaleStanding) -> ChallengeFacts {
    if let Asked::Sales(sales) = &mut facts.asked {
        sales.iter_mut().for_each(|sale| sale.standing = standing);
    }
    facts
}

fn with_tries(mut facts: ChallengeFacts, tries: &[&str]) -> ChallengeFacts {
    facts.tries = tries.iter().map(|digits| hash(&code(digits))).collect();
    facts.wrong_tries = u8::try_from(tries.len()).unwrap();
    facts
}

fn says(challenges: &[ChallengeFacts], card: &CardFacts, text: &str, heard_ms: i64) -> Outcome {
    decide(challenges, card, &crate::verification::reply::parse(text), heard_ms, hash)
}

fn says_now(challenges: &[ChallengeFacts], text: &str) -> Outcome {
    says(challenges, &CardFacts::default(), text, hours(1))
}

#[test]
fn the_right_code_verifies_every_waiting_sale() {
    let verified = Outcome::Verified { challenge: 0, sales: vec![SALE_A, SALE_B] };
    assert_eq!(says_now(&[open()], "481516"), verified);
    assert_eq!(says_now(&[open()], "23 481516"), verified);
    assert_eq!(says(&[open()], &CardFacts::default(), "481516", hours(24)), verified, "to the last second");
    let unreported = ChallengeFacts { ends_heard_ms: None, ..open() };
    assert_eq!(says_now(&[unreported], "481516"), verified, "a reply may overtake the report");
    let gone = ChallengedSale { id: SALE_A, standing: SaleStanding::Gone };
    let one_paid = ChallengeFacts { asked: Asked::Sales(vec![gone, waiting(SALE_B)]), ..open() };
    assert_eq!(says_now(&[one_paid], "481516"), Outcome::Verified { challenge: 0, sales: vec![SALE_B] });
}

#[test]
fn a_wrong_code_is_a_try_and_the_third_ends_the_challenge() {
    assert_eq!(says_now(&[open()], "000001"), Outcome::WrongTry { on: vec![0], left: 2 });
    let once = with_tries(open(), &["000001"]);
    assert_eq!(says_now(&[once], "000002"), Outcome::WrongTry { on: vec![0], left: 1 });
    let twice = with_tries(open(), &["000001", "000002"]);
    assert_eq!(says_now(&[twice], "000003"), Outcome::ChallengeOver { on: vec![0], over: vec![0] });
}

#[test]
fn the_same_wrong_code_again_is_no_try() {
    let twice = with_tries(open(), &["000001", "000002"]);
    assert_eq!(says_now(&[twice], "000001"), Outcome::SameWrongAgain { challenge: 0, left: 1 });
}

#[test]
fn a_used_code_is_no_try() {
    let card = CardFacts { used: vec![hash(&code("234200"))], ..CardFacts::default() };
    assert_eq!(says(&[open()], &card, "234200", hours(1)), Outcome::UsedCode);
    assert_eq!(says_now(&[answered(-30), open()], "777000"), Outcome::UsedCode);
}

#[test]
fn the_quoted_proof_is_no_try() {
    assert_eq!(says_now(&[open()], "7K2M9QX4TD"), Outcome::Unclear);
}

#[test]
fn nine_wrong_since_the_last_right_one_lock_the_card() {
    let eight = CardFacts { wrong_since_right: 8, ..CardFacts::default() };
    assert_eq!(says(&[open()], &eight, "000001", hours(1)), Outcome::CardLocked { on: vec![0], newly: true });
    let locked = CardFacts { wrong_since_right: 9, locked: true, ..CardFacts::default() };
    let still = Outcome::CardLocked { on: vec![], newly: false };
    assert_eq!(says(&[open()], &locked, "481516", hours(1)), still, "not even the right one");
    let rejected = Outcome::Rejected { challenge: 0, which: vec![SALE_A, SALE_B] };
    assert_eq!(says(&[open()], &locked, "0", hours(1)), rejected, "a locked payer may still object");
}

#[test]
fn late_but_right_counts_for_its_own_sales_and_closes_newer_challenges_for_them() {
    let expired = challenge(7, "777000", -30, ChallengeState::Expired);
    let newer = open();
    let mut other_sale = challenge(9, "999000", 0, ChallengeState::Open);
    other_sale.asked = Asked::Sales(vec![waiting(SaleId(Ulid(0xc)))]);
    assert_eq!(
        says_now(&[expired, newer, other_sale], "777000"),
        Outcome::LateVerified { challenge: 0, sales: vec![SALE_A, SALE_B], closes: vec![1] }
    );
}

#[test]
fn a_reply_after_the_validity_is_late_even_when_nobody_marked_the_challenge_expired() {
    let late = says(&[open()], &CardFacts::default(), "481516", hours(25));
    assert_eq!(late, Outcome::LateVerified { challenge: 0, sales: vec![SALE_A, SALE_B], closes: vec![] });
}

#[test]
fn a_right_code_does_not_count_after_three_wrong_tries() {
    let mut over = with_tries(open(), &["000001", "000002", "000003"]);
    over.state = ChallengeState::Over;
    assert_eq!(says_now(std::slice::from_ref(&over), "481516"), Outcome::TooLate);
    over.state = ChallengeState::Expired;
    assert_eq!(says_now(&[over], "481516"), Outcome::TooLate, "nor when it expired since");
}

#[test]
fn a_right_code_does_not_count_when_its_sales_are_settled_void_or_rejected() {
    for standing in [SaleStanding::Gone, SaleStanding::Verified] {
        let expired = with_standing(challenge(7, "777000", -30, ChallengeState::Expired), standing);
        assert_eq!(says_now(&[expired], "777000"), Outcome::TooLate);
    }
}

#[test]
fn a_right_code_does_not_count_for_a_cancelled_challenge() {
    let cancelled = challenge(23, "481516", 0, ChallengeState::Cancelled);
    assert_eq!(says_now(&[cancelled], "481516"), Outcome::TooLate);
}

#[test]
fn a_wrong_code_counts_on_every_challenge_it_could_have_opened() {
    let expired = with_tries(challenge(7, "777000", -30, ChallengeState::Expired), &["000001", "000002"]);
    let outcome = says_now(&[expired.clone(), open()], "000003");
    assert_eq!(outcome, Outcome::WrongTry { on: vec![0, 1], left: 2 });
    let outcome = says_now(std::slice::from_ref(&expired), "000003");
    assert_eq!(outcome, Outcome::ChallengeOver { on: vec![0], over: vec![0] });
    let outcome = says_now(&[expired, open()], "000001");
    assert_eq!(outcome, Outcome::WrongTry { on: vec![1], left: 2 }, "a new guess only for the newer one");
}

#[test]
fn zero_rejects_all_and_zero_two_the_second() {
    assert_eq!(says_now(&[open()], "0"), Outcome::Rejected { challenge: 0, which: vec![SALE_A, SALE_B] });
    assert_eq!(says_now(&[open()], "0 2"), Outcome::Rejected { challenge: 0, which: vec![SALE_B] });
    assert_eq!(says_now(&[open()], "0 3"), Outcome::Unclear, "there is no third");
}

#[test]
fn a_rejection_is_heard_after_expiry_and_after_three_wrong_tries() {
    for state in [ChallengeState::Expired, ChallengeState::Over] {
        let facts = challenge(23, "481516", -100, state);
        assert_eq!(says_now(&[facts], "否"), Outcome::Rejected { challenge: 0, which: vec![SALE_A, SALE_B] });
    }
}

#[test]
fn a_rejection_after_the_right_reply_is_a_dispute_and_changes_no_sale() {
    let answered = answered(0);
    let dispute = |sales, wrong_goods| Outcome::DisputeAfterVerified { challenge: 0, sales, wrong_goods };
    assert_eq!(says_now(std::slice::from_ref(&answered), "0"), dispute(vec![SALE_A, SALE_B], false));
    assert_eq!(says_now(std::slice::from_ref(&answered), "0 2"), dispute(vec![SALE_B], false));
    assert_eq!(says_now(&[answered], "错"), dispute(vec![SALE_A, SALE_B], true));
}

#[test]
fn an_objection_belongs_to_the_open_challenge_or_to_what_was_asked_last_never_to_an_older_answered_sale() {
    for text in ["0", "ERR"] {
        assert_eq!(says_now(&[answered(-720)], text), Outcome::NothingOpen, "settled a month ago");
        assert!(matches!(
            says_now(&[answered(0), open()], text),
            Outcome::Rejected { challenge: 1, .. } | Outcome::WrongGoodsDispute { challenge: 1, .. }
        ));
        let gone = with_standing(challenge(9, "999000", 0, ChallengeState::Cancelled), SaleStanding::Gone);
        assert_eq!(says_now(&[answered(-1), gone], text), Outcome::Ignored, "said twice");
    }
    let noticed = challenge(23, "481516", -100, ChallengeState::Expired);
    let rejected = Outcome::Rejected { challenge: 0, which: vec![SALE_A, SALE_B] };
    assert_eq!(says_now(&[noticed, answered(-50)], "0"), rejected, "the notice still waits for its answer");
}

#[test]
fn an_objection_is_not_about_a_challenge_that_nobody_can_have_read() {
    let unsent =
        ChallengeFacts { ends_heard_ms: None, ..challenge(9, "999000", 0, ChallengeState::Cancelled) };
    let settled_since = with_standing(unsent, SaleStanding::Verified);
    assert_eq!(says_now(&[answered(-720), settled_since.clone()], "0"), Outcome::NothingOpen);
    let dispute =
        Outcome::DisputeAfterVerified { challenge: 0, sales: vec![SALE_A, SALE_B], wrong_goods: false };
    assert_eq!(says_now(&[answered(0), settled_since], "0"), dispute);
}

#[test]
fn a_wrong_price_is_a_dispute_without_a_rejection() {
    let dispute = |sales| Outcome::WrongGoodsDispute { challenge: 0, sales };
    assert_eq!(says_now(&[open()], "ERR"), dispute(vec![SALE_A, SALE_B]));
    assert_eq!(says_now(&[open()], "错 1"), dispute(vec![SALE_A]));
}

#[test]
fn lost_without_a_serial_asks_which_card() {
    assert_eq!(says_now(&[open()], "挂失"), Outcome::Unclear);
}

#[test]
fn a_code_while_nothing_is_asked_is_no_try() {
    assert_eq!(says_now(&[], "481516"), Outcome::NothingOpen);
    assert_eq!(says_now(&[], "0"), Outcome::NothingOpen);
}

#[test]
fn the_first_challenge_of_an_enrolment_asks_for_no_sale_and_is_answered_like_any_other() {
    let asked = [enrolment(true)];
    assert_eq!(says_now(&asked, "481516"), Outcome::Verified { challenge: 0, sales: vec![] });
    assert_eq!(says_now(&asked, "000001"), Outcome::WrongTry { on: vec![0], left: 2 });
    assert_eq!(says_now(&asked, "0"), Outcome::Rejected { challenge: 0, which: vec![] });
    assert_eq!(says_now(&asked, "ERR"), Outcome::Unclear, "nothing was bought, so no goods are wrong");
    assert_eq!(says_now(&[enrolment(false)], "0"), Outcome::NothingOpen, "it was proven since");
}

#[test]
fn help_and_unclear_messages_cost_nothing() {
    assert_eq!(says_now(&[open()], "帮助"), Outcome::Help);
    assert_eq!(says_now(&[open()], "who is this?"), Outcome::Unclear);
    assert_eq!(says_now(&[open()], "481516 234200"), Outcome::Unclear);
    assert_eq!(says_now(&[open()], "👍"), Outcome::Ignored);
}

proptest! {
    #[test]
    fn nobody_gets_more_than_three_guesses_at_one_challenge(guesses in proptest::collection::vec("[0-9]{6}", 1..30)) {
        let mut facts = [open()];
        let mut card = CardFacts::default();
        let mut counted = 0;
        for guess in guesses.iter().filter(|guess| guess.as_str() != "481516") {
            match says(&facts, &card, guess, hours(1)) {
                Outcome::WrongTry { on, .. } | Outcome::ChallengeOver { on, .. } => {
                    prop_assert_eq!(on, vec![0]);
                    facts[0].wrong_tries += 1;
                    facts[0].tries.push(hash(&code(guess)));
                    card.wrong_since_right += 1;
                    counted += 1;
                }
                Outcome::SameWrongAgain { .. } | Outcome::NothingOpen => {}
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert!(counted <= 3);
        let after = says(&facts, &card, "481516", hours(1));
        let expected_verified = counted < 3;
        prop_assert_eq!(matches!(after, Outcome::Verified { .. }), expected_verified);
    }
}

/// Somebody with the phone, the code's picture and every old SMS, and without the card: they let `challenges` pile up unanswered
/// and then guess until answering by SMS closes. Returns whether a guess was right.
fn thief_gets_in(challenges: usize, random: &mut impl FnMut() -> u32) -> bool {
    let digits = |draw: u32| format!("{:06}", draw % 1_000_000);
    let mut facts: Vec<ChallengeFacts> = (0..challenges)
        .map(|at| challenge(u8::try_from(at + 1).unwrap(), &digits(random()), 0, ChallengeState::Expired))
        .collect();
    let mut card = CardFacts::default();
    loop {
        let guess = code(&digits(random()));
        match decide(&facts, &card, &Reply::Code(guess), hours(48), hash) {
            Outcome::Verified { .. } | Outcome::LateVerified { .. } => return true,
            Outcome::WrongTry { on, .. } | Outcome::ChallengeOver { on, .. } => {
                card.wrong_since_right += 1;
                card.chances_since_right += u8::try_from(on.len()).unwrap();
                for at in on {
                    facts[at].wrong_tries += 1;
                }
                // What is over is asked again the next morning.
                if facts.iter().all(|known| known.wrong_tries >= WRONG_TRIES_MAX) {
                    facts = vec![challenge(1, &digits(random()), 0, ChallengeState::Open)];
                }
            }
            Outcome::CardLocked { .. } => return false,
            _ => {}
        }
    }
}

/// xorshift64*: the same trials each time.
fn random(mut state: u64) -> impl FnMut() -> u32 {
    move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        u32::try_from(state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32).unwrap_or_default()
    }
}

/// `just attack` makes 10⁷ trials of the worst pile; here a few show that the loop ends and the bound is about right.
#[test]
fn a_thief_without_the_card_has_two_chances_in_a_hundred_thousand_at_most() {
    let trials: u32 = std::env::var("CHIT_ATTACK_TRIALS").map_or(3_000, |trials| trials.parse().unwrap());
    let mut worst = 0.0_f64;
    for pile in [1, 2, 3, 4, 6, 8, 9, 12] {
        let mut draw = random(0x9E37_79B9_7F4A_7C15 ^ u64::try_from(pile).unwrap());
        let got_in = (0..trials).filter(|_| thief_gets_in(pile, &mut draw)).count();
        let share = f64::from(u32::try_from(got_in).unwrap()) / f64::from(trials);
        // What the rules allow, and four standard deviations of the count.
        let chances = f64::from(u32::try_from(chances_of(pile)).unwrap());
        let expected = chances * 1e-6;
        assert!(expected <= 2e-5, "{pile} unanswered challenges give {chances} chances");
        let spread = 4.0 * (expected / f64::from(trials)).sqrt() + 1.0 / f64::from(trials);
        assert!(share <= expected + spread, "{pile}: {share} instead of {expected}");
        worst = worst.max(share);
    }
    if let Ok(file) = std::env::var("CHIT_ATTACK_FIGURES") {
        std::fs::write(file, format!("{{\"guess_probability\":{worst:e},\"trials\":{trials}}}")).unwrap();
    }
}

/// Comparisons that a thief gets, counted by the rules' own bounds: at most three wrong tries a challenge, nine in all.
fn chances_of(pile: usize) -> usize {
    let (mut wrong, mut chances, mut live, mut tries) = (0, 0, pile.min(LIVE_MAX), 0);
    let mut rest = pile.saturating_sub(LIVE_MAX);
    loop {
        wrong += 1;
        chances += live;
        tries += 1;
        if wrong >= usize::from(WRONG_SINCE_RIGHT_MAX) || chances >= usize::from(CHANCES_SINCE_RIGHT_MAX) {
            return chances;
        }
        if tries == usize::from(WRONG_TRIES_MAX) {
            tries = 0;
            live = if rest > 0 { rest.min(LIVE_MAX) } else { 1 };
            rest = rest.saturating_sub(LIVE_MAX);
        }
    }
}
