//! Receipts of an SMPP server name a message by the server's own number.

use super::txn::Txn;
use super::{Policy, RECEIPTS, Result, Store, index, outbox};
use crate::domain::pdu::{Address, DeliveryOutcome};
use crate::domain::receipt_id;
use jiff::Timestamp;
use redb::{ReadableTable, ReadableTableMetadata};

/// More than any server reports on within the 25 hours that a report counts.
const RECEIPTS_MAX: u64 = 200_000;

impl Store {
    pub async fn keep_receipt_key(&self, modem: String, number: String, id: String, part: u8) -> Result<()> {
        let work = move |txn: &Txn| {
            let mut receipts = txn.open_table(RECEIPTS)?;
            if receipts.len()? >= RECEIPTS_MAX {
                receipts.retain(|_, _| false)?;
            }
            let number = receipt_id::plain(&number);
            receipts.insert((modem.as_str(), number.as_str()), (id.as_str(), part))?;
            Ok(())
        };
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
    let receipts = txn.open_table(RECEIPTS)?;
    let known = |number: &str| -> Result<Option<(String, u8)>> {
        let found = receipts.get((modem, number))?;
        Ok(found.map(|found| (found.value().0.to_owned(), found.value().1)))
    };
    if let Some(found) = known(&receipt_id::plain(&receipt.number))? {
        return Ok(Some(found));
    }
    let sender = receipt.from.sender(policy.country);
    for number in receipt_id::in_other_base(&receipt.number) {
        if let Some((id, part)) = known(&number)? {
            let to = index::read(txn, &id)?.message.to.canonical();
            if sender.candidates().contains(&to) {
                return Ok(Some((id, part)));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, at};
    use super::*;
    use crate::domain::outbox::{Class, Outgoing, State, tests::message};
    use chit_msisdn::TypeOfNumber;

    fn run<T>(work: impl Future<Output = Result<T>>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work).unwrap()
    }

    /// The state of a message that the server numbered `given`, after a receipt that says `told` of a message for `to`.
    fn after_receipt(given: &str, told: &str, to: &str) -> State {
        let desk = Desk::new();
        let store = desk.store();
        store.send(Outgoing { id: "a".into(), ..message(Class::Notice) }, &[7; 32]).unwrap();
        run(store.hand_over("a", "smpp", true, at(0)));
        store
            .change("a", |message| {
                message.accept("smpp", None, at(0));
                Ok(())
            })
            .unwrap();
        run(store.keep_receipt_key("smpp".into(), given.into(), "a".into(), 0));
        let from = Address { kind: TypeOfNumber::Unknown, raw: to.into() };
        let receipt = Receipt { number: told.into(), from, outcome: DeliveryOutcome::Delivered };
        run(store.take_receipt("smpp".into(), receipt, at(1)));
        store.get("a").unwrap().message.state
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
}
