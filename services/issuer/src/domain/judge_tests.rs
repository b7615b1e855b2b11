//! One test for each rule of what a code is worth.

use chit_code_card::{CardSerial, Row};

use super::*;

const HOLDER: [u8; 8] = [2; 8];

struct Desk {
    card: Card,
    key: CardKey,
    rows: Vec<Row>,
}

impl Desk {
    fn open() -> Self {
        let serial = CardSerial::new(7).unwrap();
        let key = CardKey::derive(&[1; 32], HOLDER, serial);
        let mut card = Card::new(serial, HOLDER);
        let rows = card.assign("corner", &key.row_order(), 20).unwrap();
        Self { card, key, rows }
    }

    fn claim(&self, at: usize) -> Claim {
        Claim {
            shop: "corner".into(),
            challenge_id: [3; 16],
            card_id: HOLDER,
            row: self.rows[at].get(),
            at_counter: false,
            currency: *b"CNY",
            sales: Vec::new(),
        }
    }

    fn code(&self, at: usize) -> RowCode {
        self.key.row_code(self.rows[at])
    }

    /// The nth code that no row of the card has.
    fn wrong(&self, n: usize) -> RowCode {
        let none = |code: &RowCode| Row::all().all(|row| self.key.row_code(row) != *code);
        let codes = (100_000..).map(|code: u32| code.to_string().parse::<RowCode>().unwrap());
        codes.filter(none).nth(n).unwrap()
    }

    fn says(&mut self, claims: &[Claim], code: &RowCode) -> Outcome {
        judge(&mut self.card, &self.key, claims, code).unwrap().outcome
    }
}

#[test]
fn the_right_row_is_right_once() {
    let mut desk = Desk::open();
    let (claims, code) = ([desk.claim(0), desk.claim(1)], desk.code(0));
    let found = judge(&mut desk.card, &desk.key, &claims, &code).unwrap();
    assert_eq!(found, Found { outcome: Outcome::Right, claim: 0 }, "late, of the older challenge");
    assert_eq!(desk.says(&[desk.claim(0)], &code), Outcome::Used);
    assert_eq!(desk.says(&[desk.claim(1)], &code), Outcome::Used, "answered before, so no try");
    assert_eq!(desk.card.wrong_since_right, 0);
}

#[test]
fn a_row_of_another_shop_is_judged_for_nobody_else() {
    let mut desk = Desk::open();
    let theirs = desk.card.assign("other", &desk.key.row_order(), 5).unwrap();
    let code = desk.key.row_code(theirs[0]);
    let stolen = Claim { row: theirs[0].get(), ..desk.claim(0) };
    assert_eq!(judge(&mut desk.card, &desk.key, &[stolen], &code), Err(Refusal::RowNotAssigned));
    assert_eq!(desk.says(&[desk.claim(0)], &code), Outcome::Wrong, "of this shop's row it is a wrong code");
}

#[test]
fn a_row_that_was_assigned_after_the_backup_is_whose_code_comes_first() {
    let mut desk = Desk::open();
    let mut before = Card::new(desk.card.serial, HOLDER);
    before.skip_after_restore(&desk.key.row_order(), 20, 1);
    desk.card = before;
    let (claim, code, wrong) = (desk.claim(0), desk.code(0), desk.wrong(0));
    assert_eq!(desk.says(std::slice::from_ref(&claim), &wrong), Outcome::Wrong);
    assert_eq!(desk.says(std::slice::from_ref(&claim), &code), Outcome::Right);
    assert_eq!(desk.says(std::slice::from_ref(&claim), &code), Outcome::Used);
    let theirs = Claim { shop: "other".into(), ..claim };
    assert_eq!(judge(&mut desk.card, &desk.key, &[theirs], &code), Err(Refusal::RowNotAssigned));
}

#[test]
fn three_wrong_codes_end_a_row_and_the_same_one_counts_once() {
    let mut desk = Desk::open();
    for n in 0..3 {
        let wrong = desk.wrong(n);
        assert_eq!(desk.says(&[desk.claim(0)], &wrong), Outcome::Wrong);
        assert_eq!(desk.says(&[desk.claim(0)], &wrong), Outcome::WrongAgain);
    }
    let right = desk.code(0);
    assert_eq!(desk.says(&[desk.claim(0)], &right), Outcome::Over);
    assert_eq!(desk.card.wrong_since_right, 3);
}

#[test]
fn nine_wrong_codes_lock_the_card_until_a_right_row_at_a_counter() {
    let mut desk = Desk::open();
    for n in 0..9 {
        let (wrong, claim) = (desk.wrong(n), desk.claim(n / 3));
        let locked = n == 8;
        assert_eq!(desk.says(&[claim], &wrong) == Outcome::Locked, locked, "try {n}");
    }
    let right = desk.code(3);
    assert_eq!(desk.says(&[desk.claim(3)], &right), Outcome::Locked, "an SMS may be forged");
    let at_counter = Claim { at_counter: true, ..desk.claim(3) };
    assert_eq!(desk.says(&[at_counter], &right), Outcome::Right);
    assert!(!desk.card.locked);
    let next = desk.code(4);
    assert_eq!(desk.says(&[desk.claim(4)], &next), Outcome::Right);
}

#[test]
fn three_wrong_codes_at_the_counter_of_a_locked_card_leave_a_new_card_only() {
    let mut desk = Desk::open();
    desk.card.locked = true;
    desk.card.wrong_since_right = 9;
    let at_counter = Claim { at_counter: true, ..desk.claim(0) };
    for n in 0..3 {
        let wrong = desk.wrong(n);
        assert_eq!(desk.says(std::slice::from_ref(&at_counter), &wrong), Outcome::Locked);
    }
    let right = desk.code(0);
    assert_eq!(desk.says(&[at_counter], &right), Outcome::Locked);
}

#[test]
fn challenges_that_pile_up_give_no_more_than_twelve_chances_before_the_last_guess() {
    let mut desk = Desk::open();
    let claims: Vec<Claim> = (0..8).map(|at| desk.claim(at)).collect();
    let (first, second) = (desk.wrong(0), desk.wrong(1));
    assert_eq!(desk.says(&claims, &first), Outcome::Wrong);
    assert_eq!(desk.says(&claims, &second), Outcome::Locked, "sixteen chances");
}

#[test]
fn a_lost_card_is_compared_with_nothing() {
    let mut desk = Desk::open();
    desk.card.lost = true;
    let right = desk.code(0);
    assert_eq!(desk.says(&[desk.claim(0)], &right), Outcome::Lost);
    assert!(!desk.card.assigned[0].used);
}

#[test]
fn claims_of_several_cards_or_rows_said_twice_are_refused() {
    let mut desk = Desk::open();
    let code = desk.code(0);
    let other_card = Claim { card_id: [9; 8], ..desk.claim(0) };
    let at_counter = Claim { at_counter: true, ..desk.claim(1) };
    for claims in [
        Vec::new(),
        vec![other_card],
        vec![desk.claim(0), desk.claim(0)],
        vec![desk.claim(0), at_counter],
        (0..9).map(|at| desk.claim(at)).collect(),
    ] {
        assert_eq!(judge(&mut desk.card, &desk.key, &claims, &code), Err(Refusal::ClaimsDiffer));
    }
}
