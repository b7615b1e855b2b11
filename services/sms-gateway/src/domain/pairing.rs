//! Which message a status report is about: modem, TP-MR, destination and time window. Never the service
//! centre: reports come from other ones too. TP-MR has 8 bits and wraps.

use super::outbox::{Outgoing, REPORT_WINDOW};
use chit_msisdn::Canonical;
use jiff::Timestamp;

pub struct Report<'a> {
    pub modem: &'a str,
    pub reference: u8,
    /// Destination as the network wrote it.
    pub to: &'a str,
    /// Every number that it may mean; empty when it can be read as none.
    pub recipients: &'a [Canonical],
    pub now: Timestamp,
}

impl Report<'_> {
    fn is_to(&self, message: &Outgoing) -> bool {
        match self.recipients {
            [] => message.to.same_tail(self.to),
            numbers => numbers.contains(&message.to.canonical()),
        }
    }
}

/// First by reference (the latest one in the window), then by destination among attempts without a reference
/// (the oldest first, as service centres report in order). Gives the part as well.
pub fn find<'a>(report: &Report<'_>, candidates: &'a [Outgoing]) -> Option<(&'a Outgoing, u8)> {
    let same_number =
        || candidates.iter().filter(|message| report.is_to(message) && message.is_reportable(report.now));
    let attempts = || {
        same_number()
            .flat_map(|message| message.references.iter().map(move |reference| (message, reference)))
            .filter(|(_, reference)| {
                reference.modem == report.modem && report.now <= reference.at + REPORT_WINDOW
            })
    };
    let by_reference = attempts()
        .filter(|(_, reference)| reference.number == Some(report.reference))
        .max_by_key(|(_, reference)| reference.at);
    // A modem that gives every message the same reference: the oldest of them that has no report.
    let nameless = attempts()
        .filter(|(message, reference)| {
            reference.number.is_none() && !message.is_part_reported(reference.part)
        })
        .min_by_key(|(_, reference)| reference.at);
    let known = by_reference.filter(|(message, reference)| !message.is_part_reported(reference.part));
    let found = known.or(nameless).or(by_reference);
    found.map(|(message, reference)| (message, reference.part)).or_else(|| {
        same_number()
            .filter(|message| message.has_unpaired_attempt())
            .min_by_key(|message| message.created_at)
            .map(|message| (message, message.accepted_parts.min(message.parts - 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::outbox::{Class, tests::message};
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    fn recipients(to: &str) -> Vec<Canonical> {
        let china = chit_msisdn::Country::from_iso("CN").expect("an ISO code");
        chit_msisdn::sender(to, chit_msisdn::TypeOfNumber::Unknown, china).candidates().to_vec()
    }

    fn submitted(id: &str, number: u8, time: i64) -> Outgoing {
        let mut message = message(Class::Challenge);
        message.id = id.into();
        message.hand_over("m1", true, at(time)).unwrap();
        message.accept("m1", Some(number), at(time));
        message
    }

    fn unknown(id: &str, time: i64) -> Outgoing {
        let mut message = message(Class::Challenge);
        message.id = id.into();
        message.created_at = at(time);
        message.hand_over("m1", true, at(time)).unwrap();
        message.lose_answer(at(time));
        message
    }

    fn found(reference: u8, to: &str, now: i64, candidates: &[Outgoing]) -> Option<String> {
        let recipients = recipients(to);
        let report = Report { modem: "m1", reference, to, recipients: &recipients, now: at(now) };
        find(&report, candidates).map(|(message, _)| message.id.clone())
    }

    #[test]
    fn a_wrapped_reference_means_the_latest_message() {
        let all = [submitted("old", 5, 0), submitted("new", 5, 3600)];
        assert_eq!(found(5, "13800138000", 3700, &all).as_deref(), Some("new"));
    }

    #[test]
    fn another_number_modem_or_day_does_not_match() {
        let all = [submitted("a", 5, 0)];
        assert_eq!(found(5, "+8613800138001", 10, &all), None);
        assert_eq!(found(6, "+8613800138000", 10, &all), None);
        assert_eq!(found(5, "+8613800138000", 26 * 3600, &all), None);
        let to = "+8613800138000";
        let other = Report { modem: "m2", reference: 5, to, recipients: &recipients(to), now: at(10) };
        assert!(find(&other, &all).is_none());
    }

    #[test]
    fn a_report_reaches_its_message_however_the_network_writes_the_number_and_no_neighbours() {
        let all = [submitted("a", 5, 0)];
        for to in ["13800138000", "8613800138000", "008613800138000", "+8613800138000"] {
            assert_eq!(found(5, to, 10, &all).as_deref(), Some("a"), "{to}");
        }
        // The same last eight digits on another network.
        assert_eq!(found(5, "13900138000", 10, &all), None);
    }

    #[test]
    fn a_report_without_a_known_reference_resolves_the_oldest_unknown_message() {
        let all = [unknown("u2", 20), unknown("u1", 10), submitted("s", 5, 15)];
        assert_eq!(found(9, "+8613800138000", 30, &all).as_deref(), Some("u1"));
        assert_eq!(found(5, "+8613800138000", 30, &all).as_deref(), Some("s"));
    }

    #[test]
    fn with_a_constant_reference_a_report_goes_to_the_oldest_message_that_has_none() {
        let nameless = |id: &str, time| {
            let mut message = submitted(id, 0, time);
            message.references[0].number = None;
            message
        };
        let mut all = [submitted("first", 0, 0), nameless("second", 60), nameless("third", 120)];
        for (at_index, id) in ["first", "second", "third"].into_iter().enumerate() {
            assert_eq!(found(0, "+8613800138000", 200, &all).as_deref(), Some(id));
            assert!(all[at_index].report(0, super::super::pdu::DeliveryOutcome::Delivered, at(200)));
        }
    }

    #[test]
    fn a_repeated_report_is_not_given_to_an_unknown_message() {
        let mut delivered = submitted("s", 5, 15);
        delivered.confirm(at(16)).unwrap();
        let all = [unknown("u", 10), delivered];
        assert_eq!(found(5, "+8613800138000", 30, &all).as_deref(), Some("s"));
    }
}
