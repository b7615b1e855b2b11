//! Receipts of an SMPP server name a message by the server's own number.

use super::txn::Txn;
use super::{Policy, RECEIPTS, Result, Store, StoreError, index, outbox};
use crate::domain::outbox::Outgoing;
use crate::domain::pdu::{Address, DeliveryOutcome};
use crate::domain::receipt_id;
use jiff::Timestamp;
use redb::{ReadableTable, ReadableTableMetadata};
use std::collections::HashSet;

/// More than any server reports on within the 25 hours that a report counts.
const RECEIPTS_MAX: u64 = 200_000;

impl Store {
    pub async fn keep_receipt_key(&self, modem: String, number: String, id: String, part: u8) -> Result<()> {
        let work = move |txn: &Txn| keep(txn, RECEIPTS_MAX, (&modem, &number), (&id, part));
        self.writer.enqueue(work).await?.done().await
    }

    /// A receipt on no message of ours changes nothing.
    pub async fn take_receipt(&self, modem: String, receipt: Receipt, now: Timestamp) -> Result<()> {
        let policy = self.policy;
        let work = move |txn: &Txn| {
            let Some((id, part)) = subject(txn, &modem, &receipt, &policy)? else { return Ok(()) };
            outbox::change(txn, &id, &policy, &mut |message| {
                message.report(part, receipt.outcome, now);
                Ok(())
            })?;
            Ok(())
        };
        self.writer.enqueue(work).await?.done().await
    }
}

/// Where there is no room left, what is known to have arrived or not makes some; a message without room ends as REPORT_TIMEOUT.
fn keep(txn: &Txn, most: u64, (modem, number): (&str, &str), (id, part): (&str, u8)) -> Result<()> {
    let mut receipts = txn.open_table(RECEIPTS)?;
    if receipts.len()? >= most {
        receipts.retain(|_, (id, part)| {
            index::read(txn, id).is_ok_and(|row| !row.message.is_part_reported(part))
        })?;
    }
    if receipts.len()? < most {
        receipts.insert((modem, receipt_id::plain(number).as_str()), (id, part))?;
    }
    Ok(())
}

/// Messages that are gone: a server may repeat a receipt, or give their numbers to others.
pub fn forget(txn: &Txn, gone: &HashSet<String>) -> Result<()> {
    if !gone.is_empty() {
        txn.open_table(RECEIPTS)?.retain(|_, (id, _)| !gone.contains(id))?;
    }
    Ok(())
}

/// What a server says became of a message.
pub struct Receipt {
    /// Its own number of the message.
    pub number: String,
    /// Whom the message was for.
    pub from: Address,
    pub outcome: DeliveryOutcome,
}

/// By the number as the server gave it; in the other base only if the recipient is the same.
fn subject(txn: &Txn, modem: &str, receipt: &Receipt, policy: &Policy) -> Result<Option<(String, u8)>> {
    if let Some((message, part)) = numbered(txn, modem, &receipt_id::plain(&receipt.number))? {
        return Ok(Some((message.id, part)));
    }
    let sender = receipt.from.sender(policy.country);
    for number in receipt_id::in_other_base(&receipt.number) {
        if let Some((message, part)) = numbered(txn, modem, &number)?
            && sender.candidates().contains(&message.to.canonical())
        {
            return Ok(Some((message.id, part)));
        }
    }
    Ok(None)
}

