//! From the network to the TE: storing, routing (27.005, +CNMI), acknowledgement (+CNMA).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::json;

use super::sim::tpdu_octets;
use super::{Later, Modem, address, deliver};
use crate::hex;

/// Messages the network keeps while the modem cannot take them (off, full, not registered).
pub const MAX_WAITING: usize = 100_000;
/// The TE acknowledges a directly routed message within this time, or routing ends (27.005, +CNMA).
const ACK_TIMEOUT: Duration = Duration::from_secs(15);

pub struct Network {
    /// The service centre of delivered messages, and of +CSCA.
    pub centre: String,
    /// PDUs, the service centre in front.
    messages: VecDeque<Vec<u8>>,
    reports: VecDeque<Report>,
    awaiting_ack: Option<Awaiting>,
    pub next_reference: u16,
}

struct Report {
    n: u64,
    mr: u8,
    status: u8,
    pdu: Vec<u8>,
}

enum Awaiting {
    Message(Vec<u8>),
    Report(Report),
}

impl Default for Network {
    fn default() -> Self {
        Self {
            centre: "+8613800100500".into(),
            messages: VecDeque::new(),
            reports: VecDeque::new(),
            awaiting_ack: None,
            next_reference: 1,
        }
    }
}

impl Network {
    /// False when too many wait.
    pub fn hand_in(&mut self, tpdu: &[u8]) -> bool {
        let pdu = [&address::encode_centre(&self.centre), tpdu].concat();
        self.hand_in_pdu(pdu)
    }

    pub fn hand_in_pdu(&mut self, pdu: Vec<u8>) -> bool {
        let room = self.messages.len() < MAX_WAITING;
        if room {
            self.messages.push_back(pdu);
        }
        room
    }

    pub fn waiting(&self) -> usize {
        self.messages.len() + self.reports.len() + usize::from(self.awaiting_ack.is_some())
    }

    /// Without an acknowledgement the network tries again.
    pub fn forget_ack(&mut self) {
        match self.awaiting_ack.take() {
            Some(Awaiting::Message(pdu)) => self.messages.push_front(pdu),
            Some(Awaiting::Report(report)) => self.reports.push_front(report),
            None => {}
        }
    }
}

impl Modem {
    /// The network reports TP-ST `status` on the n-th submission; false when there is none.
    pub fn report(&mut self, n: u64, status: u8) -> bool {
        let now = self.clock.now();
        let Some(sent) = self.sending.nth(n) else { return false };
        let (mr, stamp) = (sent.mr, sent.stamp.unwrap_or(now));
        let tpdu = deliver::status_report(mr, &sent.content.to, stamp, now, status);
        let pdu = [address::encode_centre(&self.network.centre), tpdu].concat();
        self.network.reports.push_back(Report { n, mr, status, pdu });
        true
    }

    /// Takes what waits in the network, as far as there is coverage, room and acknowledgement.
    pub fn receive(&mut self) {
        while self.can_receive() && self.receive_report() {}
        while self.can_receive() && self.receive_message() {}
    }

    fn can_receive(&self) -> bool {
        self.powered() && self.registered() && self.network.awaiting_ack.is_none()
    }

    fn receive_message(&mut self) -> bool {
        let [mode, mt, ..] = self.settings.cnmi;
        let Some(pdu) = self.network.messages.pop_front() else { return false };
        if mode > 0 && mt == 2 {
            self.unsolicited(format!("+CMT: ,{}\r\n{}", tpdu_octets(&pdu), hex::upper(&pdu)));
            self.events.push("inbound_routed", json!({}));
            self.expect_ack(Awaiting::Message(pdu));
            return true;
        }
        let Some(index) = self.sim.store(pdu.clone()) else {
            self.network.messages.push_front(pdu);
            return false;
        };
        self.events.push("inbound_stored", json!({ "index": index, "used": self.sim.used() }));
        if mode > 0 && mt > 0 {
            self.unsolicited(format!("+CMTI: \"SM\",{index}"));
        }
        true
    }

    fn receive_report(&mut self) -> bool {
        let [mode, _, _, ds, _] = self.settings.cnmi;
        let Some(report) = self.network.reports.pop_front() else { return false };
        let facts = |routed: &str| json!({ "n": report.n, "mr": report.mr, "status": report.status, "routed": routed });
        match ds {
            1 if mode > 0 => {
                self.events.push("delivered_report", facts("direct"));
                self.unsolicited(format!(
                    "+CDS: {}\r\n{}",
                    tpdu_octets(&report.pdu),
                    hex::upper(&report.pdu)
                ));
                self.expect_ack(Awaiting::Report(report));
            }
            2 => {
                let Some(index) = self.sim.store(report.pdu.clone()) else {
                    self.network.reports.push_front(report);
                    return false;
                };
                self.events.push("delivered_report", facts("stored"));
                if mode > 0 {
                    self.unsolicited(format!("+CDSI: \"SM\",{index}"));
                }
            }
            _ => self.events.push("delivered_report", facts("discarded")),
        }
        true
    }

    /// Phase 2+ (AT+CSMS=1) wants an acknowledgement of what went to the TE directly.
    fn expect_ack(&mut self, what: Awaiting) {
        if self.settings.csms == 1 {
            self.network.awaiting_ack = Some(what);
            self.later.push((Instant::now() + ACK_TIMEOUT, Later::AckTimeout));
        }
    }

    /// AT+CNMA; false when nothing waits for it.
    pub fn acknowledge(&mut self, received: bool) -> bool {
        self.later.retain(|(_, what)| !matches!(what, Later::AckTimeout));
        if received {
            return self.network.awaiting_ack.take().is_some();
        }
        let was_awaited = self.network.awaiting_ack.is_some();
        self.network.forget_ack();
        was_awaited
    }

    pub fn ack_timed_out(&mut self) {
        self.network.forget_ack();
        // <mt> and <ds>: 27.005 disables routing to a TE that does not acknowledge.
        self.settings.cnmi[1] = 0;
        self.settings.cnmi[3] = 0;
        self.events.push("routing_disabled", json!({}));
    }
}
