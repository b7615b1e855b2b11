//! The rules, one sentence a test. Those named "blnk" repeat bugs of another ledger's tracker (numbers are its issues).

use super::memory_books::{
    MemoryBooks, clerk, hold, hold_for, post, post_pending, terms, tid, ulid, void_pending,
};
use super::{
    Action, Change, Currency, Fact, FactId, FactKind, LedgerError, PendingState, Reason, Refusal, Subject,
    TransferRequest,
};

fn refusal<T: std::fmt::Debug>(answer: Result<T, LedgerError>) -> Refusal {
    match answer {
        Err(LedgerError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_sale_is_held_then_posted() {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    assert_eq!(books.ask(&hold(10, payer, shop, 500)), Ok(()));
    assert_eq!((books.sums(payer), books.sums(shop)), ([500, 0, 0, 0], [0, 0, 500, 0]));
    assert_eq!(books.ask(&post_pending(11, 10, None)), Ok(()));
    assert_eq!((books.sums(payer), books.sums(shop)), ([0, 500, 0, 0], [0, 0, 0, 500]));
}

#[test]
fn blnk_181_what_is_pending_is_not_available() {
    let mut books = MemoryBooks::default();
    let bank = books.open(1);
    let purse = books.open_with(2, |terms| terms.flags.debits_must_not_exceed_credits = true);
    let shop = books.open(3);
    books.ask(&post(10, bank, purse, 100)).unwrap();
    books.ask(&hold(11, purse, shop, 70)).unwrap();
    assert_eq!(books.ask(&post(12, purse, shop, 31)), Err(Reason::BalanceExceeded));
    assert_eq!(books.ask(&hold(13, purse, shop, 31)), Err(Reason::BalanceExceeded));
    assert_eq!(books.ask(&post(14, purse, shop, 30)), Ok(()));
}

#[test]
fn money_that_may_still_be_voided_is_not_available() {
    let mut books = MemoryBooks::default();
    let bank = books.open(1);
    let purse = books.open_with(2, |terms| terms.flags.debits_must_not_exceed_credits = true);
    books.ask(&hold(10, bank, purse, 100)).unwrap();
    assert_eq!(books.ask(&post(11, purse, bank, 1)), Err(Reason::BalanceExceeded));
}

#[test]
fn credits_may_be_bound_by_debits() {
    let mut books = MemoryBooks::default();
    let loan = books.open_with(1, |terms| terms.flags.credits_must_not_exceed_debits = true);
    let bank = books.open(2);
    books.ask(&post(10, loan, bank, 50)).unwrap();
    books.ask(&hold(11, bank, loan, 50)).unwrap();
    assert_eq!(books.ask(&post(12, bank, loan, 1)), Err(Reason::BalanceExceeded));
}

#[test]
fn blnk_182_a_voided_transfer_cannot_be_posted() {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    books.ask(&hold(10, payer, shop, 5)).unwrap();
    books.ask(&void_pending(11, 10)).unwrap();
    assert_eq!(books.ask(&post_pending(12, 10, None)), Err(Reason::PendingAlreadyResolved));
    assert_eq!(books.sums(payer), [0; 4]);
}

#[test]
fn blnk_43_a_transfer_is_voided_once() {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    books.ask(&hold(9, payer, shop, 5)).unwrap();
    books.ask(&hold(10, payer, shop, 5)).unwrap();
    books.ask(&void_pending(11, 10)).unwrap();
    assert_eq!(books.ask(&void_pending(12, 10)), Err(Reason::PendingAlreadyResolved));
    assert_eq!(books.sums(payer), [5, 0, 0, 0]);
}

#[test]
fn blnk_171_of_two_posts_in_one_commit_one_wins() {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    books.ask(&hold(10, payer, shop, 5)).unwrap();
    books.commit(|draft| {
        assert!(draft.accept(&clerk(), &post_pending(11, 10, None)).is_ok());
        let second = refusal(draft.accept(&clerk(), &post_pending(12, 10, None)));
        assert_eq!(second.reason, Reason::PendingAlreadyResolved);
    });
    assert_eq!(books.sums(payer), [0, 5, 0, 0]);
}

#[test]
fn blnk_195_many_pending_transfers_are_posted_in_one_batch() {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    (0..50).for_each(|n| books.ask(&hold(100 + n, payer, shop, 2)).unwrap());
    let posts: Vec<_> = (0..50).map(|n| post_pending(200 + n, 100 + n, None)).collect();
    let answers = books.commit(|draft| draft.accept_linked(&clerk(), &posts)).unwrap();
    assert_eq!(answers.len(), 50);
    assert_eq!(books.sums(payer), [0, 100, 0, 0]);
}

#[test]
fn blnk_316_posting_and_voiding_again_gives_the_first_answer() {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    for (pending, resolution) in [(10, post_pending(11, 10, Some(3))), (20, void_pending(21, 20))] {
        books.ask(&hold(pending, payer, shop, 5)).unwrap();
        let first = books.commit(|draft| draft.accept(&clerk(), &resolution)).unwrap();
        let records = books.records.len();
        let again = books.commit(|draft| draft.accept(&clerk(), &resolution)).unwrap();
        assert!(again.exists && !first.exists);
        assert_eq!((again.transfer, again.stamp), (first.transfer, first.stamp));
        assert_eq!(books.records.len(), records);
    }
    assert_eq!(books.sums(payer), [0, 3, 0, 0]);
}

#[test]
fn a_partial_post_releases_the_rest_and_never_exceeds_the_pending_amount() {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    books.ask(&hold(10, payer, shop, 100)).unwrap();
    assert_eq!(books.ask(&post_pending(11, 10, Some(101))), Err(Reason::AmountExceedsPending));
    assert_eq!(books.ask(&post_pending(12, 10, Some(60))), Ok(()));
    assert_eq!(books.sums(payer), [0, 60, 0, 0]);
    assert_eq!(books.ask(&post_pending(13, 10, Some(40))), Err(Reason::PendingAlreadyResolved));
}

#[test]
fn a_credit_limit_counts_what_is_pending() {
    let mut books = MemoryBooks::default();
    let payer = books.open_with(1, |terms| terms.credit_limit_minor = 100);
    let shop = books.open(2);
    books.ask(&hold(10, payer, shop, 60)).unwrap();
    assert_eq!(books.ask(&hold(11, payer, shop, 41)), Err(Reason::CreditLimitExceeded));
    books.ask(&hold(12, payer, shop, 40)).unwrap();
    books.ask(&post_pending(13, 10, None)).unwrap();
    assert_eq!(books.ask(&post(14, payer, shop, 1)), Err(Reason::CreditLimitExceeded));
    books.ask(&post(15, shop, payer, 60)).unwrap();
    assert_eq!(books.ask(&post(16, payer, shop, 60)), Ok(()));
}

#[test]
fn a_failed_id_stays_failed_even_when_it_would_pass_later() {
    let mut books = MemoryBooks::default();
    let payer = books.open_with(1, |terms| terms.credit_limit_minor = 100);
    let shop = books.open(2);
    assert_eq!(books.ask(&hold(10, payer, shop, 101)), Err(Reason::CreditLimitExceeded));
    books.ask(&post(11, shop, payer, 50)).unwrap();
    let records = books.records.len();
    assert_eq!(books.ask(&hold(10, payer, shop, 101)), Err(Reason::CreditLimitExceeded));
    assert_eq!(books.ask(&hold(10, payer, shop, 1)), Err(Reason::ExistsWithDifferentBody));
    assert_eq!(books.records.len(), records);
    assert_eq!(books.ask(&hold(12, payer, shop, 101)), Ok(()));
}

#[test]
fn another_body_under_the_same_id_names_the_field_that_differs() {
    let mut books = MemoryBooks::default();
    let (a, b, c) = (books.open(1), books.open(2), books.open(3));
    let first = hold_for(1_000, 10, a, b, 5);
    books.ask(&first).unwrap();
    let change = |edit: fn(&mut TransferRequest)| {
        let mut other = first.clone();
        edit(&mut other);
        other
    };
    let others = [
        ("transfer.kind", post(10, a, b, 5)),
        ("transfer.debit_account_id", hold_for(1_000, 10, c, b, 5)),
        ("transfer.credit_account_id", hold_for(1_000, 10, a, c, 5)),
        ("transfer.amount", hold_for(1_000, 10, a, b, 6)),
        ("transfer.timeout", hold_for(1_001, 10, a, b, 5)),
        ("transfer.code", change(|other| other.code = 8)),
        ("transfer.external_ref", change(|other| other.external_ref = Subject::parse("other"))),
        (
            "transfer.amount",
            change(|other| match &mut other.action {
                Action::Hold { movement, .. } => movement.currency = Currency::parse("EUR").unwrap(),
                _ => unreachable!(),
            }),
        ),
    ];
    for (field, other) in others {
        let refusal = refusal(books.commit(|draft| draft.accept(&clerk(), &other)));
        assert_eq!((refusal.reason, refusal.field), (Reason::ExistsWithDifferentBody, Some(field)));
    }
}

#[test]
fn a_whole_post_equals_its_amount_but_not_another_amount() {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    books.ask(&hold(10, payer, shop, 5)).unwrap();
    books.ask(&post_pending(11, 10, None)).unwrap();
    assert_eq!(books.ask(&post_pending(11, 10, Some(5))), Ok(()));
    assert_eq!(books.ask(&post_pending(11, 10, Some(4))), Err(Reason::ExistsWithDifferentBody));
    assert_eq!(books.ask(&post_pending(11, 99, None)), Err(Reason::ExistsWithDifferentBody));
    assert_eq!(books.ask(&void_pending(11, 10)), Err(Reason::ExistsWithDifferentBody));
}

#[test]
fn a_pending_transfer_is_never_posted_after_its_time() {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    books.ask(&hold_for(1_000, 10, payer, shop, 5)).unwrap();
    books.now_us = 999;
    assert!(!books.commit(|draft| draft.expire(tid(10))).unwrap(), "too early");
    books.now_us = 1_000;
    assert_eq!(books.ask(&post_pending(11, 10, None)), Err(Reason::PendingExpired));
    assert_eq!(books.ask(&void_pending(12, 10)), Err(Reason::PendingExpired));
    assert!(books.commit(|draft| draft.expire(tid(10))).unwrap());
    assert!(!books.commit(|draft| draft.expire(tid(10))).unwrap(), "once");
    assert_eq!(books.records.last().unwrap().change, Change::Expired(tid(10)));
    assert_eq!(books.pendings[&tid(10)], PendingState::Expired);
    assert_eq!(books.sums(payer), [0; 4]);
    assert_eq!(books.ask(&post_pending(13, 10, None)), Err(Reason::PendingExpired));
}

#[test]
fn time_in_the_journal_never_runs_backwards() {
    let mut books = MemoryBooks { now_us: 5_000, ..MemoryBooks::default() };
    let (payer, shop) = (books.open(1), books.open(2));
    books.ask(&hold_for(1_000, 10, payer, shop, 5)).unwrap();
    books.now_us = 6_500;
    books.open(3);
    books.now_us = 100;
    assert_eq!(books.ask(&post_pending(11, 10, None)), Err(Reason::PendingExpired));
    assert_eq!(books.records.last().unwrap().stamp.time.0, 6_500);
}

#[test]
fn a_frozen_account_resolves_what_is_pending_and_takes_nothing_new() {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    let closed = books.open_with(3, |terms| terms.flags.closed = true);
    books.ask(&hold(10, payer, shop, 5)).unwrap();
    books.accounts.get_mut(&payer).unwrap().terms.flags.frozen = true;
    assert_eq!(books.ask(&hold(11, payer, shop, 5)), Err(Reason::AccountFrozen));
    assert_eq!(books.ask(&post_pending(12, 10, None)), Ok(()));
    assert_eq!(books.ask(&post(13, shop, closed, 5)), Err(Reason::AccountClosed));
}

#[test]
fn a_transfer_needs_two_known_accounts_of_its_currency() {
    let mut books = MemoryBooks::default();
    let (a, b) = (books.open(1), books.open(2));
    let euro = books.open_with(3, |terms| terms.currency = Currency::parse("EUR").unwrap());
    assert_eq!(books.ask(&post(10, a, a, 5)), Err(Reason::SameAccount));
    assert_eq!(books.ask(&post(11, a, terms(9).id, 5)), Err(Reason::AccountNotFound));
    assert_eq!(books.ask(&post(12, a, euro, 5)), Err(Reason::CurrencyMismatch));
    books.ask(&post(13, a, b, 5)).unwrap();
    assert_eq!(books.ask(&post_pending(14, 13, None)), Err(Reason::NotPending));
    assert_eq!(books.ask(&post_pending(15, 99, None)), Err(Reason::PendingNotFound));
    assert_eq!(books.ask(&void_pending(16, 11)), Err(Reason::PendingNotFound), "a refused transfer");
}

#[test]
fn a_sum_never_leaves_64_bits() {
    let mut books = MemoryBooks::default();
    let (a, b) = (books.open(1), books.open(2));
    books.accounts.get_mut(&b).unwrap().balances.credits_posted = i64::MAX - 4;
    assert_eq!(books.ask(&post(10, a, b, 5)), Err(Reason::AmountOverflow));
    assert_eq!(books.sums(a), [0; 4], "neither side moved");
    assert_eq!(books.ask(&hold(11, a, b, 4)), Ok(()));
    assert_eq!(books.ask(&post_pending(12, 11, None)), Ok(()));
}

#[test]
fn one_failure_in_a_batch_leaves_no_trace_but_its_own_spent_id() {
    let mut books = MemoryBooks::default();
    let payer = books.open_with(1, |terms| terms.credit_limit_minor = 10);
    let shop = books.open(2);
    let batch = [hold(10, payer, shop, 6), post_pending(11, 10, None), hold(12, payer, shop, 6)];
    let first = refusal(books.commit(|draft| draft.accept_linked(&clerk(), &batch)));
    assert_eq!((first.reason, first.index), (Reason::CreditLimitExceeded, Some(2)));
    assert_eq!(books.sums(payer), [0; 4]);
    assert_eq!(books.transfers.keys().copied().collect::<Vec<_>>(), [tid(12)]);
    let again = refusal(books.commit(|draft| draft.accept_linked(&clerk(), &batch)));
    assert_eq!(again, first, "the retry has the first answer");
    assert_eq!(books.ask(&hold(10, payer, shop, 6)), Ok(()), "the others may be used again");
}

#[test]
fn a_batch_is_repeated_whole_or_not_at_all() {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    let batch = [hold(10, payer, shop, 6), hold(11, payer, shop, 7)];
    let first = books.commit(|draft| draft.accept_linked(&clerk(), &batch)).unwrap();
    let again = books.commit(|draft| draft.accept_linked(&clerk(), &batch)).unwrap();
    assert!(again.iter().all(|answer| answer.exists));
    assert!(first.iter().zip(&again).all(|(first, again)| first.stamp == again.stamp));
    let mixed = [hold(11, payer, shop, 7), hold(12, payer, shop, 8)];
    let refusal = refusal(books.commit(|draft| draft.accept_linked(&clerk(), &mixed)));
    assert_eq!(refusal.reason, Reason::LinkedFailed);
    assert_eq!(books.sums(payer), [13, 0, 0, 0]);
}

#[test]
fn an_account_and_a_fact_are_created_once() {
    let mut books = MemoryBooks::default();
    let id = books.open(1);
    assert_eq!(books.open(1), id);
    let other = super::AccountTerms { credit_limit_minor: 5, ..terms(1) };
    let refused = refusal(books.commit(|draft| draft.create_account(&clerk(), other)));
    assert_eq!(refused.field, Some("account.credit_limit_minor"));

    let fact = Fact {
        id: FactId::parse(&ulid(5)).unwrap(),
        kind: FactKind::EvidenceSealed,
        subject: Subject::parse("sale").unwrap(),
        sha256: [7; 32],
    };
    let first = books.commit(|draft| draft.record_fact(&clerk(), fact.clone())).unwrap();
    assert_eq!(books.commit(|draft| draft.record_fact(&clerk(), fact.clone())).unwrap(), first);
    let other = Fact { sha256: [8; 32], ..fact };
    let refused = refusal(books.commit(|draft| draft.record_fact(&clerk(), other)));
    assert_eq!(refused.field, Some("fact.sha256"));
    assert_eq!(books.records.len(), 2);
}

#[test]
fn a_resolution_is_found_under_the_subject_of_its_pending_transfer() {
    let mut books = MemoryBooks::default();
    let (payer, shop) = (books.open(1), books.open(2));
    books.ask(&hold(10, payer, shop, 5)).unwrap();
    let mut settle = post_pending(11, 10, None);
    settle.external_ref = Subject::parse("batch-1");
    books.ask(&settle).unwrap();
    let subjects: Vec<_> = books.records.last().unwrap().subjects.iter().map(Subject::as_str).collect();
    assert_eq!(subjects, ["batch-1", "sale"]);
}
