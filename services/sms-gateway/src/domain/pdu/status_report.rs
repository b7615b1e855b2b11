//! SMS-STATUS-REPORT, SC → MS: 3GPP TS 23.040 §9.2.2.3.

use super::octets::Octets;
use super::{Address, PduError, address, timestamp};
use jiff::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryOutcome {
    Delivered,
    /// The service centre keeps trying: no state change.
    StillTrying,
    Undelivered,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    pub smsc: Option<Address>,
    /// TP-MR of the SUBMIT it tells about.
    pub reference: u8,
    pub to: Address,
    pub submitted_at: Option<Timestamp>,
    pub discharged_at: Option<Timestamp>,
    /// TP-ST as received.
    pub status: u8,
}

impl StatusReport {
    /// TP-Status, §9.2.3.15.
    pub fn outcome(&self) -> DeliveryOutcome {
        match self.status {
            // 0x01 is "forwarded, unable to confirm delivery": no proof of arrival, so no state change.
            0x01 => DeliveryOutcome::StillTrying,
            0x00 | 0x02..=0x1F => DeliveryOutcome::Delivered,
            0x20..=0x3F => DeliveryOutcome::StillTrying,
            // Permanent errors, temporary errors given up, and reserved values, read as "service rejected".
            0x40..=0xFF => DeliveryOutcome::Undelivered,
        }
    }
}

/// Optional fields after TP-ST (TP-PI …) are not needed and not read.
pub(super) fn read(smsc: Option<Address>, reader: &mut Octets<'_>) -> Result<StatusReport, PduError> {
    let reference = reader.u8()?;
    let to = address::read(reader)?;
    let submitted_at = timestamp::decode(reader.take(timestamp::OCTETS)?);
    let discharged_at = timestamp::decode(reader.take(timestamp::OCTETS)?);
    let status = reader.u8()?;
    Ok(StatusReport { smsc, reference, to, submitted_at, discharged_at, status })
}

#[cfg(test)]
mod tests {
    use super::super::{FromNetwork, decode};
    use super::*;

    fn report(hex_text: &str) -> StatusReport {
        match decode(&hex::decode(hex_text).unwrap()).unwrap() {
            FromNetwork::StatusReport(report) => report,
            FromNetwork::Deliver(_) => panic!("not a STATUS-REPORT"),
        }
    }

    #[test]
    fn a_delivered_report_names_reference_destination_and_times() {
        let report = report("0006D60D91683108108300F0421142815090234211428151002300");
        assert_eq!(report.reference, 0xD6);
        assert_eq!(report.to.raw, "+8613800138000");
        assert_eq!(report.submitted_at.unwrap().to_string(), "2024-11-24T10:05:09Z");
        assert_eq!(report.discharged_at.unwrap().to_string(), "2024-11-24T10:15:00Z");
        assert_eq!(report.outcome(), DeliveryOutcome::Delivered);
    }

    #[test]
    fn temporary_trouble_changes_nothing_and_final_failure_does() {
        for (status, outcome) in [
            ("01", DeliveryOutcome::StillTrying),
            ("02", DeliveryOutcome::Delivered),
            ("30", DeliveryOutcome::StillTrying),
            ("46", DeliveryOutcome::Undelivered),
            ("61", DeliveryOutcome::Undelivered),
            ("80", DeliveryOutcome::Undelivered),
        ] {
            let hex_text = format!("0006D60D91683108108300F04211428150902342114281510023{status}");
            assert_eq!(report(&hex_text).outcome(), outcome, "status {status}");
        }
    }
}