/// The message of this number, and its part. Older programs left the numbers of messages that were gone.
fn numbered(txn: &Txn, modem: &str, number: &str) -> Result<Option<(Outgoing, u8)>> {
    let receipts = txn.open_table(RECEIPTS)?;
    let Some(found) = receipts.get((modem, number))? else { return Ok(None) };
    let (id, part) = found.value();
    match index::read(txn, id) {
        Ok(row) => Ok(Some((row.message, part))),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, at};
    use super::*;
    use crate::domain::outbox::{Class, State, tests::message};
    use chit_msisdn::TypeOfNumber;

    fn run<T>(work: impl Future<Output = Result<T>>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work).unwrap()
    }

    /// A message of this id that the server took and gave this number.
    fn submitted(desk: &Desk, id: &str, number: &str) {
        let store = desk.store();
        store.send(Outgoing { id: id.into(), ..message(Class::Notice) }, &[7; 32]).unwrap();
        run(store.hand_over(id, "smpp", true, at(0)));
        store
            .change(id, |message| {
                message.accept("smpp", None, at(0));
                Ok(())
            })
            .unwrap();
        run(store.keep_receipt_key("smpp".into(), number.into(), id.into(), 0));
    }

    fn tell(desk: &Desk, number: &str, to: &str, now: Timestamp) {
        let from = Address { kind: TypeOfNumber::Unknown, raw: to.into() };
        let receipt = Receipt { number: number.into(), from, outcome: DeliveryOutcome::Delivered };
        run(desk.store().take_receipt("smpp".into(), receipt, now));
    }

    fn kept(desk: &Desk) -> u64 {
        desk.store().write(|txn| Ok(txn.open_table(RECEIPTS)?.len()?)).unwrap()
    }

    /// The state of a message that the server numbered `given`, after a receipt that says `told` of a message for `to`.
    fn after_receipt(given: &str, told: &str, to: &str) -> State {
        let desk = Desk::new();
        submitted(&desk, "a", given);
        tell(&desk, told, to, at(1));
        desk.store().get("a").unwrap().message.state
    }

    #[test]
    fn a_receipt_in_another_base_case_or_padding_is_of_the_same_message() {
        for (given, told) in [
            ("1a2b3c", "1A2B3C"),
            ("001A2B3C", "1a2b3c"),
            ("1A2B3C", "0001715004"),
            ("1715004", "1a2b3c"),
            ("0042", "42"),
        ] {
            assert_eq!(after_receipt(given, told, "8613800138000"), State::Delivered, "{given} {told}");
        }
    }

    #[test]
    fn a_number_in_another_base_for_another_recipient_is_no_receipt_of_ours() {
        assert_eq!(after_receipt("1a2b3c", "1715004", "8613800138001"), State::Submitted);
        assert_eq!(after_receipt("1a2b3c", "1715005", "8613800138000"), State::Submitted);
    }

    /// As a server does that never heard that its receipt was taken.
    #[test]
    fn a_receipt_for_a_message_that_is_gone_is_taken_and_its_number_is_forgotten() {
        let desk = Desk::new();
        for (id, number) in [("a", "1"), ("b", "2")] {
            submitted(&desk, id, number);
        }
        tell(&desk, "1", "8613800138000", at(1));
        let long_after = at(500 * 86_400);
        // The last message stays, for the numbering.
        desk.store().prune(long_after).unwrap();
        assert!(desk.store().get("a").is_err() && desk.store().get("b").is_ok());
        assert_eq!(kept(&desk), 1);
        tell(&desk, "1", "8613800138000", long_after);
    }

    #[test]
    fn a_number_that_an_older_program_left_behind_is_no_message() {
        let desk = Desk::new();
        run(desk.store().keep_receipt_key("smpp".into(), "1".into(), "gone".into(), 0));
        tell(&desk, "1", "8613800138000", at(1));
    }

    #[test]
    fn where_room_is_short_what_was_told_goes_and_what_is_still_open_stays() {
        let desk = Desk::new();
        for (id, number) in [("a", "1"), ("b", "2"), ("c", "3")] {
            submitted(&desk, id, number);
        }
        tell(&desk, "2", "8613800138000", at(1));
        let keep = |number: &'static str| {
            desk.store().write(move |txn| keep(txn, 3, ("smpp", number), ("c", 1))).unwrap();
        };
        keep("4");
        assert_eq!(kept(&desk), 3);
        keep("5");
        assert_eq!(kept(&desk), 3, "nothing more is known of any of them");
        tell(&desk, "1", "8613800138000", at(2));
        assert_eq!(desk.store().get("a").unwrap().message.state, State::Delivered);
    }
}
