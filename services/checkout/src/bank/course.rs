//! What follows when a debit was not paid, or was paid and went back: by the reason that the bank gives (ISO 20022 external
//! code set, ExternalReturnReason1Code and ExternalStatusReason1Code).

use crate::collection::PRESENTMENTS_MAX;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Course {
    /// It is presented again on a later day, after the payer was told.
    Again,
    /// The payer gets notice, and pays in another way or objects.
    Notice,
    /// The payer had the money back: both sides are heard first.
    Dispute,
    Person,
}

/// `paid`: the money had come. `presented`: how often it was tried, this time included.
pub fn course(reason: &str, paid: bool, presented: usize) -> Course {
    match reason {
        "AM04" if presented < PRESENTMENTS_MAX => Course::Again,
        "AM04" => Course::Notice,
        // Refunded at the payer's request; no mandate, the payer says.
        "MD06" | "MD01" if paid => Course::Dispute,
        // Closed or blocked: this account pays no more.
        "AC04" | "AC06" | "AC13" => Course::Notice,
        _ => Course::Person,
    }
}

/// Nothing is collected under the mandate any more: the account is wrong, closed or blocked, or the payer has ended it.
pub fn ends_mandate(reason: &str) -> bool {
    matches!(reason, "AC01" | "AC04" | "AC06" | "AC13" | "MD01" | "MD02" | "MD06" | "MD07")
}

/// Reasons of files that had arrived before: they say nothing about money.
pub fn is_duplicate(reasons: &[String]) -> bool {
    reasons.iter().any(|reason| reason == "DUPL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn want_of_money_is_tried_again_at_most_twice() {
        let tries: Vec<Course> = (1..=4).map(|presented| course("AM04", false, presented)).collect();
        assert_eq!(tries, [Course::Again, Course::Again, Course::Notice, Course::Notice]);
        assert_eq!(course("AM04", true, 1), Course::Again);
    }

    #[test]
    fn what_the_payer_took_back_is_heard_and_a_closed_account_is_not_tried_again() {
        assert_eq!(course("MD06", true, 1), Course::Dispute);
        assert_eq!(course("MD01", true, 1), Course::Dispute);
        assert_eq!(course("MD01", false, 1), Course::Person);
        assert_eq!(course("AC04", false, 1), Course::Notice);
        for strange in ["", "MS03", "ZZZZ", "MD07"] {
            assert_eq!(course(strange, false, 1), Course::Person, "{strange}");
        }
        assert!(
            ends_mandate("AC04") && ends_mandate("MD06") && !ends_mandate("AM04") && !ends_mandate("MS03")
        );
    }
}
