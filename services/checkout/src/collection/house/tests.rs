use super::*;
use jiff::civil::date;
use ulid::Ulid;

fn sale(n: u64) -> SaleId {
    SaleId(Ulid::from_parts(n, 1))
}

fn charge(n: u64, minor: i64, due_on: Date) -> Charge {
    Charge { sale: sale(n), number: "8F3K".parse().unwrap(), left_minor: minor, due_on, reminded: false }
}

#[test]
fn nothing_is_due_later_than_fifty_days_after_the_sale() {
    let sold = date(2026, 11, 1);
    assert_eq!(due_on(sold, date(2026, 11, 2), 30), date(2026, 12, 1));
    assert_eq!(due_on(sold, date(2026, 11, 28), 30), date(2026, 12, 5), "a week after a late answer");
    assert_eq!(due_on(sold, date(2026, 12, 20), 30), date(2026, 12, 21), "but within 50 days");
}

#[test]
fn what_is_paid_goes_to_the_oldest_sale_and_the_rest_to_the_next_purchases() {
    let mut account = HouseAccount::default();
    account.charge(charge(2, 700, date(2026, 12, 20))).unwrap();
    account.charge(charge(1, 500, date(2026, 12, 1))).unwrap();
    account.pay(600).unwrap();
    assert_eq!(account.open, [charge(2, 600, date(2026, 12, 20))]);
    account.pay(1_000).unwrap();
    assert_eq!((account.owed_minor(), account.credit_minor), (0, 400));
    account.charge(charge(3, 450, date(2027, 1, 3))).unwrap();
    assert_eq!((account.owed_minor(), account.credit_minor), (50, 0));
    assert_eq!(account.overdue_minor(date(2027, 1, 3)), 0, "its last day is in time");
    assert_eq!(account.overdue_minor(date(2027, 1, 4)), 50);
}

#[test]
fn a_refund_takes_its_own_sale_out_first() {
    let mut account = HouseAccount::default();
    account.charge(charge(1, 500, date(2026, 12, 1))).unwrap();
    account.charge(charge(2, 700, date(2026, 12, 20))).unwrap();
    account.pay(100).unwrap();
    account.refund(sale(2), 700).unwrap();
    assert_eq!(account.open, [charge(1, 400, date(2026, 12, 1))]);
    account.refund(sale(1), 500).unwrap();
    assert_eq!((account.owed_minor(), account.credit_minor), (0, 100), "what was paid of it is theirs");
}

#[test]
fn a_payer_is_reminded_once_of_each_day_three_days_before() {
    let mut account = HouseAccount::default();
    account.charge(charge(1, 500, date(2026, 12, 10))).unwrap();
    account.charge(charge(2, 700, date(2026, 12, 11))).unwrap();
    assert_eq!(account.remind_on(), Some(date(2026, 12, 7)));
    assert_eq!(account.reminder(date(2026, 12, 6)), None);
    assert_eq!(
        account.reminder(date(2026, 12, 7)),
        Some(Reminder { minor: 500, on: date(2026, 12, 10), sale: sale(1) })
    );
    account.reminded(date(2026, 12, 7));
    assert_eq!(account.reminder(date(2026, 12, 7)), None);
    assert_eq!(account.remind_on(), Some(date(2026, 12, 8)));
    let both = Reminder { minor: 1_200, on: date(2026, 12, 11), sale: sale(2) };
    assert_eq!(account.reminder(date(2026, 12, 8)), Some(both), "all that is due by then");
    account.reminded(date(2026, 12, 8));
    assert_eq!(account.remind_on(), None);
}
