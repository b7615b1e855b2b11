//! Receipts of an SMPP server name a message by the server's own number.

use super::{RECEIPTS, Result, Store, outbox};
use crate::domain::pdu::DeliveryOutcome;
use jiff::Timestamp;
use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

/// More than any server reports on within the 25 hours that a report counts.
const RECEIPTS_MAX: u64 = 200_000;

impl Store {
    pub async fn keep_receipt_key(&self, modem: String, number: String, id: String, part: u8) -> Result<()> {
        let work = move |txn: &WriteTransaction| {
            let mut receipts = txn.open_table(RECEIPTS)?;
            if receipts.len()? >= RECEIPTS_MAX {
                receipts.retain(|_, _| false)?;
            }
            receipts.insert((modem.as_str(), number.as_str()), (id.as_str(), part))?;
            Ok(())
        };
        self.writer.enqueue(work).await?.done().await
    }

    /// A receipt on no message of ours changes nothing.
    pub async fn take_receipt(
        &self,
        modem: String,
        number: String,
        outcome: DeliveryOutcome,
        now: Timestamp,
    ) -> Result<()> {
        let policy = self.policy;
        let work = move |txn: &WriteTransaction| {
            let known = txn
                .open_table(RECEIPTS)?
                .get((modem.as_str(), number.as_str()))?
                .map(|known| (known.value().0.to_owned(), known.value().1));
            let Some((id, part)) = known else { return Ok(()) };
            outbox::change(txn, &id, &policy, &mut |message| {
                message.report(part, outcome, now);
                Ok(())
            })?;
            Ok(())
        };
        self.writer.enqueue(work).await?.done().await
    }
}
